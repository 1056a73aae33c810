// SPDX-License-Identifier: Apache-2.0
#include "values.h"

#include <algorithm>
#include <iterator>
#include <string>

namespace kamaelia::dirac {
namespace {

Napi::Object toObject(Napi::Env env, const Rational& value) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("num", value.num);
  object.Set("den", value.den);
  return object;
}

}  // namespace

Napi::Object toObject(Napi::Env env, const VideoFormat& format) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("majorVersion", format.majorVersion);
  object.Set("minorVersion", format.minorVersion);
  object.Set("profile", format.profile);
  object.Set("level", format.level);
  object.Set("baseVideoFormat", format.baseVideoFormat);
  object.Set("width", format.width);
  object.Set("height", format.height);
  object.Set("chroma", static_cast<uint32_t>(format.chroma));
  object.Set("sourceSampling", format.sourceSampling);
  object.Set("topFieldFirst", format.topFieldFirst);
  object.Set("frameRate", toObject(env, format.frameRate));
  object.Set("pixelAspect", toObject(env, format.pixelAspect));
  object.Set("cleanWidth", format.cleanWidth);
  object.Set("cleanHeight", format.cleanHeight);
  object.Set("cleanLeft", format.cleanLeft);
  object.Set("cleanTop", format.cleanTop);
  object.Set("lumaOffset", format.lumaOffset);
  object.Set("lumaExcursion", format.lumaExcursion);
  object.Set("chromaOffset", format.chromaOffset);
  object.Set("chromaExcursion", format.chromaExcursion);
  object.Set("colourPrimaries", format.colourPrimaries);
  object.Set("colourMatrix", format.colourMatrix);
  object.Set("transferFunction", format.transferFunction);
  object.Set("pictureCodingMode", format.pictureCodingMode);
  object.Set("lumaDepth", format.lumaDepth);
  object.Set("chromaDepth", format.chromaDepth);
  return object;
}

Napi::Object toObject(Napi::Env env, const FrameLayout& layout) {
  Napi::Object object = Napi::Object::New(env);
  Napi::Array planes = Napi::Array::New(env, layout.planes);
  for (uint32_t i = 0; i < layout.planes; ++i) {
    Napi::Object plane = Napi::Object::New(env);
    plane.Set("offset", layout.plane[i].offset);
    plane.Set("stride", layout.plane[i].stride);
    plane.Set("width", layout.plane[i].width);
    plane.Set("height", layout.plane[i].height);
    planes.Set(i, plane);
  }
  object.Set("planes", planes);
  object.Set("bytesPerSample", layout.bytesPerSample);
  object.Set("slotBytes", layout.slotBytes);
  object.Set("minimumSlots", layout.minimumSlots);
  return object;
}

Napi::Object toObject(Napi::Env env, const Stats& stats) {
  Napi::Object object = Napi::Object::New(env);
  const auto set = [&](const char* name, uint64_t value) {
    object.Set(name, static_cast<double>(value));
  };
  set("bytes", stats.bytes);
  set("bytesSkipped", stats.bytesSkipped);
  set("units", stats.units);
  set("sequences", stats.sequences);
  set("pictures", stats.pictures);
  set("delivered", stats.delivered);
  set("damaged", stats.damaged);
  set("skippedPictures", stats.skippedPictures);
  set("lostSync", stats.lostSync);
  set("checksumsRight", stats.checksumsRight);
  set("checksumsWrong", stats.checksumsWrong);
  set("auxiliary", stats.auxiliary);
  set("padding", stats.padding);
  return object;
}

Napi::Object toObject(Napi::Env env, const LowBand& band) {
  Napi::Object object = Napi::Object::New(env);
  if (band.isShort) {
    Napi::Int16Array data = Napi::Int16Array::New(env, band.data.size());
    std::copy(band.data.begin(), band.data.end(), data.Data());
    object.Set("data", data);
  } else {
    Napi::Int32Array data = Napi::Int32Array::New(env, band.data.size());
    std::copy(band.data.begin(), band.data.end(), data.Data());
    object.Set("data", data);
  }
  object.Set("width", band.width);
  object.Set("height", band.height);
  object.Set("level", band.level);
  return object;
}

Napi::Array toArray(Napi::Env env, const SideData& units) {
  Napi::Array array = Napi::Array::New(env, units.size());
  uint32_t at = 0;
  for (const std::vector<uint8_t>& unit : units) {
    Napi::Uint8Array bytes = Napi::Uint8Array::New(env, unit.size());
    std::copy(unit.begin(), unit.end(), bytes.Data());
    array.Set(at++, bytes);
  }
  return array;
}

const char* nameOf(Code code) {
  switch (code) {
    case Code::kOk:
      return "OK";
    case Code::kNoSequenceHeader:
      return "NO_SEQUENCE_HEADER";
    case Code::kUnsupported:
      return "UNSUPPORTED";
    case Code::kLimit:
      return "LIMIT";
    case Code::kDamaged:
      return "DAMAGED";
    case Code::kBadArgument:
      return "BAD_ARGUMENT";
    default:
      return "OUT_OF_MEMORY";
  }
}

std::string describe(const Napi::Value& value) {
  switch (value.Type()) {
    case napi_string:
      return '"' + value.As<Napi::String>().Utf8Value() + '"';
    case napi_symbol:
      return "a symbol";
    case napi_function:
      return "a function";
    case napi_object:
    case napi_external:
      break;
    default:
      return value.ToString().Utf8Value();
  }
  if (value.IsArray()) return "an array";
  if (value.IsTypedArray()) {
    static constexpr const char* kNames[] = {"Int8Array",     "Uint8Array",    "Uint8ClampedArray",
                                             "Int16Array",    "Uint16Array",   "Int32Array",
                                             "Uint32Array",   "Float32Array",  "Float64Array",
                                             "BigInt64Array", "BigUint64Array"};
    const auto type = static_cast<size_t>(value.As<Napi::TypedArray>().TypedArrayType());
    return type < std::size(kNames) ? kNames[type] : "a typed array";
  }
  return "an object";
}

bool isTypedArray(const Napi::Value& value, napi_typedarray_type type) {
  return value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == type;
}

Napi::Uint8Array bytesOf(const Napi::CallbackInfo& info, const char* where) {
  const Napi::Value value = info[0];
  if (isTypedArray(value, napi_uint8_array)) return value.As<Napi::Uint8Array>();
  throw Napi::TypeError::New(
      info.Env(),
      std::string(where) + ": Expected a Uint8Array for bytes but received " + describe(value));
}

}  // namespace kamaelia::dirac
