// SPDX-License-Identifier: Apache-2.0
#include "arith.h"

#include <doctest/doctest.h>

#include <random>

#include "bit_writer.h"
#include "letter_decoder.h"

namespace kamaelia::dirac::test {
namespace {

TEST_SUITE("arithmetic decoder") {
  TEST_CASE("bits of any input are those of the specification's own form") {
    std::mt19937 random(1);
    for (int round = 0; round < 200; ++round) {
      Bytes bytes(random() % 40);
      for (uint8_t& byte : bytes) {
        // Long runs of one value drive the probabilities to their ends.
        byte = round % 3 == 0 ? static_cast<uint8_t>(random())
                              : (round % 3 == 1 ? 0x00 : (random() % 8 ? 0xFF : 0x12));
      }
      ArithDecoder decoder(bytes.data(), bytes.size());
      LetterDecoder letter(bytes);
      int different = 0;
      for (int i = 0; i < 1500; ++i) {
        const int context = static_cast<int>(random() % kSubbandContexts);
        different += decoder.bit(context) != letter.bit(context);
      }
      CHECK(different == 0);
    }
  }

  TEST_CASE("a bit read without a branch is the one that is read with it") {
    std::mt19937 random(3);
    for (int round = 0; round < 200; ++round) {
      Bytes bytes(random() % 40);
      for (uint8_t& byte : bytes) {
        byte = round % 3 == 0 ? static_cast<uint8_t>(random()) : (round % 3 == 1 ? 0x00 : 0xFF);
      }
      ArithInput input(bytes.data(), bytes.size());
      ArithCode code(input);
      LetterDecoder letter(bytes);
      uint32_t probabilities[4] = {0x8000, 0x8000, 0x8000, 0x8000};
      int different = 0;
      for (int i = 0; i < 1500; ++i) {
        const size_t context = random() % 4;
        uint32_t& probability = probabilities[context];
        const bool one =
            random() % 2 ? code.unlikely(probability, input) : code.likely(probability, input);
        probability +=
            static_cast<uint32_t>(int32_t{kProbabilityChanges.by[one][probability >> 8]});
        different += one != letter.bit(static_cast<int>(context));
      }
      CHECK(different == 0);
      CHECK(input.position() - code.left() == letter.position());
    }
  }

  TEST_CASE("what an encoder put in comes out, likely and unlikely bits alike") {
    std::mt19937 random(2);
    for (const uint32_t ones : {1u, 50u, 500u, 950u, 999u}) {
      CAPTURE(ones);
      ArithEncoder encoder;
      std::vector<std::pair<int, bool>> bits;
      for (int i = 0; i < 5000; ++i) {
        bits.emplace_back(random() % kSubbandContexts, random() % 1000 < ones);
        encoder.bit(bits.back().first, bits.back().second);
      }
      const Bytes bytes = encoder.done();
      ArithDecoder decoder(bytes.data(), bytes.size());
      int wrong = 0;
      for (const auto& [context, value] : bits) wrong += decoder.bit(context) != value;
      CHECK(wrong == 0);
      if (ones == 1 || ones == 999) CHECK(bytes.size() < 250);  // it does adapt
    }
  }

  TEST_CASE("the first bits of a block, by hand") {
    // The range is 0xFFFF and the probability one half: the threshold is 0x7FFF.
    const uint8_t below[] = {0x7F, 0xFE, 0, 0};
    CHECK_FALSE(ArithDecoder(below, 4).bit(kZeroBlock));
    const uint8_t at[] = {0x7F, 0xFF, 0, 0};
    CHECK(ArithDecoder(at, 4).bit(kZeroBlock));
  }

  TEST_CASE("past the end of the block there are only ones") {
    const Bytes shortened = {0x12, 0x34, 0x56};
    Bytes padded = shortened;
    padded.resize(64, 0xFF);
    ArithDecoder a(shortened.data(), shortened.size());
    ArithDecoder b(padded.data(), padded.size());
    int different = 0;
    for (int i = 0; i < 300; ++i) different += a.bit(i % 5) != b.bit(i % 5);
    CHECK(different == 0);
    CHECK(ArithDecoder(nullptr, 0).bit(0));
  }

  TEST_CASE("numbers, with their follow contexts in turn and the last one repeated") {
    const std::vector<int32_t> values = {0, 1, -1, 2, -2, 3, 6, 7, -8, 100, -1000, 65535, -70000};
    ArithEncoder encoder;
    for (const int32_t value : values) {
      encoder.signedValue(kVectorF1, kVectorF5, kVectorData, kVectorSign, value);
      encoder.unsignedValue(kSplitF1, kSplitF2, kSplitData, static_cast<uint32_t>(value & 1023));
    }
    const Bytes bytes = encoder.done();
    ArithDecoder decoder(bytes.data(), bytes.size());
    for (const int32_t value : values) {
      CHECK(decoder.signedValue(kVectorF1, kVectorF5, kVectorData, kVectorSign) == value);
      CHECK(decoder.unsignedValue(kSplitF1, kSplitF2, kSplitData) ==
            static_cast<uint32_t>(value & 1023));
    }
  }

  TEST_CASE("a number without end is cut") {
    const Bytes zeros(4000, 0);
    ArithDecoder decoder(zeros.data(), zeros.size());
    static_cast<void>(decoder.unsignedValue(kVectorF1, kVectorF5, kVectorData));
    static_cast<void>(decoder.signedValue(kVectorF1, kVectorF5, kVectorData, kVectorSign));
  }
}

}  // namespace
}  // namespace kamaelia::dirac::test
