// SPDX-License-Identifier: Apache-2.0
// Memory of SharedArrayBuffers.
#pragma once

#include <napi.h>

namespace kamaelia::dirac {

// Whether a typed array lies in shared memory, which nobody can take away from under native code;
// that of an ordinary buffer moves to whoever it is transferred to.
bool isShared(const Napi::TypedArray& view);

// Tells the garbage collector of the bytes behind a view. It does not count shared memory by
// itself, and so would let any amount of it lie about once nobody needs it.
void countForCollector(const Napi::TypedArray& view);

}  // namespace kamaelia::dirac
