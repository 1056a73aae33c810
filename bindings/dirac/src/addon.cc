// SPDX-License-Identifier: Apache-2.0
#include <napi.h>

#include <cstdint>

#include "decoder_object.h"
#include "parser_object.h"
#include "values.h"

namespace kamaelia::dirac {
namespace {

constexpr uintptr_t kAlignment = 64;

// Bytes to the first aligned address of a buffer: JavaScript cannot see addresses.
Napi::Value baseOffsetOf(const Napi::CallbackInfo& info) {
  const auto address = reinterpret_cast<uintptr_t>(bytesOf(info, "baseOffsetOf").Data());
  return Napi::Number::New(info.Env(),
                           static_cast<double>((kAlignment - address % kAlignment) % kAlignment));
}

}  // namespace

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("NativeDiracDecoder", DecoderObject::define(env));
  exports.Set("NativeDiracParser", ParserObject::define(env));
  exports.Set("baseOffsetOf", Napi::Function::New<baseOffsetOf>(env, "baseOffsetOf"));
  return exports;
}

}  // namespace kamaelia::dirac

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  return kamaelia::dirac::initialise(env, exports);
}

NODE_API_MODULE(dirac_native, Init)
