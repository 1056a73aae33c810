// SPDX-License-Identifier: Apache-2.0
#include "motion_data.h"

#include <doctest/doctest.h>

#include <random>

#include "stream_builder.h"

namespace kamaelia::dirac::test {
namespace {

MotionField fieldFor(int width, int height, const PredictionParams& params) {
  MotionField field;
  field.configure(width, height, params);
  return field;
}

// Random blocks, each unit of a superblock alike.
void randomise(MotionField* field, std::vector<uint8_t>* splits, int references, uint32_t seed) {
  std::mt19937 random(seed);
  const auto between = [&](int32_t low, int32_t high) {
    return low + static_cast<int32_t>(random() % static_cast<uint32_t>(high - low + 1));
  };
  splits->clear();
  const int columns = field->blocksX / 4;
  for (int i = 0; i < columns * (field->blocksY / 4); ++i) {
    splits->push_back(static_cast<uint8_t>(random() % 3));
  }
  for (int y = 0; y < field->blocksY; ++y) {
    for (int x = 0; x < field->blocksX; ++x) {
      const int side = 4 >> (*splits)[static_cast<size_t>(y / 4 * columns + x / 4)];
      MotionBlock& block = field->blocks[static_cast<size_t>(y * field->blocksX + x)];
      if (x % side != 0 || y % side != 0) {
        block = field->at(x - x % side, y - y % side);
        continue;
      }
      block = MotionBlock{};
      block.mode = static_cast<uint8_t>(random() % (references == 2 ? 4 : 2));
      for (int r = 0; r < 2; ++r) {
        if (block.mode >> r & 1) block.vector[r] = {between(-70, 70), between(-70, 70)};
      }
      if (block.mode == 0) {
        for (int32_t& dc : block.dc) dc = between(-128, 127);
      }
    }
  }
}

Status readMotionData(BitReader& bits, const MotionCoding& coding, MotionField* field) {
  CodedMotion coded;
  const Status status = findMotionData(bits, coding.references, &coded);
  decodeMotionData(coded, coding, field);
  return status;
}

int differences(const MotionField& a, const MotionField& b) {
  int different = 0;
  for (int y = 0; y < a.blocksY; ++y) {
    for (int x = 0; x < a.blocksX; ++x) {
      const MotionBlock& one = a.at(x, y);
      const MotionBlock& other = b.at(x, y);
      bool same = one.mode == other.mode;
      for (int r = 0; r < 2; ++r) {
        same = same && one.vector[r].x == other.vector[r].x && one.vector[r].y == other.vector[r].y;
      }
      for (int c = 0; c < 3; ++c) same = same && one.dc[c] == other.dc[c];
      different += same ? 0 : 1;
    }
  }
  return different;
}

TEST_SUITE("motion data") {
  TEST_CASE("a field has whole superblocks of four by four blocks") {
    const MotionField field = fieldFor(100, 33, blockPreset(2));
    CHECK(field.blocksX == 16);  // 32 samples a superblock: 4 of them
    CHECK(field.blocksY == 8);
    CHECK(field.blocks.size() == 128);
    CHECK(fieldFor(1, 1, blockPreset(4)).blocks.size() == 16);
  }

  TEST_CASE("fields of all splits and modes come back, of one reference and of two") {
    for (const int references : {1, 2}) {
      for (uint32_t seed = 0; seed < 20; ++seed) {
        CAPTURE(references);
        CAPTURE(seed);
        MotionField sent = fieldFor(90, 70, blockPreset(1));
        std::vector<uint8_t> splits;
        randomise(&sent, &splits, references, seed);
        const Bytes bytes = motionData(sent, splits, references);
        MotionField field = fieldFor(90, 70, blockPreset(1));
        BitReader bits(bytes.data(), bytes.size());
        CHECK(readMotionData(bits, {.references = references}, &field).ok());
        CHECK(differences(field, sent) == 0);
        CHECK(bits.bytePosition() == bytes.size());
      }
    }
  }

  TEST_CASE("a vector is predicted from its neighbours: by hand") {
    // One superblock, 16 blocks, all of reference 1; only the x residues are not 0.
    MotionField field = fieldFor(16, 16, blockPreset(1));
    ArithEncoder splits, modes, zero, x;
    splits.unsignedValue(kSplitF1, kSplitF2, kSplitData, 2);
    modes.bit(kModeRef1, true);
    for (int i = 1; i < 16; ++i) modes.bit(kModeRef1, false);
    const auto residue = [&](ArithEncoder& out, int32_t value) {
      out.signedValue(kVectorF1, kVectorF5, kVectorData, kVectorSign, value);
    };
    for (int i = 0; i < 16; ++i) {
      residue(zero, 0);
      residue(x, i == 0 ? 5 : (i == 1 ? -7 : (i == 4 ? 4 : 0)));
    }
    BitWriter out;
    out.block(splits.done()).block(modes.done()).block(x.done()).block(zero.done());
    for (int c = 0; c < 3; ++c) out.block({});
    BitReader bits(out.done().data(), out.done().size());
    CHECK(readMotionData(bits, {.references = 1}, &field).ok());
    CHECK(field.at(0, 0).vector[0].x == 5);
    CHECK(field.at(1, 0).vector[0].x == -2);  // 5 - 7
    CHECK(field.at(2, 0).vector[0].x == -2);
    CHECK(field.at(0, 1).vector[0].x == 9);   // 5 + 4
    CHECK(field.at(1, 1).vector[0].x == 5);   // median of 9, -2, 5
    CHECK(field.at(2, 1).vector[0].x == -2);  // median of 5, -2, -2
    CHECK(field.at(0, 2).vector[0].x == 9);
    CHECK(field.at(3, 3).vector[0].y == 0);
  }

  TEST_CASE("elements that leave the unit are damage; what was there is used") {
    MotionField sent = fieldFor(64, 64, blockPreset(1));
    std::vector<uint8_t> splits;
    randomise(&sent, &splits, 2, 99);
    const Bytes bytes = motionData(sent, splits, 2);
    MotionField field = fieldFor(64, 64, blockPreset(1));
    BitReader bits(bytes.data(), bytes.size() - 10);
    CHECK(readMotionData(bits, {.references = 2}, &field).code == Code::kDamaged);
    int wrong = 0;
    for (int y = 0; y < field.blocksY; ++y) {
      for (int x = 0; x < field.blocksX; ++x) {
        const MotionBlock& one = field.at(x, y);
        const MotionBlock& other = sent.at(x, y);
        wrong += one.mode != other.mode || one.vector[1].y != other.vector[1].y ||
                 one.dc[0] != other.dc[0];
      }
    }
    CHECK(wrong == 0);
    BitReader nothing(nullptr, 0);
    CHECK(
        readMotionData(nothing, {.references = 2}, &field).ok());  // lengths of 0, which read ones
  }

  TEST_CASE("residues of any size leave vectors and DC values within bounds") {
    std::mt19937 random(4);
    for (int round = 0; round < 30; ++round) {
      Bytes bytes(400);
      for (uint8_t& byte : bytes) byte = random() % 4 ? 0 : static_cast<uint8_t>(random());
      BitWriter out;
      for (int i = 0; i < 9; ++i) out.block(bytes);
      MotionField field = fieldFor(64, 64, blockPreset(1));
      BitReader bits(out.done().data(), out.done().size());
      CHECK(readMotionData(bits, {.references = 2}, &field).ok());
      int outside = 0;
      for (const MotionBlock& block : field.blocks) {
        for (const Vector& vector : block.vector) {
          outside += vector.x > 1 << 20 || vector.x < -(1 << 20) || vector.y > 1 << 20 ||
                     vector.y < -(1 << 20);
        }
        for (const int32_t dc : block.dc) outside += dc > 1 << 16 || dc < -(1 << 16);
      }
      CHECK(outside == 0);
    }
  }
}

TEST_SUITE("motion data without arithmetic coding") {
  TEST_CASE("the same elements, each in codes of its own, with global blocks between") {
    PredictionParams params = blockPreset(1);
    MotionField field;
    field.configure(16, 16, params);  // one superblock
    const auto element = [](BitWriter& out, const BitWriter& codes) { out.block(codes.done()); };
    BitWriter out;
    element(out, BitWriter().unsignedGolomb(1));  // split into four
    // Uses reference 1 throughout; the second and the third unit are global.
    BitWriter modes;
    modes.bit(true).bit(false);
    modes.bit(false).bit(true);
    modes.bit(false).bit(true);
    modes.bit(true);  // the prediction is reference 1: this unit is intra, so has no global flag
    element(out, modes);
    element(out, BitWriter().signedGolomb(-7));
    element(out, BitWriter().signedGolomb(30));
    element(out, BitWriter().signedGolomb(5));
    element(out, BitWriter().signedGolomb(-6));
    element(out, BitWriter().signedGolomb(1));
    BitReader bits(out.done().data(), out.done().size());
    CHECK(readMotionData(bits, {.references = 1, .usesGlobal = true, .arithmetic = false}, &field)
              .ok());
    CHECK(field.at(0, 0).mode == 1);
    CHECK_FALSE(field.at(1, 1).global);
    CHECK(field.at(1, 1).vector[0].x == -7);
    CHECK(field.at(1, 1).vector[0].y == 30);
    CHECK(field.at(2, 0).global);
    CHECK(field.at(3, 1).vector[0].x == 0);
    CHECK(field.at(0, 3).global);
    CHECK(field.at(2, 2).mode == 0);
    CHECK_FALSE(field.at(2, 2).global);
    CHECK(field.at(3, 3).dc[0] == 5);
    CHECK(field.at(3, 3).dc[1] == -6);
    CHECK(field.at(3, 3).dc[2] == 1);
    CHECK(field.dcPeak == 6);
  }
}

}  // namespace
}  // namespace kamaelia::dirac::test
