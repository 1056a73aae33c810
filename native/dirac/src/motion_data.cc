// SPDX-License-Identifier: Apache-2.0
#include "motion_data.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "arith.h"

namespace kamaelia::dirac {
namespace {

constexpr int kSuperblock = 4;  // blocks along a side
// No picture reaches as far; keeps sums of hostile residues small.
constexpr int32_t kMaxVector = 1 << 20;
constexpr int32_t kMaxDc = 1 << 16;

int32_t floorThird(int32_t value) { return value >= 0 ? value / 3 : -((2 - value) / 3); }

int32_t mean(const std::array<int32_t, 3>& values, int count) {
  switch (count) {
    case 0:
      return 0;
    case 1:
      return values[0];
    case 2:
      return (values[0] + values[1] + 1) >> 1;
    default:
      return floorThird(values[0] + values[1] + values[2] + 1);
  }
}

// Vectors take the median of three, else as a mean (12.4.4).
int32_t medianOrMean(const std::array<int32_t, 3>& values, int count) {
  if (count < 3) return mean(values, count);
  const int32_t low = std::min(values[0], values[1]);
  const int32_t high = std::max(values[0], values[1]);
  return std::clamp(values[2], low, high);
}

// Variable length codes in the place of arithmetic ones: what context they have is all one to them.
class VlcDecoder {
 public:
  VlcDecoder(const uint8_t* data, size_t size) : bits_(data, size) {}

  bool bit(int) { return bits_.bit() != 0; }
  uint32_t unsignedValue(int, int, int) { return bits_.unsignedGolomb(); }
  int32_t signedValue(int, int, int, int) { return bits_.signedGolomb(); }

 private:
  BitReader bits_;
};

// Walks the units of a field: a superblock's split says into how many parts each side falls.
class FieldDecoder {
 public:
  FieldDecoder(MotionField* field, const MotionCoding& coding)
      : field_(*field),
        coding_(coding),
        superX_(field->blocksX / kSuperblock),
        superY_(field->blocksY / kSuperblock),
        split_(static_cast<size_t>(superX_) * static_cast<size_t>(superY_), 0) {}

  template <typename Source>
  void readSplits(Source source) {
    for (int y = 0; y < superY_; ++y) {
      for (int x = 0; x < superX_; ++x) {
        int32_t predicted = 0;
        if (x > 0 && y > 0) {
          predicted = (split(x - 1, y) + split(x, y - 1) + split(x - 1, y - 1) + 1) / 3;
        } else if (x > 0) {
          predicted = split(x - 1, y);
        } else if (y > 0) {
          predicted = split(x, y - 1);
        }
        const uint32_t residue = source.unsignedValue(kSplitF1, kSplitF2, kSplitData);
        split(x, y) = static_cast<uint8_t>((static_cast<uint32_t>(predicted) + residue) % 3);
      }
    }
  }

  template <typename Source>
  void readModes(Source source) {
    forUnits([&](int x, int y) {
      uint8_t mode = predictedMode(x, y);
      mode ^= static_cast<uint8_t>(source.bit(kModeRef1));
      if (coding_.references == 2) mode ^= static_cast<uint8_t>(source.bit(kModeRef2) << 1);
      bool global = false;
      if (coding_.usesGlobal && mode != 0)
        global = predictedGlobal(x, y) != source.bit(kGlobalBlock);
      return [=](MotionBlock& target) {
        target.mode = mode;
        target.global = global;
      };
    });
  }

  template <typename Source>
  void readVectors(Source source, int reference, int32_t Vector::*axis) {
    const uint8_t uses = static_cast<uint8_t>(1 << reference);
    forUnits([&](int x, int y) {
      int32_t value = 0;
      if ((block(x, y).mode & uses) && !block(x, y).global) {
        std::array<int32_t, 3> near{};
        int count = 0;
        forNeighbours(x, y, [&](const MotionBlock& neighbour) {
          if ((neighbour.mode & uses) && !neighbour.global)
            near[static_cast<size_t>(count++)] = neighbour.vector[reference].*axis;
        });
        value = medianOrMean(near, count) +
                source.signedValue(kVectorF1, kVectorF5, kVectorData, kVectorSign);
        value = std::clamp(value, -kMaxVector, kMaxVector);
      }
      return [=](MotionBlock& target) { target.vector[reference].*axis = value; };
    });
  }

  template <typename Source>
  void readDc(Source source, int component) {
    forUnits([&](int x, int y) {
      int32_t value = 0;
      if (block(x, y).mode == 0) {
        std::array<int32_t, 3> near{};
        int count = 0;
        forNeighbours(x, y, [&](const MotionBlock& neighbour) {
          if (neighbour.mode == 0) near[static_cast<size_t>(count++)] = neighbour.dc[component];
        });
        value = mean(near, count) + source.signedValue(kDcF1, kDcF2, kDcData, kDcSign);
        value = std::clamp(value, -kMaxDc, kMaxDc);
        field_.dcPeak = std::max(field_.dcPeak, std::abs(value));
      }
      return [=](MotionBlock& target) { target.dc[component] = value; };
    });
  }

 private:
  uint8_t& split(int x, int y) {
    return split_[static_cast<size_t>(y) * static_cast<size_t>(superX_) + static_cast<size_t>(x)];
  }

  MotionBlock& block(int x, int y) {
    return field_.blocks[static_cast<size_t>(y) * static_cast<size_t>(field_.blocksX) +
                         static_cast<size_t>(x)];
  }

  // Majority of left, above and above left, bit by bit; the one there is at a border (12.4.3).
  uint8_t predictedMode(int x, int y) {
    if (x == 0 && y == 0) return 0;
    if (y == 0) return block(x - 1, y).mode;
    if (x == 0) return block(x, y - 1).mode;
    const uint8_t a = block(x - 1, y).mode;
    const uint8_t b = block(x, y - 1).mode;
    const uint8_t c = block(x - 1, y - 1).mode;
    return static_cast<uint8_t>((a & b) | (b & c) | (c & a));
  }

  bool predictedGlobal(int x, int y) {
    if (x == 0 && y == 0) return false;
    if (y == 0) return block(x - 1, y).global;
    if (x == 0) return block(x, y - 1).global;
    return block(x - 1, y).global + block(x, y - 1).global + block(x - 1, y - 1).global >= 2;
  }

  template <typename Function>
  void forNeighbours(int x, int y, Function&& function) {
    if (x > 0) function(block(x - 1, y));
    if (y > 0) function(block(x, y - 1));
    if (x > 0 && y > 0) function(block(x - 1, y - 1));
  }

  // Superblocks in raster order, units in raster order inside; a unit's value is set in every block
  // it covers.
  template <typename Function>
  void forUnits(Function&& function) {
    for (int sy = 0; sy < superY_; ++sy) {
      for (int sx = 0; sx < superX_; ++sx) {
        const int side = kSuperblock >> split(sx, sy);
        for (int y = sy * kSuperblock; y < (sy + 1) * kSuperblock; y += side) {
          for (int x = sx * kSuperblock; x < (sx + 1) * kSuperblock; x += side) {
            const auto set = function(x, y);
            for (int j = 0; j < side; ++j) {
              for (int i = 0; i < side; ++i) set(block(x + i, y + j));
            }
          }
        }
      }
    }
  }

  MotionField& field_;
  const MotionCoding coding_;
  int superX_;
  int superY_;
  std::vector<uint8_t> split_;
};

}  // namespace

void MotionField::configure(int width, int height, const PredictionParams& params) {
  const int superWidth = kSuperblock * params.separationX;
  const int superHeight = kSuperblock * params.separationY;
  blocksX = kSuperblock * ((width + superWidth - 1) / superWidth);
  blocksY = kSuperblock * ((height + superHeight - 1) / superHeight);
  blocks.assign(static_cast<size_t>(blocksX) * static_cast<size_t>(blocksY), MotionBlock{});
}

namespace {

template <typename Source>
void decodeElements(const CodedMotion& coded, const MotionCoding& coding, MotionField* field) {
  FieldDecoder decoder(field, coding);
  field->dcPeak = 0;
  const CodedMotion::Element* next = coded.element;
  const auto element = [&next] {
    const CodedMotion::Element& coming = *next++;
    return Source(coming.bytes, coming.size);
  };
  decoder.readSplits(element());
  decoder.readModes(element());
  for (int reference = 0; reference < coding.references; ++reference) {
    decoder.readVectors(element(), reference, &Vector::x);
    decoder.readVectors(element(), reference, &Vector::y);
  }
  for (int component = 0; component < 3; ++component) decoder.readDc(element(), component);
}

}  // namespace

Status findMotionData(BitReader& bits, int references, CodedMotion* coded) {
  Status status;
  for (int i = 0; i < 5 + 2 * references; ++i) {
    const uint64_t length = bits.unsignedGolomb();
    bits.align();
    const uint64_t there = std::min(length, bits.bytesLeft());
    if (there < length) status.code = Code::kDamaged;
    coded->element[i] = {bits.bytes(), static_cast<size_t>(there)};
    bits.skipBytes(there);
  }
  if (status.ok()) return {};
  return {Code::kDamaged, bits.bytePosition(), "motion data cut short"};
}

void decodeMotionData(const CodedMotion& coded, const MotionCoding& coding, MotionField* field) {
  if (coding.arithmetic) return decodeElements<ArithDecoder>(coded, coding, field);
  decodeElements<VlcDecoder>(coded, coding, field);
}

}  // namespace kamaelia::dirac
