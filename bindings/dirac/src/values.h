// SPDX-License-Identifier: Apache-2.0
// Library values as JavaScript values.
#pragma once

#include <napi.h>

#include <string>

#include "dirac/types.h"

namespace kamaelia::dirac {

Napi::Object toObject(Napi::Env env, const VideoFormat& format);
Napi::Object toObject(Napi::Env env, const FrameLayout& layout);
Napi::Object toObject(Napi::Env env, const Stats& stats);
// Its data is an Int16Array where all values are known to fit, else an Int32Array.
Napi::Object toObject(Napi::Env env, const LowBand& band);
// Payloads, one Uint8Array each.
Napi::Array toArray(Napi::Env env, const SideData& units);
// A stable word for a code: "NO_SEQUENCE_HEADER" and so on.
const char* nameOf(Code code);
// What a message says of a value that was not expected: `"text"`, `5`, `Uint16Array`, `an object`.
std::string describe(const Napi::Value& value);
// Whether it is a typed array of this type.
bool isTypedArray(const Napi::Value& value, napi_typedarray_type type);
// The bytes of a Uint8Array as first argument; throws a TypeError that begins with `where` for
// anything else.
Napi::Uint8Array bytesOf(const Napi::CallbackInfo& info, const char* where);

}  // namespace kamaelia::dirac
