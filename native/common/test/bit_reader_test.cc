// SPDX-License-Identifier: Apache-2.0
#include "common/bit_reader.h"

#include <doctest/doctest.h>

#include <vector>

namespace kamaelia {
namespace {

TEST_SUITE("bit reader") {
  TEST_CASE("bits come most significant first, across bytes") {
    const uint8_t bytes[] = {0xA5, 0x0F, 0x80};
    BitReader bits(bytes, sizeof bytes);
    CHECK(bits.bit() == 1);
    CHECK(bits.literal(0) == 0);
    CHECK(bits.literal(3) == 2);
    CHECK(bits.literal(8) == 0x50);
    CHECK(bits.literal(5) == 0x1F);
    CHECK_FALSE(bits.overrun());
  }

  TEST_CASE("a literal may have 32 bits") {
    const uint8_t bytes[] = {0xDE, 0xAD, 0xBE, 0xEF};
    CHECK(BitReader(bytes, 4).literal(32) == 0xDEADBEEF);
  }

  TEST_CASE("past the end every bit is 1, and the reader says so") {
    const uint8_t bytes[] = {0x00};
    BitReader bits(bytes, 1);
    CHECK(bits.literal(8) == 0);
    CHECK_FALSE(bits.overrun());
    CHECK(bits.literal(4) == 0xF);
    CHECK(bits.overrun());
    CHECK(bits.unsignedGolomb() == 0);
    CHECK(BitReader(nullptr, 0).bit() == 1);
  }

  TEST_CASE("interleaved exp-Golomb codes of the first numbers") {
    // 0: 1, 1: 001, 2: 011, 3: 00001, 6: 01011 (7 is 111: 0 1 0 1 1), then 1s without end.
    const uint8_t bytes[] = {0b10010110, 0b00010101, 0b10000000};
    BitReader bits(bytes, sizeof bytes);
    CHECK(bits.unsignedGolomb() == 0);
    CHECK(bits.unsignedGolomb() == 1);
    CHECK(bits.unsignedGolomb() == 2);
    CHECK(bits.unsignedGolomb() == 3);
    CHECK(bits.unsignedGolomb() == 6);
    CHECK(bits.literal(7) == 0);
  }

  TEST_CASE("a signed code has its sign behind it, unless it is 0") {
    // 0: 1, +1: 001 0, -1: 001 1, -2: 011 1
    const uint8_t bytes[] = {0b10010001, 0b10111000};
    BitReader bits(bytes, sizeof bytes);
    CHECK(bits.signedGolomb() == 0);
    CHECK(bits.signedGolomb() == 1);
    CHECK(bits.signedGolomb() == -1);
    CHECK(bits.signedGolomb() == -2);
  }

  TEST_CASE("a code of 32 bits is read whole, and one without end is cut") {
    // 2^32 - 2 is 0 1 31 times, then 1; with zeros for ever the value is cut after 32 steps.
    std::vector<uint8_t> longest(8, 0x55);
    longest[7] = 0x56;
    CHECK(BitReader(longest.data(), longest.size()).unsignedGolomb() == 0xFFFFFFFEu);
    const std::vector<uint8_t> zeros(100, 0);
    BitReader bits(zeros.data(), zeros.size());
    static_cast<void>(bits.unsignedGolomb());
    CHECK(bits.bytePosition() <= 9);
  }

  TEST_CASE("a code cut by the end of its block reads ones") {
    // 0, then the end: the data bit is 1 and the next follow bit too, so 3 - 1.
    const uint8_t bytes[] = {0b11111110};
    BitReader bits(bytes, 1);
    bits.literal(7);
    CHECK(bits.unsignedGolomb() == 2);
    CHECK(bits.overrun());
  }

  TEST_CASE("aligning moves to the next byte boundary, or stays on one") {
    const uint8_t bytes[] = {0xFF, 0x01, 0x02};
    BitReader bits(bytes, sizeof bytes);
    bits.align();
    CHECK(bits.bytePosition() == 0);
    bits.bit();
    bits.align();
    CHECK(bits.bytePosition() == 1);
    CHECK(bits.bytes() == bytes + 1);
    CHECK(bits.bytesLeft() == 2);
    bits.skipBytes(2);
    CHECK(bits.bytesLeft() == 0);
    CHECK_FALSE(bits.overrun());
  }

  TEST_CASE("skipping past the end leaves nothing, and points at the end") {
    const uint8_t bytes[] = {1, 2};
    BitReader bits(bytes, sizeof bytes);
    bits.skipBytes(100);
    CHECK(bits.overrun());
    CHECK(bits.bytesLeft() == 0);
    CHECK(bits.bytes() == bytes + 2);
    CHECK(bits.bit() == 1);
  }
}

}  // namespace
}  // namespace kamaelia
