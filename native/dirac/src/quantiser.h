// SPDX-License-Identifier: Apache-2.0
// Quantisation factors and offsets (13.3.1).
#pragma once

#include <cstdint>

namespace kamaelia::dirac {

// Indices over this have factors of more than 31 bits; no level allows as much.
constexpr uint32_t kMaxQuantiser = 119;

struct Quantiser {
  uint32_t factor;
  uint32_t offset;  // with the rounding of the final shift

  // Modulo 2^32, which no coefficient of a sound stream reaches.
  constexpr uint32_t magnitude(uint32_t coded) const { return (coded * factor + offset) >> 2; }
};

// index: up to kMaxQuantiser. In 64 bits inside, so that none of them overflows.
constexpr Quantiser quantiserOf(uint32_t index, bool intra) {
  const uint64_t base = uint64_t{1} << (index >> 2);
  uint64_t factor = 0;
  switch (index & 3) {
    case 0:
      factor = 4 * base;
      break;
    case 1:
      factor = (503829 * base + 52958) / 105917;
      break;
    case 2:
      factor = (665857 * base + 58854) / 117708;
      break;
    default:
      factor = (440253 * base + 32722) / 65444;
      break;
  }
  uint64_t offset = 1;
  if (index > 0) {
    if (intra) {
      offset = index == 1 ? 2 : (factor + 1) / 2;
    } else {
      offset = (3 * factor + 4) / 8;
    }
  }
  return {static_cast<uint32_t>(factor), static_cast<uint32_t>(offset + 2)};
}

}  // namespace kamaelia::dirac
