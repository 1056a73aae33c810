// SPDX-License-Identifier: Apache-2.0
// Interleaved exp-Golomb codes (ST 2042-1, A.4), several at a time: the whole ones at the beginning
// of some bits.
#pragma once

#include <cstdint>

namespace kamaelia::dirac {

constexpr int kGolombBits = 11;
constexpr int kGolombValues = 8;  // at most, of one entry

struct GolombStep {
  uint8_t count;  // 0: the first code is longer
  uint8_t bits;   // of those codes together
};

// Steps apart from values: what the next look-up waits for stays small.
struct GolombTable {
  int8_t value[1 << kGolombBits][kGolombValues];
  GolombStep step[1 << kGolombBits];

  constexpr GolombTable() : value{}, step{} {
    for (uint32_t bits = 0; bits < 1u << kGolombBits; ++bits) {
      while (step[bits].count < kGolombValues && addCode(bits)) {
      }
    }
  }

 private:
  constexpr bool addCode(uint32_t bits) {
    GolombStep& to = step[bits];
    int next = to.bits;
    const auto take = [&] { return bits >> (kGolombBits - 1 - next++) & 1; };
    uint32_t magnitude = 1;
    for (;;) {
      if (next >= kGolombBits) return false;
      if (take()) break;
      if (next >= kGolombBits) return false;
      magnitude = magnitude << 1 | take();
    }
    int signedValue = static_cast<int>(magnitude) - 1;
    if (signedValue != 0) {
      if (next >= kGolombBits) return false;
      if (take()) signedValue = -signedValue;
    }
    value[bits][to.count++] = static_cast<int8_t>(signedValue);
    to.bits = static_cast<uint8_t>(next);
    return true;
  }
};

inline constexpr GolombTable kGolombTable{};

// Every second bit, from the lowest on: the data bits of a code.
constexpr uint32_t everySecondBit(uint64_t bits) {
  bits &= 0x5555555555555555u;
  bits = (bits | bits >> 1) & 0x3333333333333333u;
  bits = (bits | bits >> 2) & 0x0F0F0F0F0F0F0F0Fu;
  bits = (bits | bits >> 4) & 0x00FF00FF00FF00FFu;
  bits = (bits | bits >> 8) & 0x0000FFFF0000FFFFu;
  return static_cast<uint32_t>(bits | bits >> 16);
}

}  // namespace kamaelia::dirac
