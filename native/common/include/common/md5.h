// SPDX-License-Identifier: Apache-2.0
// MD5 (RFC 1321), for comparing decoded pictures with reference digests.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace kamaelia {

class Md5 {
 public:
  void add(const void* data, size_t size) {
    const auto* bytes = static_cast<const uint8_t*>(data);
    total_ += size;
    while (size > 0) {
      const size_t part = std::min(size, sizeof block_ - filled_);
      std::memcpy(block_ + filled_, bytes, part);
      filled_ += part;
      bytes += part;
      size -= part;
      if (filled_ == sizeof block_) {
        transform();
        filled_ = 0;
      }
    }
  }

  // The state after the whole blocks of 64 bytes so far, as 16 bytes: what the digest would be
  // without the padding at its end.
  std::array<uint8_t, 16> state() const {
    std::array<uint8_t, 16> bytes;
    for (size_t i = 0; i < 16; ++i) {
      bytes[i] = static_cast<uint8_t>(state_[i / 4] >> (8 * (i % 4)));
    }
    return bytes;
  }

  // Ends the digest: 32 hexadecimal digits.
  std::string hex() {
    const uint64_t bits = total_ * 8;
    const uint8_t end = 0x80;
    const uint8_t zero = 0;
    add(&end, 1);
    while (filled_ != 56) add(&zero, 1);
    add(&bits, 8);
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (const uint32_t word : state_) {
      for (int i = 0; i < 4; ++i) {
        const uint32_t byte = word >> (8 * i) & 0xFF;
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
      }
    }
    return text;
  }

 private:
  // Sines of the round numbers, which RFC 1321 gives as a table.
  static const std::array<uint32_t, 64>& sines() {
    static const std::array<uint32_t, 64> table = [] {
      std::array<uint32_t, 64> made{};
      for (size_t i = 0; i < 64; ++i) {
        made[i] = static_cast<uint32_t>(
            std::floor(std::fabs(std::sin(static_cast<double>(i + 1))) * 4294967296.0));
      }
      return made;
    }();
    return table;
  }

  void transform() {
    static constexpr int kShifts[4][4] = {
        {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    uint32_t words[16];
    std::memcpy(words, block_, sizeof words);
    uint32_t a = state_[0], b = state_[1], c = state_[2], d = state_[3];
    for (uint32_t i = 0; i < 64; ++i) {
      const uint32_t round = i / 16;
      uint32_t mixed = 0, word = 0;
      if (round == 0) {
        mixed = (b & c) | (~b & d);
        word = i;
      } else if (round == 1) {
        mixed = (d & b) | (~d & c);
        word = (5 * i + 1) % 16;
      } else if (round == 2) {
        mixed = b ^ c ^ d;
        word = (3 * i + 5) % 16;
      } else {
        mixed = c ^ (b | ~d);
        word = (7 * i) % 16;
      }
      const uint32_t sum = a + mixed + sines()[i] + words[word];
      a = d;
      d = c;
      c = b;
      b += std::rotl(sum, kShifts[round][i % 4]);
    }
    state_[0] += a;
    state_[1] += b;
    state_[2] += c;
    state_[3] += d;
  }

  uint32_t state_[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  uint8_t block_[64];
  size_t filled_ = 0;
  uint64_t total_ = 0;
};

}  // namespace kamaelia
