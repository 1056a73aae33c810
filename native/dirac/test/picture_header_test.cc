// SPDX-License-Identifier: Apache-2.0
#include "picture_header.h"

#include <doctest/doctest.h>

#include <string>

#include "bit_writer.h"

namespace kamaelia::dirac::test {
namespace {

PictureHeader headerOf(uint8_t code, const Bytes& bytes) {
  BitReader bits(bytes.data(), bytes.size());
  PictureHeader header;
  readPictureHeader(bits, code, &header);
  CHECK_FALSE(bits.overrun());
  return header;
}

std::string predictionRefusal(const BitWriter& written, int references = 1) {
  BitReader bits(written.done().data(), written.done().size());
  PredictionParams params;
  const Status status = readPredictionParams(bits, references, &params);
  return status.ok() ? "none" : status.detail;
}

PredictionParams predictionOf(const BitWriter& written, int references = 1) {
  BitReader bits(written.done().data(), written.done().size());
  PredictionParams params;
  CHECK(readPredictionParams(bits, references, &params).ok());
  return params;
}

Status transformOf(const BitWriter& written, TransformParams* params) {
  BitReader bits(written.done().data(), written.done().size());
  return readTransformParams(bits, Syntax::kCore, false, params);
}

// Preset 1, and behind it pel precision without global motion, mode 0, weights as given.
BitWriter blocks(uint32_t precision = 0) {
  BitWriter out;
  out.unsignedGolomb(1).unsignedGolomb(precision).bit(false).unsignedGolomb(0);
  return out;
}

BitWriter customBlocks(uint32_t width, uint32_t height, uint32_t sepX, uint32_t sepY) {
  BitWriter out;
  out.unsignedGolomb(0).unsignedGolomb(width).unsignedGolomb(height);
  out.unsignedGolomb(sepX).unsignedGolomb(sepY);
  out.unsignedGolomb(0).bit(false).unsignedGolomb(0).bit(false);
  return out;
}

TEST_SUITE("picture header") {
  TEST_CASE("an intra picture has a number, and a reference what it retires") {
    const PictureHeader plain = headerOf(0x08, BitWriter().literal(0xFFFFFFFE, 32).done());
    CHECK(plain.number == 0xFFFFFFFE);
    CHECK(plain.references == 0);
    CHECK_FALSE(plain.isReference);
    CHECK_FALSE(plain.retires);

    const PictureHeader kept = headerOf(0x0C, BitWriter().literal(7, 32).signedGolomb(0).done());
    CHECK(kept.isReference);
    CHECK_FALSE(kept.retires);

    const PictureHeader retiring =
        headerOf(0x0C, BitWriter().literal(7, 32).signedGolomb(-4).done());
    CHECK(retiring.retires);
    CHECK(retiring.retired == 3);
  }

  TEST_CASE("references are offsets from the picture's number, modulo 2^32") {
    const PictureHeader two =
        headerOf(0x0A, BitWriter().literal(1, 32).signedGolomb(-2).signedGolomb(3).done());
    CHECK(two.references == 2);
    CHECK(two.reference[0] == 0xFFFFFFFF);
    CHECK(two.reference[1] == 4);
    const PictureHeader one =
        headerOf(0x0D, BitWriter().literal(10, 32).signedGolomb(-1).signedGolomb(-5).done());
    CHECK(one.references == 1);
    CHECK(one.reference[0] == 9);
    CHECK(one.retired == 5);
  }
}

TEST_SUITE("picture prediction parameters") {
  TEST_CASE("block sizes by preset") {
    constexpr int kSizes[4][2] = {{8, 4}, {12, 8}, {16, 12}, {24, 16}};
    for (uint32_t index = 1; index <= 4; ++index) {
      BitWriter out;
      out.unsignedGolomb(index).unsignedGolomb(2).bit(false).unsignedGolomb(0).bit(false);
      const PredictionParams params = predictionOf(out);
      CHECK(params.blockWidth == kSizes[index - 1][0]);
      CHECK(params.blockHeight == kSizes[index - 1][0]);
      CHECK(params.separationX == kSizes[index - 1][1]);
      CHECK(params.separationY == kSizes[index - 1][1]);
      CHECK(params.precision == 2);
    }
  }

  TEST_CASE("block sizes of their own, within what overlapping allows") {
    const PredictionParams params = predictionOf(customBlocks(64, 8, 32, 8));
    CHECK(params.blockWidth == 64);
    CHECK(params.blockHeight == 8);
    CHECK(params.separationX == 32);
    CHECK(params.separationY == 8);
    for (const auto& [length, separation] :
         {std::pair{8u, 0u}, {8u, 3u}, {10u, 8u}, {4u, 8u}, {12u, 4u}, {68u, 64u}}) {
      CAPTURE(length);
      CAPTURE(separation);
      CHECK(predictionRefusal(customBlocks(length, 8, separation, 8)) == "block size");
      CHECK(predictionRefusal(customBlocks(8, length, 8, separation)) == "block size");
    }
  }

  TEST_CASE("weights are halves unless sent; the second only where there are two references") {
    const PredictionParams plain = predictionOf(blocks().bit(false), 2);
    CHECK(plain.weightPrecision == 1);
    CHECK(plain.weight[0] == 1);
    CHECK(plain.weight[1] == 1);
    const BitWriter sent =
        blocks().bit(true).unsignedGolomb(3).signedGolomb(5).signedGolomb(-2).bit(true);
    const PredictionParams two = predictionOf(sent, 2);
    CHECK(two.weightPrecision == 3);
    CHECK(two.weight[0] == 5);
    CHECK(two.weight[1] == -2);
    const PredictionParams one = predictionOf(sent, 1);
    CHECK(one.weight[0] == 5);
    CHECK(one.weight[1] == 1);
  }

  TEST_CASE("global motion is read for each reference, with its defaults") {
    BitWriter sent;
    sent.unsignedGolomb(1).unsignedGolomb(2).bit(true);
    sent.bit(true).signedGolomb(-3).signedGolomb(9).bit(false).bit(false);
    sent.bit(false).bit(true).unsignedGolomb(4).signedGolomb(17).signedGolomb(1);
    sent.signedGolomb(-2).signedGolomb(15).bit(true).unsignedGolomb(6).signedGolomb(1);
    sent.signedGolomb(-1).unsignedGolomb(0).bit(false);
    const PredictionParams params = predictionOf(sent, 2);
    CHECK(params.usesGlobal);
    CHECK(params.global[0].pan[0] == -3);
    CHECK(params.global[0].pan[1] == 9);
    CHECK(params.global[0].matrix[1][1] == 1);
    CHECK(params.global[1].pan[0] == 0);
    CHECK(params.global[1].matrixExponent == 4);
    CHECK(params.global[1].matrix[0][0] == 17);
    CHECK(params.global[1].matrix[1][0] == -2);
    CHECK(params.global[1].perspectiveExponent == 6);
    CHECK(params.global[1].perspective[1] == -1);
  }

  TEST_CASE("what the format does not allow is damage") {
    CHECK(predictionRefusal(BitWriter().unsignedGolomb(5)) == "block parameters index");
    CHECK(predictionRefusal(blocks(4).bit(false)) == "motion vector precision");
    BitWriter mode;
    mode.unsignedGolomb(1).unsignedGolomb(0).bit(false).unsignedGolomb(1).bit(false);
    CHECK(predictionRefusal(mode) == "picture prediction mode");
    CHECK(predictionRefusal(blocks().bit(true).unsignedGolomb(17).signedGolomb(1)) ==
          "reference weight precision");
    CHECK(predictionRefusal(blocks().bit(true).unsignedGolomb(1).signedGolomb(65537)) ==
          "reference weight");
    BitWriter ends;  // a whole byte, and the flag of the weights is missing
    ends.unsignedGolomb(3).unsignedGolomb(0).bit(false).unsignedGolomb(0);
    CHECK(predictionRefusal(ends) == "prediction parameters too short");
    BitWriter global;
    global.unsignedGolomb(1).unsignedGolomb(0).bit(true).bit(false).bit(true).unsignedGolomb(17);
    CHECK(predictionRefusal(global) == "global motion");
  }
}

TEST_SUITE("transform parameters") {
  TEST_CASE("without a partition every band is one codeblock") {
    TransformParams params;
    CHECK(transformOf(BitWriter().unsignedGolomb(5).unsignedGolomb(6).bit(false), &params).ok());
    CHECK(params.wavelet == 5);
    CHECK(params.depth == 6);
    CHECK(params.codeblocks[6].x == 1);
    CHECK_FALSE(params.quantiserPerCodeblock);
  }

  TEST_CASE("a partition has counts for each level, and says whose the quantiser is") {
    BitWriter out;
    out.unsignedGolomb(1).unsignedGolomb(1).bit(true);
    out.unsignedGolomb(2).unsignedGolomb(3).unsignedGolomb(4).unsignedGolomb(5).unsignedGolomb(1);
    TransformParams params;
    CHECK(transformOf(out, &params).ok());
    CHECK(params.codeblocks[0].x == 2);
    CHECK(params.codeblocks[0].y == 3);
    CHECK(params.codeblocks[1].x == 4);
    CHECK(params.codeblocks[1].y == 5);
    CHECK(params.quantiserPerCodeblock);
  }

  TEST_CASE("wavelets, depths, counts and modes that do not exist are damage") {
    TransformParams params;
    const auto refusal = [&](const BitWriter& out) {
      const Status status = transformOf(out, &params);
      CHECK(status.code == Code::kDamaged);
      return std::string(status.detail);
    };
    CHECK(refusal(BitWriter().unsignedGolomb(7).literal(0, 30)) == "wavelet index");
    CHECK(refusal(BitWriter().unsignedGolomb(0).unsignedGolomb(7)) == "transform depth");
    const BitWriter partition = BitWriter().unsignedGolomb(0).unsignedGolomb(0).bit(true);
    CHECK(refusal(BitWriter(partition).unsignedGolomb(0).unsignedGolomb(1)) ==
          "number of codeblocks");
    CHECK(refusal(BitWriter(partition).unsignedGolomb(1).unsignedGolomb(65537)) ==
          "number of codeblocks");
    CHECK(refusal(BitWriter(partition).unsignedGolomb(1).unsignedGolomb(1).unsignedGolomb(2)) ==
          "codeblock mode");
    CHECK(refusal(BitWriter(partition).unsignedGolomb(1).literal(0, 2)) ==
          "transform parameters too short");
  }
}

}  // namespace
}  // namespace kamaelia::dirac::test
