// SPDX-License-Identifier: Apache-2.0
// Library values as JavaScript values.
#pragma once

#include <napi.h>

#include "dirac/types.h"

namespace kamaelia::dirac {

Napi::Object toObject(Napi::Env env, const VideoFormat& format);
Napi::Object toObject(Napi::Env env, const FrameLayout& layout);
Napi::Object toObject(Napi::Env env, const Stats& stats);
// A stable word for a code: "NO_SEQUENCE_HEADER" and so on.
const char* nameOf(Code code);
// The bytes of a Uint8Array argument; throws a TypeError that names `method` for anything else.
Napi::Uint8Array bytesOf(const Napi::CallbackInfo& info, const char* method);

}  // namespace kamaelia::dirac
