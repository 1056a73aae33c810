// SPDX-License-Identifier: Apache-2.0
#include "parser_object.h"

#include <algorithm>

#include "common/bit_reader.h"
#include "values.h"

namespace kamaelia::dirac {

ParserObject::Data ParserObject::dataOf(const Napi::Value& value) {
  if (value.IsString()) return Data::kAuxiliary;
  return value.IsBoolean() && value.As<Napi::Boolean>().Value() ? Data::kAll : Data::kNone;
}

Napi::Function ParserObject::define(Napi::Env env) {
  return DefineClass(
      env, "NativeDiracParser",
      {InstanceMethod<&ParserObject::push>("push"), InstanceMethod<&ParserObject::finish>("finish"),
       InstanceMethod<&ParserObject::bytesSkipped>("bytesSkipped")});
}

ParserObject::ParserObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<ParserObject>(info),
      data_(dataOf(info[0])),
      parser_(DecoderOptions{}.maxUnitBytes) {}

void ParserObject::drain(Napi::Env env, Napi::Array& units) {
  Unit unit;
  while (parser_.next(&unit) == StreamParser::Result::kUnit) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("code", static_cast<uint32_t>(unit.code));
    object.Set("position", static_cast<double>(unit.position));
    object.Set("size", static_cast<double>(unit.size + kParseInfoBytes));
    object.Set("damaged", unit.damaged);
    if (data_ == Data::kAll || (data_ == Data::kAuxiliary && (unit.code & 0xF8) == kAuxiliary)) {
      const size_t size = unit.size + kParseInfoBytes;
      Napi::Uint8Array bytes = Napi::Uint8Array::New(env, size);
      std::copy_n(unit.payload - kParseInfoBytes, size, bytes.Data());
      object.Set("data", bytes);
    }
    // Of fragments, which only the version of the stream tells from pictures.
    if ((unit.code == 0xCC || unit.code == 0xEC) && unit.size >= 8) {
      object.Set("slices", uint32_t{unit.payload[6]} << 8 | unit.payload[7]);
    }
    if (isPicture(unit.code) && unit.size >= 4) {
      BitReader bits(unit.payload, unit.size);
      object.Set("pictureNumber", bits.literal(32));
      object.Set("references",
                 static_cast<uint32_t>(isCore(unit.code) ? referenceCount(unit.code) : 0));
    }
    VideoFormat format;
    if (unit.code == kSequenceHeader &&
        parseSequenceHeader(unit.payload, unit.size, &format).ok()) {
      object.Set("format", toObject(env, format));
    }
    units.Set(units.Length(), object);
  }
}

Napi::Value ParserObject::push(const Napi::CallbackInfo& info) {
  const Napi::Uint8Array bytes = bytesOf(info, "NativeDiracParser.push");
  Napi::Array units = Napi::Array::New(info.Env());
  size_t at = 0;
  while (at < bytes.ByteLength()) {
    const size_t taken = parser_.push(bytes.Data() + at, bytes.ByteLength() - at);
    const uint32_t before = units.Length();
    drain(info.Env(), units);
    at += taken;
    // Nothing taken and nothing given: no byte of this can belong to a unit within the limit.
    if (taken == 0 && units.Length() == before) break;
  }
  return units;
}

Napi::Value ParserObject::finish(const Napi::CallbackInfo& info) {
  Napi::Array units = Napi::Array::New(info.Env());
  parser_.finish();
  drain(info.Env(), units);
  return units;
}

Napi::Value ParserObject::bytesSkipped(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(parser_.bytesSkipped()));
}

}  // namespace kamaelia::dirac
