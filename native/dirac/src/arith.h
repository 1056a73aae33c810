// SPDX-License-Identifier: Apache-2.0
// Arithmetic decoder (annex B). The decoders have internal linkage: each file that includes this
// compiles them for its instruction set.
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

namespace {

constexpr uint16_t kEvenProbability = 0x8000;

// What a bit adds to the probability of a 0: [bit][its top eight bits].
struct ProbabilityChanges {
  int16_t by[2][256];

  constexpr ProbabilityChanges() : by{} {
    for (int i = 0; i < 256; ++i) {
      by[0][i] = static_cast<int16_t>(kProbabilityStep[255 - i]);
      by[1][i] = static_cast<int16_t>(-int{kProbabilityStep[i]});
    }
  }
};
constexpr ProbabilityChanges kProbabilityChanges;

// The bytes of one arithmetic coded block, and ones past its end.
class ArithInput {
 public:
  ArithInput(const uint8_t* data, size_t size) : data_(data), size_(size) {}

  // Bits that were taken; more than there are where it ran out.
  int64_t position() const { return static_cast<int64_t>(8 * next_); }

  [[gnu::always_inline]] uint32_t next32() {
    const uint64_t at = next_;
    next_ += 4;
    if (next_ > size_) [[unlikely]]
      return lastWord(at);
    uint32_t word;
    std::memcpy(&word, data_ + at, 4);
    return __builtin_bswap32(word);
  }

 private:
  [[gnu::noinline]] uint32_t lastWord(uint64_t at) const {
    uint32_t word = 0;
    for (int i = 0; i < 4; ++i, ++at) word = word << 8 | (at < size_ ? data_[at] : 0xFFu);
    return word;
  }

  const uint8_t* data_;
  uint64_t size_;
  uint64_t next_ = 0;  // may go on past the size
};

// Code and range of one arithmetic coded block, apart from its contexts and its bytes: two
// registers, which functions take and return by value.
class ArithCode {
 public:
  explicit ArithCode(ArithInput& input)
      : value_(static_cast<uint64_t>(input.next32()) << 32 | 1u << 31) {}

  // The next bit, where a 0 has `probability` / 65536, by a branch: for bits that mostly can be
  // foretold. The caller adapts the context, which has to begin with kEvenProbability.
  [[gnu::always_inline]] bool likely(uint32_t probability, ArithInput& input) {
    const uint64_t threshold = thresholdOf(probability);
    const uint64_t least = threshold << 48;
    if (value_ >= least) {
      value_ -= least;
      const uint32_t range = static_cast<uint32_t>((range_ >> kRangeShift) - threshold);
      renormalise(range, input);
      return true;
    }
    renormalise(static_cast<uint32_t>(threshold), input);
    return false;
  }

  // The same without a branch: both outcomes are prepared beside each other.
  [[gnu::always_inline]] bool unlikely(uint32_t probability, ArithInput& input) {
    const uint64_t threshold = thresholdOf(probability);
    const uint64_t least = threshold << 48;
    const uint32_t below = static_cast<uint32_t>(threshold);
    const uint32_t above = static_cast<uint32_t>((range_ >> kRangeShift) - threshold);
    const int zerosBelow = std::countl_zero(below - 1);
    const int zerosAbove = std::countl_zero(above - 1);
    // All ones for a 0. The compiler would make a branch of what it knew to be one of two values.
    uint64_t zero = 0 - static_cast<uint64_t>(value_ < least);
    asm("" : "+r"(zero));
    value_ = value_ - least + (least & zero);
    const uint64_t rangeBelow = static_cast<uint64_t>(below) << zerosBelow;
    const uint64_t rangeAbove = static_cast<uint64_t>(above) << zerosAbove;
    range_ = rangeAbove ^ ((rangeAbove ^ rangeBelow) & zero);
    const auto narrow = static_cast<uint32_t>(zero);
    shift(zerosAbove + ((zerosBelow - zerosAbove) & static_cast<int>(narrow)), input);
    return static_cast<bool>(narrow + 1);
  }

  // Bits of the input that are here and have not been used.
  int left() const { return 47 - std::countr_zero(value_); }

 private:
  // The range lies so high that the leading zeros of what becomes of it are how far it has to be
  // shifted.
  static constexpr int kRangeShift = 17;

  [[gnu::always_inline]] uint64_t thresholdOf(uint32_t probability) const {
    return (range_ * probability) >> (16 + kRangeShift);
  }

  // Shifts until the range is over 0x4000; by 0 where it is.
  [[gnu::always_inline]] void renormalise(uint32_t range, ArithInput& input) {
    const int zeros = std::countl_zero(range - 1);
    range_ = static_cast<uint64_t>(range) << zeros;
    shift(zeros, input);
  }

  // Where the marker gets high, puts 32 bits in its place, and it behind them.
  [[gnu::always_inline]] void shift(int zeros, ArithInput& input) {
    value_ <<= zeros - kRangeShift;
    if (static_cast<uint32_t>(value_) != 0) [[likely]]
      return;
    const int marker = std::countr_zero(value_);
    const uint64_t bits = static_cast<uint64_t>(input.next32()) << 1 | 1;
    value_ = (value_ & (value_ - 1)) | bits << (marker - 32);
  }

  // Code - low in its top 16 bits, so that the straddle case of the specification's form cannot
  // arise; below them the bits to come, then a one as their marker. The marker is never among the
  // top 16, as fewer than 16 bits go at once.
  uint64_t value_;
  uint64_t range_ = uint64_t{0xFFFF} << kRangeShift;
};

// One arithmetic coded block with its contexts, which hold the probability of a 0 in 1/65536.
class ArithDecoder {
 public:
  ArithDecoder(const uint8_t* data, size_t size) : input_(data, size), code_(input_) {
    for (uint16_t& context : contexts_) context = kEvenProbability;
  }

  bool bit(int context) {
    const uint32_t probability = contexts_[context];
    const bool one = code_.likely(probability, input_);
    contexts_[context] =
        static_cast<uint16_t>(probability + kProbabilityChanges.by[one][probability >> 8]);
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

  int32_t signedValue(int follow, int lastFollow, int data, int sign) {
    const uint32_t magnitude = unsignedValue(follow, lastFollow, data);
    if (magnitude == 0) return 0;
    return static_cast<int32_t>(bit(sign) ? 0u - magnitude : magnitude);
  }

 private:
  ArithInput input_;
  ArithCode code_;
  uint16_t contexts_[kSubbandContexts];
};

}  // namespace
}  // namespace kamaelia::dirac
