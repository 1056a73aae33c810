// SPDX-License-Identifier: Apache-2.0
// Arithmetic decoder (annex B).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "tables/arith_table.h"

namespace kamaelia::dirac {

enum Context : uint8_t {
  // Follow bits of a coefficient's magnitude: the first by parent and neighbourhood, then by parent
  // alone.
  kZpznF1,
  kZpnnF1,
  kNpznF1,
  kNpnnF1,
  kZpF2,
  kZpF3,
  kZpF4,
  kZpF5,
  kZpF6,
  kNpF2,
  kNpF3,
  kNpF4,
  kNpF5,
  kNpF6,
  kCoefficientData,
  kSignNegative,
  kSignPositive,
  kSignZero,
  kZeroBlock,
  kQuantiserFollow,
  kQuantiserData,
  kQuantiserSign,
  kSubbandContexts,
  // Motion data: every element is a block of its own, so their contexts may overlap.
  kSplitF1 = 0,
  kSplitF2,
  kSplitData,
  kModeRef1 = 0,
  kModeRef2,
  kGlobalBlock,
  kVectorF1 = 0,
  kVectorF2,
  kVectorF3,
  kVectorF4,
  kVectorF5,
  kVectorData,
  kVectorSign,
  kDcF1 = 0,
  kDcF2,
  kDcData,
  kDcSign,
};

// One arithmetic coded block. Reads ones past its end. Contexts hold the probability of a 0, in
// 1/65536.
class ArithDecoder {
 public:
  ArithDecoder(const uint8_t* data, size_t size) : at_(data), end_(data + size) {
    for (uint16_t& context : contexts_) context = 0x8000;
    value_ = static_cast<uint64_t>(next32()) << 32;
    value_ |= next32();
    bits_ = 48;
  }

  // value_ holds code - low in its top 16 bits and the bits to come below, so that the straddle
  // case of the specification's form cannot arise; bits_ counts those valid ones.
  bool bit(int context) {
    const uint32_t probability = contexts_[context];
    const uint32_t threshold = (range_ * probability) >> 16;
    const uint64_t scaled = static_cast<uint64_t>(threshold) << 48;
    const bool one = value_ >= scaled;
    if (one) {
      value_ -= scaled;
      range_ -= threshold;
      contexts_[context] = static_cast<uint16_t>(probability - kProbabilityStep[probability >> 8]);
    } else {
      range_ = threshold;
      contexts_[context] =
          static_cast<uint16_t>(probability + kProbabilityStep[255 - (probability >> 8)]);
    }
    // Shifts until the range is over 0x4000; by 0 where it is. Without a branch, which nobody could
    // predict.
    const int shift = std::countl_zero(range_ - 1) - 17;
    range_ <<= shift;
    value_ <<= shift;
    bits_ -= shift;
    if (bits_ < 16) [[unlikely]]
      refill();
    return one;
  }

  // Exp-Golomb with one follow context after the other (the last repeats) and one data context.
  uint32_t unsignedValue(int follow, int lastFollow, int data) {
    uint32_t value = 1;
    int context = follow;
    for (int steps = 0; steps < 31 && !bit(context); ++steps) {
      value = value << 1 | static_cast<uint32_t>(bit(data));
      if (context < lastFollow) ++context;
    }
    return value - 1;
  }

  // Bits of the block that were taken; more than it has where it ran out.
  int64_t position() const { return 32 * words_ - bits_; }

  int32_t signedValue(int follow, int lastFollow, int data, int sign) {
    const uint32_t magnitude = unsignedValue(follow, lastFollow, data);
    if (magnitude == 0) return 0;
    return static_cast<int32_t>(bit(sign) ? 0u - magnitude : magnitude);
  }

 private:
  void refill() {
    value_ |= static_cast<uint64_t>(next32()) << (16 - bits_);
    bits_ += 32;
  }

  uint32_t next32() {
    ++words_;
    if (end_ - at_ >= 4) {
      uint32_t word;
      std::memcpy(&word, at_, 4);
      at_ += 4;
      return __builtin_bswap32(word);
    }
    uint32_t word = 0;
    for (int i = 0; i < 4; ++i) word = word << 8 | (at_ < end_ ? *at_++ : 0xFFu);
    return word;
  }

  uint64_t value_;
  int bits_;
  int64_t words_ = 0;
  uint32_t range_ = 0xFFFF;
  const uint8_t* at_;
  const uint8_t* end_;
  uint16_t contexts_[kSubbandContexts];
};

}  // namespace kamaelia::dirac
