// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

#include "dirac/stream_parser.h"

namespace kamaelia::dirac {

// The JavaScript face of one StreamParser: units with what their headers say.
class ParserObject : public Napi::ObjectWrap<ParserObject> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit ParserObject(const Napi::CallbackInfo& info);

 private:
  // Of which units the bytes are given too.
  enum class Data : uint8_t { kNone, kAuxiliary, kAll };

  static Data dataOf(const Napi::Value& value);
  Napi::Value push(const Napi::CallbackInfo& info);
  Napi::Value finish(const Napi::CallbackInfo& info);
  Napi::Value bytesSkipped(const Napi::CallbackInfo& info);
  void drain(Napi::Env env, Napi::Array& units);

  const Data data_;
  StreamParser parser_;
};

}  // namespace kamaelia::dirac
