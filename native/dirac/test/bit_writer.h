// SPDX-License-Identifier: Apache-2.0
// Writes what BitReader and ArithDecoder read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "arith.h"

namespace kamaelia::dirac::test {

using Bytes = std::vector<uint8_t>;

inline void append(Bytes* to, const Bytes& more) {
  to->insert(to->end(), more.begin(), more.end());
}

class BitWriter {
 public:
  BitWriter& bit(bool value) {
    if (used_ % 8 == 0) bytes_.push_back(0);
    if (value) bytes_.back() = static_cast<uint8_t>(bytes_.back() | 0x80 >> used_ % 8);
    ++used_;
    return *this;
  }

  BitWriter& literal(uint32_t value, int count) {
    while (count-- > 0) bit(value >> count & 1);
    return *this;
  }

  // Interleaved exp-Golomb: the bits of value + 1 behind its leading one, a 0 in front of each.
  BitWriter& unsignedGolomb(uint32_t value) {
    const uint64_t coded = uint64_t{value} + 1;
    int top = 0;
    while (coded >> (top + 1) != 0) ++top;
    while (top-- > 0) bit(false).bit(coded >> top & 1);
    return bit(true);
  }

  BitWriter& signedGolomb(int32_t value) {
    unsignedGolomb(static_cast<uint32_t>(value < 0 ? -int64_t{value} : int64_t{value}));
    return value == 0 ? *this : bit(value < 0);
  }

  BitWriter& align() {
    used_ = bytes_.size() * 8;
    return *this;
  }

  BitWriter& bytes(const Bytes& more) {
    align();
    append(&bytes_, more);
    return align();
  }

  // A length, then as many bytes.
  BitWriter& block(const Bytes& more) {
    return unsignedGolomb(static_cast<uint32_t>(more.size())).bytes(more);
  }

  // As they are, without alignment.
  BitWriter& bits(const BitWriter& more) {
    for (size_t i = 0; i < more.used_; ++i) bit(more.bytes_[i / 8] >> (7 - i % 8) & 1);
    return *this;
  }

  size_t bitCount() const { return used_; }
  const Bytes& done() const { return bytes_; }

 private:
  Bytes bytes_;
  size_t used_ = 0;
};

// The arithmetic coder that annex B's decoder undoes: the number that picks all chosen intervals,
// carries going up through the bits that are out already.
class ArithEncoder {
 public:
  ArithEncoder() {
    for (uint16_t& context : contexts_) context = 0x8000;
  }

  void bit(int context, bool value) {
    uint16_t& probability = contexts_[context];
    const uint32_t threshold = (range_ * probability) >> 16;
    if (value) {
      low_ += threshold;
      range_ -= threshold;
      probability = static_cast<uint16_t>(probability - kProbabilityStep[probability >> 8]);
    } else {
      range_ = threshold;
      probability = static_cast<uint16_t>(probability + kProbabilityStep[255 - (probability >> 8)]);
    }
    if (low_ > 0xFFFF) {
      low_ &= 0xFFFF;
      carry();
    }
    for (; range_ <= 0x4000; range_ <<= 1) shift();
  }

  void unsignedValue(int follow, int lastFollow, int data, uint32_t value) {
    const uint32_t coded = value + 1;
    int top = 0;
    while (coded >> (top + 1) != 0) ++top;
    while (top-- > 0) {
      bit(follow, false);
      bit(data, coded >> top & 1);
      if (follow < lastFollow) ++follow;
    }
    bit(follow, true);
  }

  void signedValue(int follow, int lastFollow, int data, int sign, int32_t value) {
    unsignedValue(follow, lastFollow, data, static_cast<uint32_t>(value < 0 ? -value : value));
    if (value != 0) bit(sign, value < 0);
  }

  Bytes done() {
    for (int i = 0; i < 16; ++i) shift();
    BitWriter out;
    for (const bool value : bits_) out.bit(value);
    return out.done();
  }

 private:
  void carry() {
    size_t at = bits_.size();
    while (at > 0 && bits_[at - 1]) bits_[--at] = false;
    if (at > 0) bits_[at - 1] = true;
  }

  void shift() {
    bits_.push_back(low_ >> 15 & 1);
    low_ = low_ << 1 & 0xFFFF;
  }

  uint32_t low_ = 0;
  uint32_t range_ = 0xFFFF;
  std::vector<bool> bits_;
  uint16_t contexts_[kSubbandContexts];
};

}  // namespace kamaelia::dirac::test
