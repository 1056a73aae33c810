// SPDX-License-Identifier: Apache-2.0
// The arithmetic decoder as the specification writes it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bit_writer.h"

namespace kamaelia::dirac::test {

// Annex B to the letter: 16 bit registers, the straddle case, one bit at a time.
class LetterDecoder {
 public:
  explicit LetterDecoder(const Bytes& bytes) : bytes_(bytes) {
    for (uint32_t& context : contexts_) context = 0x8000;
    for (int i = 0; i < 16; ++i) code_ = code_ << 1 | next();
  }

  // Bits that were taken, those past the end too.
  int64_t position() const { return static_cast<int64_t>(position_); }

  bool bit(int context) {
    const uint32_t threshold = (range_ * contexts_[context]) >> 16;
    const bool value = code_ - low_ >= threshold;
    if (value) {
      low_ += threshold;
      range_ -= threshold;
      contexts_[context] -= kProbabilityStep[contexts_[context] >> 8];
    } else {
      range_ = threshold;
      contexts_[context] += kProbabilityStep[255 - (contexts_[context] >> 8)];
    }
    while (range_ <= 0x4000) {
      if (((low_ + range_ - 1) ^ low_) >= 0x8000) {
        code_ ^= 0x4000;
        low_ ^= 0x4000;
      }
      low_ = low_ << 1 & 0xFFFF;
      range_ <<= 1;
      code_ = (code_ << 1 | next()) & 0xFFFF;
    }
    return value;
  }

 private:
  uint32_t next() {
    const size_t at = position_++;
    return at / 8 < bytes_.size() ? bytes_[at / 8] >> (7 - at % 8) & 1 : 1;
  }

  const Bytes& bytes_;
  size_t position_ = 0;
  uint32_t code_ = 0;
  uint32_t low_ = 0;
  uint32_t range_ = 0xFFFF;
  uint32_t contexts_[kSubbandContexts];
};

}  // namespace kamaelia::dirac::test
