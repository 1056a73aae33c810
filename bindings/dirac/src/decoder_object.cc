// SPDX-License-Identifier: Apache-2.0
#include "decoder_object.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <initializer_list>
#include <string>

#include "shared_memory.h"
#include "values.h"

namespace kamaelia::dirac {
namespace {

constexpr double kMaxThreads = 64;
constexpr double kMaxSafeInteger = 9007199254740991.0;

constexpr uintptr_t kSlotAlignment = 64;

[[noreturn]] void refuse(Napi::Env env, bool type, const std::string& expected,
                         const Napi::Value& received) {
  const std::string message =
      "NativeDiracDecoder" + expected + " but received " + describe(received);
  if (type) throw Napi::TypeError::New(env, message);
  throw Napi::RangeError::New(env, message);
}

bool isWholeNumber(const Napi::Value& value, double lowest, double highest) {
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  return number >= lowest && number <= highest && std::floor(number) == number;
}

// A whole number of an options object, or `fallback` where it is undefined.
double numberOption(const Napi::Object& options, const char* name, double fallback,
                    double highest) {
  const Napi::Value value = options.Get(name);
  if (value.IsUndefined()) return fallback;
  if (!isWholeNumber(value, 1, highest)) {
    refuse(options.Env(), !value.IsNumber(),
           ": Expected an integer of 1 to " + std::to_string(static_cast<uint64_t>(highest)) +
               " for " + name,
           value);
  }
  return value.As<Napi::Number>().DoubleValue();
}

// The place of a word among `words` (the first is the default), or of undefined.
uint32_t wordOption(const Napi::Object& options, const char* name,
                    std::initializer_list<const char*> words) {
  const Napi::Value value = options.Get(name);
  if (value.IsUndefined()) return 0;
  std::string expected;
  uint32_t at = 0;
  for (const char* word : words) {
    if (value.IsString() && value.As<Napi::String>().Utf8Value() == word) return at;
    expected += (at == 0                  ? "\""
                 : at + 1 == words.size() ? "\" or \""
                                          : "\", \"") +
                std::string(word);
    ++at;
  }
  refuse(options.Env(), !value.IsString(), ": Expected " + expected + "\" for " + name, value);
}

bool flagOption(const Napi::Object& options, const char* name) {
  const Napi::Value value = options.Get(name);
  if (value.IsUndefined()) return false;
  if (!value.IsBoolean()) {
    refuse(options.Env(), true, std::string(": Expected a boolean for ") + name, value);
  }
  return value.As<Napi::Boolean>().Value();
}

uint32_t indexArgument(const Napi::CallbackInfo& info, size_t at, const char* method,
                       const char* name) {
  if (!isWholeNumber(info[at], 0, UINT32_MAX)) {
    refuse(info.Env(), !info[at].IsNumber(),
           std::string(".") + method + ": Expected a whole number from 0 for " + name, info[at]);
  }
  return info[at].As<Napi::Number>().Uint32Value();
}

}  // namespace

Napi::Function DecoderObject::define(Napi::Env env) {
  return DefineClass(env, "NativeDiracDecoder",
                     {InstanceMethod<&DecoderObject::push>("push"),
                      InstanceMethod<&DecoderObject::pushChunk>("pushChunk"),
                      InstanceMethod<&DecoderObject::poll>("poll"),
                      InstanceMethod<&DecoderObject::provideSlots>("provideSlots"),
                      InstanceMethod<&DecoderObject::release>("release"),
                      InstanceMethod<&DecoderObject::finish>("finish"),
                      InstanceMethod<&DecoderObject::reset>("reset"),
                      InstanceMethod<&DecoderObject::close>("close"),
                      InstanceMethod<&DecoderObject::stats>("stats")});
}

DecoderObject::DecoderObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<DecoderObject>(info), env_(info.Env()) {
  const Napi::Env env = info.Env();
  if (!info[0].IsObject()) refuse(env, true, ": Expected an object for options", info[0]);
  const Napi::Object given = info[0].As<Napi::Object>();
  DecoderOptions options;
  options.threads = static_cast<int>(numberOption(given, "threads", 1, kMaxThreads));
  options.maxPixels = static_cast<uint64_t>(
      numberOption(given, "maxPixels", static_cast<double>(options.maxPixels), kMaxSafeInteger));
  options.quantiserDialect = static_cast<QuantiserDialect>(
      wordOption(given, "quantiserDialect", {"detect", "standard", "legacy"}));
  options.missingReferences = static_cast<MissingReferences>(
      wordOption(given, "missingReferences", {"skip", "substitute"}));
  options.lowBand = flagOption(given, "lowBand");
  options.lowDelay = flagOption(given, "lowDelay");
  const Napi::Value onWake = given.Get("onWake");
  if (!onWake.IsFunction()) refuse(env, true, ": Expected a function for onWake", onWake);
  // Room for one: further calls while one is pending are dropped, and the decoder makes none before
  // the next poll.
  wake_ =
      Napi::ThreadSafeFunction::New(env, onWake.As<Napi::Function>(), "NativeDiracDecoder", 1, 1);
  wake_.Unref(env);
  try {
    decoder_ = std::make_unique<Decoder>(
        options, [](void* self) { static_cast<DecoderObject*>(self)->wake_.NonBlockingCall(); },
        this);
  } catch (const std::exception& error) {
    wake_.Abort();
    throw Napi::Error::New(
        env, std::string("NativeDiracDecoder: Expected memory and a thread but ") + error.what());
  }
  // Hooks run in reverse order, so the thread is joined before the function above goes.
  napi_add_env_cleanup_hook(env_, cleanUp, this);
}

DecoderObject::~DecoderObject() { shutDown(); }

void DecoderObject::cleanUp(void* self) {
  auto* object = static_cast<DecoderObject*>(self);
  if (!object->decoder_) return;
  object->decoder_->close();
  object->decoder_.reset();
}

void DecoderObject::shutDown() {
  if (!decoder_) return;
  napi_remove_env_cleanup_hook(env_, cleanUp, this);
  decoder_->close();
  last_ = decoder_->stats();
  decoder_.reset();
  wake_.Abort();
  slots_ = Slots{};
}

Decoder& DecoderObject::open(const Napi::CallbackInfo& info, const char* method) {
  if (!decoder_) {
    throw Napi::Error::New(info.Env(), std::string("NativeDiracDecoder.") + method +
                                           ": Expected an open decoder but it is closed");
  }
  return *decoder_;
}

Napi::Value DecoderObject::push(const Napi::CallbackInfo& info) {
  Decoder& decoder = open(info, "push");
  const Napi::Uint8Array bytes = bytesOf(info, "NativeDiracDecoder.push");
  return Napi::Number::New(info.Env(),
                           static_cast<double>(decoder.push(bytes.Data(), bytes.ByteLength())));
}

Napi::Value DecoderObject::pushChunk(const Napi::CallbackInfo& info) {
  Decoder& decoder = open(info, "pushChunk");
  const Napi::Uint8Array bytes = bytesOf(info, "NativeDiracDecoder.pushChunk");
  return Napi::Boolean::New(info.Env(), decoder.pushChunk(bytes.Data(), bytes.ByteLength()));
}

Napi::Object DecoderObject::toObject(Napi::Env env, const DecoderEvent& waiting) {
  Napi::Object object = Napi::Object::New(env);
  const Event& event = waiting.event;
  if (waiting.kind == DecoderEvent::Kind::kNeedInput) {
    object.Set("kind", "needInput");
    object.Set("pushed", static_cast<double>(waiting.pushed));
    return object;
  }
  if (waiting.kind == DecoderEvent::Kind::kNeedSlot) {
    object.Set("kind", "needSlots");
    object.Set("generation", event.generation);
    object.Set("releases", static_cast<double>(waiting.releases));
    return object;
  }
  switch (event.kind) {
    case Event::Kind::kFormat:
      object.Set("kind", "format");
      object.Set("generation", event.generation);
      object.Set("format", dirac::toObject(env, event.format));
      object.Set("layout", dirac::toObject(env, event.layout));
      wanted_ = {true, event.generation, event.layout.slotBytes};
      break;
    case Event::Kind::kPicture:
      object.Set("kind", "picture");
      object.Set("generation", event.generation);
      object.Set("slot", event.slot);
      object.Set("pts", static_cast<double>(event.pts));
      object.Set("pictureNumber", event.pictureNumber);
      object.Set("damaged", (event.flags & kDamaged) != 0);
      object.Set("discontinuity", (event.flags & kDiscontinuity) != 0);
      object.Set("intra", (event.flags & kIntra) != 0);
      if (event.lowBand) object.Set("lowBand", dirac::toObject(env, *event.lowBand));
      if (event.sideData) object.Set("sideData", dirac::toArray(env, *event.sideData));
      break;
    case Event::Kind::kError:
      object.Set("kind", "error");
      object.Set("code", nameOf(event.status.code));
      object.Set("position", static_cast<double>(event.status.position));
      object.Set("detail", event.status.detail);
      break;
    case Event::Kind::kEnd:
      object.Set("kind", "end");
      break;
  }
  return object;
}

Napi::Value DecoderObject::poll(const Napi::CallbackInfo& info) {
  Decoder& decoder = open(info, "poll");
  DecoderEvent events[Decoder::kQueueEvents];
  Napi::Array array = Napi::Array::New(info.Env());
  uint32_t at = 0;
  for (;;) {
    const size_t count = decoder.poll(events, Decoder::kQueueEvents);
    for (size_t i = 0; i < count; ++i) array.Set(at++, toObject(info.Env(), events[i]));
    if (count < Decoder::kQueueEvents) return array;
  }
}

std::vector<Napi::Uint8Array> DecoderObject::checkedViews(const Napi::CallbackInfo& info,
                                                          std::vector<uint8_t*>* bases) const {
  const Napi::Env env = info.Env();
  const auto where = [](const char* expected, const char* name, uint32_t at) {
    return std::string(".provideSlots: Expected ") + expected + " for " + name + "[" +
           std::to_string(at) + "]";
  };
  const Napi::Array slots = info[1].As<Napi::Array>();
  const Napi::Array offsets = info[2].As<Napi::Array>();
  std::vector<Napi::Uint8Array> views;
  for (uint32_t i = 0, length = slots.Length(); i < length; ++i) {
    const Napi::Value view = slots.Get(i);
    const Napi::Value offset = offsets.Get(i);
    if (!isTypedArray(view, napi_uint8_array) || !isShared(view.As<Napi::TypedArray>())) {
      refuse(env, true, where("a Uint8Array of shared memory", "slots", i), view);
    }
    if (!isWholeNumber(offset, 0, kMaxSafeInteger)) {
      refuse(env, !offset.IsNumber(), where("a whole number from 0", "baseOffsets", i), offset);
    }
    auto bytes = view.As<Napi::Uint8Array>();
    const auto base = static_cast<uint64_t>(offset.As<Napi::Number>().Int64Value());
    if (base > bytes.ByteLength() || bytes.ByteLength() - base < wanted_.slotBytes) {
      const std::string most = std::to_string(wanted_.slotBytes) + " bytes behind its base offset";
      refuse(env, false, where(most.c_str(), "slots", i),
             Napi::Number::New(env, static_cast<double>(bytes.ByteLength())));
    }
    if (reinterpret_cast<uintptr_t>(bytes.Data() + base) % kSlotAlignment != 0) {
      refuse(env, false,
             where("the offset of an address that is a multiple of 64", "baseOffsets", i), offset);
    }
    views.push_back(bytes);
    bases->push_back(bytes.Data() + base);
  }
  return views;
}

void DecoderObject::provideSlots(const Napi::CallbackInfo& info) {
  static_cast<void>(open(info, "provideSlots"));
  const Napi::Env env = info.Env();
  const uint32_t generation = indexArgument(info, 0, "provideSlots", "generation");
  if (!info[1].IsArray()) {
    refuse(env, true, ".provideSlots: Expected an array for slots", info[1]);
  }
  if (!info[2].IsArray()) {
    refuse(env, true, ".provideSlots: Expected an array for baseOffsets", info[2]);
  }
  if (!isTypedArray(info[3], napi_int32_array) || !isShared(info[3].As<Napi::TypedArray>())) {
    refuse(env, true, ".provideSlots: Expected an Int32Array of shared memory for counts", info[3]);
  }
  Napi::Int32Array counts = info[3].As<Napi::Int32Array>();
  const uint32_t length = info[1].As<Napi::Array>().Length();
  for (const size_t others : {static_cast<size_t>(info[2].As<Napi::Array>().Length()),
                              std::min<size_t>(counts.ElementLength(), length)}) {
    if (others == length) continue;
    throw Napi::RangeError::New(env,
                                "NativeDiracDecoder.provideSlots: Expected a base offset and a "
                                "count for each slot but received " +
                                    std::to_string(others) + " for " + std::to_string(length));
  }
  std::vector<uint8_t*> bases;
  const std::vector<Napi::Uint8Array> views = checkedViews(info, &bases);
  // Elements may be accessors, which run code of the caller: what that may change is asked now.
  Decoder& decoder = open(info, "provideSlots");
  if (!wanted_.any || generation != wanted_.generation) {
    refuse(env, false, ".provideSlots: Expected the generation of the last format event", info[0]);
  }
  if (slots_.generation != generation || !slots_.table) {
    slots_ = Slots{};
    slots_.generation = generation;
    slots_.table = std::make_shared<SlotTable>(counts.Data(), counts.ElementLength());
    slots_.counts = Napi::Persistent(static_cast<Napi::TypedArray>(counts));
  }
  for (size_t i = slots_.table->size(); i < views.size(); ++i) {
    if (!slots_.table->add(bases[i])) break;
    slots_.views.push_back(Napi::Persistent(views[i]));
    countForCollector(views[i]);
  }
  decoder.provideSlots(generation, slots_.table);
}

void DecoderObject::release(const Napi::CallbackInfo& info) {
  static_cast<void>(indexArgument(info, 0, "release", "generation"));
  static_cast<void>(indexArgument(info, 1, "release", "slot"));
  // Frames may be closed after their decoder.
  if (decoder_) decoder_->released();
}

void DecoderObject::finish(const Napi::CallbackInfo& info) { open(info, "finish").finish(); }

void DecoderObject::reset(const Napi::CallbackInfo& info) { open(info, "reset").reset(); }

void DecoderObject::close(const Napi::CallbackInfo&) { shutDown(); }

Napi::Value DecoderObject::stats(const Napi::CallbackInfo& info) {
  return dirac::toObject(info.Env(), decoder_ ? decoder_->stats() : last_);
}

}  // namespace kamaelia::dirac
