// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <napi.h>

#include <map>
#include <memory>
#include <vector>

#include "dirac/decoder.h"

namespace kamaelia::dirac {

// The JavaScript face of one Decoder. Used on its environment's thread only; the decoder's thread
// reaches it through a thread-safe function alone.
class DecoderObject : public Napi::ObjectWrap<DecoderObject> {
 public:
  static Napi::Function define(Napi::Env env);

  explicit DecoderObject(const Napi::CallbackInfo& info);
  ~DecoderObject() override;

 private:
  // The generation that the last format event asked slots for.
  struct Wanted {
    bool any = false;
    uint32_t generation = 0;
    uint64_t slotBytes = 0;
  };

  // A generation's table and what keeps its memory alive.
  struct Slots {
    uint32_t generation = 0;
    std::shared_ptr<SlotTable> table;
    std::vector<Napi::Reference<Napi::Uint8Array>> views;
    Napi::Reference<Napi::TypedArray> counts;
  };

  Napi::Value push(const Napi::CallbackInfo& info);
  Napi::Value pushChunk(const Napi::CallbackInfo& info);
  Napi::Value poll(const Napi::CallbackInfo& info);
  void provideSlots(const Napi::CallbackInfo& info);
  void release(const Napi::CallbackInfo& info);
  void finish(const Napi::CallbackInfo& info);
  void reset(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);
  Napi::Value stats(const Napi::CallbackInfo& info);

  Napi::Object toObject(Napi::Env env, const DecoderEvent& event);
  Decoder& open(const Napi::CallbackInfo& info, const char* method);
  // First bytes of the slots that are not in the table yet, from provideSlots' arguments.
  std::vector<Napi::Uint8Array> checkedViews(const Napi::CallbackInfo& info,
                                             std::vector<uint8_t*>* bases) const;
  // Joins the decoder's thread; from then on nobody calls into JavaScript.
  void shutDown();
  static void cleanUp(void* self);

  Napi::ThreadSafeFunction wake_;
  std::unique_ptr<Decoder> decoder_;
  Wanted wanted_;
  Slots slots_;
  napi_env env_;
  Stats last_;
};

}  // namespace kamaelia::dirac
