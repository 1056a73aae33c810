// SPDX-License-Identifier: Apache-2.0
// Bits of a byte range, most significant first.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kamaelia {

// Reads bits; past the end every bit is 1, for ever, as the bounded blocks of Dirac and VC-2 demand
// (ST 2042-1, A.4). The caller keeps the bytes alive.
class BitReader {
 public:
  BitReader(const uint8_t* data, size_t size)
      : data_(data), bits_(static_cast<uint64_t>(size) * 8) {}

  uint32_t bit() {
    if (at_ >= bits_) {
      ++at_;
      return 1;
    }
    const uint32_t value = (data_[at_ >> 3] >> (7 - (at_ & 7))) & 1;
    ++at_;
    return value;
  }

  // `count` is 0 to 32.
  uint32_t literal(int count) {
    uint32_t value = 0;
    while (count-- > 0) value = value << 1 | bit();
    return value;
  }

  // Interleaved exp-Golomb code; values over 32 bits are cut, which no valid stream has.
  uint32_t unsignedGolomb() {
    uint32_t value = 1;
    for (int steps = 0; bit() == 0 && steps < 32; ++steps) value = value << 1 | bit();
    return value - 1;
  }

  int32_t signedGolomb() {
    const uint32_t magnitude = unsignedGolomb();
    if (magnitude == 0) return 0;
    return static_cast<int32_t>(bit() ? 0u - magnitude : magnitude);
  }

  void align() { at_ = (at_ + 7) & ~uint64_t{7}; }
  void skipBytes(uint64_t count) { at_ += count * 8; }

  // Whether more bits were taken than there are.
  bool overrun() const { return at_ > bits_; }
  uint64_t bytePosition() const { return at_ >> 3; }
  uint64_t bytesLeft() const { return at_ >= bits_ ? 0 : (bits_ - at_) >> 3; }
  const uint8_t* bytes() const { return data_ + (at_ >= bits_ ? bits_ >> 3 : at_ >> 3); }

 private:
  const uint8_t* data_;
  uint64_t bits_;
  uint64_t at_ = 0;
};

}  // namespace kamaelia
