// SPDX-License-Identifier: Apache-2.0
// Interleaved exp-Golomb codes (ST 2042-1, A.4) one by one: of bands that are not arithmetic coded,
// and the rare large values of slices.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

#include "golomb_table.h"

namespace kamaelia::dirac {

// Reads codes of the bits [first, end) of a byte range; past them all bits are 1. The caller keeps
// the bytes alive.
class GolombReader {
 public:
  GolombReader(const uint8_t* data, size_t size, uint64_t first, uint64_t end)
      : data_(data), size_(size), at_(first), end_(std::min<uint64_t>(end, uint64_t{size} * 8)) {}

  bool atEnd() const { return at_ >= end_; }
  // Of the bit to come; over the end after codes that were cut short.
  uint64_t position() const { return at_; }

  uint32_t bit() {
    const uint64_t window = load();
    ++at_;
    return static_cast<uint32_t>(window >> 63);
  }

  int32_t one() {
    const uint64_t window = load();
    const int follow = std::countl_zero(window & 0xAAAAAAAAAAAAAAAAu);
    if (follow > 54) return slow();
    const int pairs = follow / 2;
    at_ += static_cast<uint64_t>(follow) + 1;
    if (pairs == 0) return 0;
    const uint32_t magnitude = (1u << pairs | everySecondBit(window >> (64 - follow))) - 1;
    const bool negative = (window >> (62 - follow)) & 1;
    ++at_;
    return static_cast<int32_t>(negative ? 0u - magnitude : magnitude);
  }

 private:
  // At least 56 bits from the current one on, in the highest places.
  uint64_t load() const {
    const uint64_t byte = at_ >> 3;
    uint64_t window = ~uint64_t{0};
    if (byte + 8 <= size_) {
      std::memcpy(&window, data_ + byte, 8);
      window = __builtin_bswap64(window);
    } else {
      for (uint64_t i = byte; i < size_; ++i) {
        const int shift = static_cast<int>(56 - 8 * (i - byte));
        window &= ~(uint64_t{0xFF} << shift) | uint64_t{data_[i]} << shift;
      }
    }
    window = window << (at_ & 7) | ((uint64_t{1} << (at_ & 7)) - 1);
    if (end_ < at_ + 64) window |= at_ >= end_ ? ~uint64_t{0} : ~uint64_t{0} >> (end_ - at_);
    return window;
  }

  // Values of 27 bits and more; over 31 they are cut, which no sound stream has.
  int32_t slow() {
    uint32_t magnitude = 1;
    for (int steps = 0; steps < 31 && bit() == 0; ++steps) magnitude = magnitude << 1 | bit();
    --magnitude;
    if (magnitude == 0) return 0;
    return static_cast<int32_t>(bit() ? 0u - magnitude : magnitude);
  }

  const uint8_t* data_;
  uint64_t size_;
  uint64_t at_;
  uint64_t end_;
};

}  // namespace kamaelia::dirac
