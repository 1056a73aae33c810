// SPDX-License-Identifier: Apache-2.0
// What every fallible function of the native libraries returns.
#pragma once

#include <cstdint>

namespace kamaelia {

enum class Code : int32_t {
  kOk = 0,
  kNoSequenceHeader,  // nothing of the format was found in the input
  kUnsupported,       // valid, but of a kind that the library does not decode; `detail` names it
  kLimit,             // over a limit; `detail` names the option that raises it
  kDamaged,           // the bytes contradict the format
  kBadArgument,       // the caller broke a precondition
  kOutOfMemory,
};

// `position` is the byte of the input at which the fault was seen; `detail` points to static text.
struct [[nodiscard]] Status {
  Code code = Code::kOk;
  uint64_t position = 0;
  const char* detail = "";

  bool ok() const { return code == Code::kOk; }
};

}  // namespace kamaelia
