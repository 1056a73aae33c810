// SPDX-License-Identifier: Apache-2.0
// Dequantisation of slices. Everything here has internal linkage: each file that includes it
// compiles the templates for one instruction set.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "slices.h"

namespace kamaelia::dirac {
namespace {

// Without a branch: which coefficients are 0 nobody can foretell.
template <typename Coefficient>
uint32_t dequantise(Coefficient* values, int count, const Quantiser& quantiser) {
  const uint32_t factor = quantiser.factor;
  const uint32_t offset = quantiser.offset;
  const ptrdiff_t length = count;
  uint32_t peak = 0;
  for (ptrdiff_t i = 0; i < length; ++i) {
    const int32_t coded = values[i];
    const uint32_t sign = static_cast<uint32_t>(coded >> 31);
    const uint32_t magnitude = (static_cast<uint32_t>(coded) ^ sign) - sign;
    // All ones but for 0, whose offset is not to count.
    const uint32_t mask = static_cast<uint32_t>(-static_cast<int32_t>(magnitude) >> 31);
    const uint32_t value = ((magnitude * factor + offset) >> 2) & mask;
    peak = std::max(peak, value);
    values[i] = static_cast<Coefficient>((value ^ sign) - sign);
  }
  return peak;
}

}  // namespace
}  // namespace kamaelia::dirac
