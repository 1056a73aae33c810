// SPDX-License-Identifier: Apache-2.0
#include "decoder_object.h"

#include <cmath>
#include <string>

#include "values.h"

namespace kamaelia::dirac {
namespace {

constexpr double kMaxThreads = 64;
constexpr double kMaxSafeInteger = 9007199254740991.0;

// A whole number of an options object, or `fallback` where it is undefined.
double numberOption(const Napi::Object& options, const char* name, double fallback,
                    double highest) {
  const Napi::Value value = options.Get(name);
  if (value.IsUndefined()) return fallback;
  const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;
  if (!(number >= 1 && number <= highest && std::floor(number) == number)) {
    throw Napi::RangeError::New(
        options.Env(), std::string("NativeDiracDecoder: Expected an integer of 1 to ") +
                           std::to_string(static_cast<uint64_t>(highest)) + " for " + name);
  }
  return number;
}

uint32_t indexArgument(const Napi::CallbackInfo& info, size_t at, const char* method,
                       const char* name) {
  const double number = info[at].IsNumber() ? info[at].As<Napi::Number>().DoubleValue() : NAN;
  if (!(number >= 0 && number <= UINT32_MAX && std::floor(number) == number)) {
    throw Napi::TypeError::New(
        info.Env(), std::string(method) + ": Expected a whole number from 0 for " + name);
  }
  return static_cast<uint32_t>(number);
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
  if (!info[0].IsObject())
    throw Napi::TypeError::New(env, "NativeDiracDecoder: Expected an object for options");
  const Napi::Object given = info[0].As<Napi::Object>();
  DecoderOptions options;
  options.threads = static_cast<int>(numberOption(given, "threads", 1, kMaxThreads));
  options.maxPixels = static_cast<uint64_t>(
      numberOption(given, "maxPixels", static_cast<double>(options.maxPixels), kMaxSafeInteger));
  const Napi::Value onWake = given.Get("onWake");
  if (!onWake.IsFunction())
    throw Napi::TypeError::New(env, "NativeDiracDecoder: Expected a function for onWake");
  // Room for one: further calls while one is pending are dropped, and the decoder makes none before
  // the next poll.
  wake_ =
      Napi::ThreadSafeFunction::New(env, onWake.As<Napi::Function>(), "NativeDiracDecoder", 1, 1);
  wake_.Unref(env);
  decoder_ = std::make_unique<Decoder>(
      options, [](void* self) { static_cast<DecoderObject*>(self)->wake_.NonBlockingCall(); },
      this);
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
    throw Napi::Error::New(info.Env(),
                           std::string(method) + ": Expected an open decoder but it is closed");
  }
  return *decoder_;
}

Napi::Value DecoderObject::push(const Napi::CallbackInfo& info) {
  Decoder& decoder = open(info, "push");
  const Napi::Uint8Array bytes = bytesOf(info, "push");
  return Napi::Number::New(info.Env(),
                           static_cast<double>(decoder.push(bytes.Data(), bytes.ByteLength())));
}

Napi::Value DecoderObject::pushChunk(const Napi::CallbackInfo& info) {
  Decoder& decoder = open(info, "pushChunk");
  const Napi::Uint8Array bytes = bytesOf(info, "pushChunk");
  return Napi::Boolean::New(info.Env(), decoder.pushChunk(bytes.Data(), bytes.ByteLength()));
}

Napi::Object DecoderObject::toObject(Napi::Env env, const DecoderEvent& waiting) {
  Napi::Object object = Napi::Object::New(env);
  const Event& event = waiting.event;
  if (waiting.kind == DecoderEvent::Kind::kNeedInput) {
    object.Set("kind", "needInput");
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

void DecoderObject::provideSlots(const Napi::CallbackInfo& info) {
  Decoder& decoder = open(info, "provideSlots");
  const Napi::Env env = info.Env();
  const uint32_t generation = indexArgument(info, 0, "provideSlots", "generation");
  if (!info[1].IsArray() || !info[2].IsArray() || !info[3].IsTypedArray() ||
      info[3].As<Napi::TypedArray>().TypedArrayType() != napi_int32_array) {
    throw Napi::TypeError::New(
        env, "provideSlots: Expected (generation, Uint8Array[], number[], Int32Array)");
  }
  const Napi::Array views = info[1].As<Napi::Array>();
  const Napi::Array offsets = info[2].As<Napi::Array>();
  Napi::Int32Array counts = info[3].As<Napi::Int32Array>();
  if (views.Length() != offsets.Length() || views.Length() > counts.ElementLength()) {
    throw Napi::RangeError::New(
        env, "provideSlots: Expected as many base offsets as buffers, and a count for each");
  }
  if (slots_.generation != generation || !slots_.table) {
    slots_ = Slots{};
    slots_.generation = generation;
    slots_.table = std::make_shared<SlotTable>(counts.Data(), counts.ElementLength());
    slots_.counts = Napi::Persistent(static_cast<Napi::TypedArray>(counts));
  }
  for (uint32_t i = static_cast<uint32_t>(slots_.table->size()); i < views.Length(); ++i) {
    const Napi::Value view = views.Get(i);
    const Napi::Value offset = offsets.Get(i);
    if (!view.IsTypedArray() || view.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array ||
        !offset.IsNumber()) {
      throw Napi::TypeError::New(env, "provideSlots: Expected Uint8Array views and numbers");
    }
    Napi::Uint8Array bytes = view.As<Napi::Uint8Array>();
    const int64_t base = offset.As<Napi::Number>().Int64Value();
    if (base < 0 || static_cast<uint64_t>(base) >= bytes.ByteLength()) {
      throw Napi::RangeError::New(env, "provideSlots: Expected a base offset within its buffer");
    }
    slots_.views.push_back(Napi::Persistent(bytes));
    if (!slots_.table->add(bytes.Data() + base)) break;
  }
  decoder.provideSlots(generation, slots_.table);
}

void DecoderObject::release(const Napi::CallbackInfo& info) {
  // Frames may be closed after their decoder.
  if (decoder_) decoder_->released();
  static_cast<void>(info);
}

void DecoderObject::finish(const Napi::CallbackInfo& info) { open(info, "finish").finish(); }

void DecoderObject::reset(const Napi::CallbackInfo& info) { open(info, "reset").reset(); }

void DecoderObject::close(const Napi::CallbackInfo&) { shutDown(); }

Napi::Value DecoderObject::stats(const Napi::CallbackInfo& info) {
  return dirac::toObject(info.Env(), decoder_ ? decoder_->stats() : last_);
}

}  // namespace kamaelia::dirac
