// SPDX-License-Identifier: Apache-2.0
// Runs of interleaved exp-Golomb codes (ST 2042-1, A.4): coefficients that are not arithmetic
// coded.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace kamaelia::dirac {

// The whole codes at the beginning of some bits.
struct GolombEntry {
  int16_t value[8];
  uint8_t count;  // 0: the first code is longer
  uint8_t bits;   // of those codes together
};

constexpr int kGolombBits = 10;

struct GolombTable {
  GolombEntry entry[1 << kGolombBits];

  constexpr GolombTable() : entry{} {
    for (uint32_t bits = 0; bits < 1u << kGolombBits; ++bits) {
      int at = 0;
      while (entry[bits].count < 8 && addCode(bits, &at, &entry[bits])) {
      }
    }
  }

 private:
  static constexpr bool addCode(uint32_t bits, int* at, GolombEntry* to) {
    int next = *at;
    const auto take = [&] { return bits >> (kGolombBits - 1 - next++) & 1; };
    uint32_t magnitude = 1;
    for (;;) {
      if (next >= kGolombBits) return false;
      if (take()) break;
      if (next >= kGolombBits) return false;
      magnitude = magnitude << 1 | take();
    }
    int value = static_cast<int>(magnitude) - 1;
    if (value != 0) {
      if (next >= kGolombBits) return false;
      if (take()) value = -value;
    }
    to->value[to->count++] = static_cast<int16_t>(value);
    to->bits = static_cast<uint8_t>(next);
    *at = next;
    return true;
  }
};

inline constexpr GolombTable kGolombTable{};

// Reads codes of the bits [first, end) of a byte range; past them all bits are 1. The caller keeps
// the bytes alive.
class GolombReader {
 public:
  // Values that read() may write behind those asked for.
  static constexpr int kSpare = 8;

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
    const uint32_t magnitude = (1u << pairs | compact(window >> (64 - follow))) - 1;
    const bool negative = (window >> (62 - follow)) & 1;
    ++at_;
    return static_cast<int32_t>(negative ? 0u - magnitude : magnitude);
  }

  // The next `count` values, and no bit more.
  template <typename Value>
  void readExactly(Value* out, int count, bool* overflow) {
    int i = 0;
    while (count - i >= 8) i += some(out + i, overflow);
    while (i < count) out[i++] = narrowed<Value>(one(), overflow);
  }

  // The next `count` values; kSpare more may be written, and bits behind them read. overflow: set
  // where one does not fit its type.
  template <typename Value>
  void read(Value* out, int count, bool* overflow) {
    int i = 0;
    while (i < count) {
      if (atEnd()) {
        std::fill(out + i, out + count, Value{0});
        return;
      }
      // Five entries at most are taken of the 57 bits that a window has.
      uint64_t window = load();
      for (int taken = 0; taken < 5 && i < count; ++taken) {
        const GolombEntry& entry = kGolombTable.entry[window >> (64 - kGolombBits)];
        if (entry.count == 0) {
          out[i++] = narrowed<Value>(one(), overflow);
          break;
        }
        copyValues(entry, out + i);
        i += entry.count;
        at_ += entry.bits;
        window <<= entry.bits;
      }
    }
  }

 private:
  template <typename Value>
  static Value narrowed(int32_t value, bool* overflow) {
    if (static_cast<Value>(value) != value) *overflow = true;
    return static_cast<Value>(value);
  }

  // All of them, those that are none included.
  template <typename Value>
  static void copyValues(const GolombEntry& entry, Value* out) {
    if constexpr (sizeof(Value) == sizeof entry.value[0]) {
      std::memcpy(out, entry.value, sizeof entry.value);
    } else {
      int16_t values[8];  // of its own: nothing that is written can change them
      std::memcpy(values, entry.value, sizeof values);
      for (int i = 0; i < 8; ++i) out[i] = values[i];
    }
  }

  template <typename Value>
  int some(Value* out, bool* overflow) {
    const GolombEntry& entry = kGolombTable.entry[load() >> (64 - kGolombBits)];
    if (entry.count == 0) {
      *out = narrowed<Value>(one(), overflow);
      return 1;
    }
    copyValues(entry, out);
    at_ += entry.bits;
    return entry.count;
  }

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

  // Every second bit, from the lowest on.
  static uint32_t compact(uint64_t bits) {
    bits &= 0x5555555555555555u;
    bits = (bits | bits >> 1) & 0x3333333333333333u;
    bits = (bits | bits >> 2) & 0x0F0F0F0F0F0F0F0Fu;
    bits = (bits | bits >> 4) & 0x00FF00FF00FF00FFu;
    bits = (bits | bits >> 8) & 0x0000FFFF0000FFFFu;
    return static_cast<uint32_t>(bits | bits >> 16);
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
