// SPDX-License-Identifier: Apache-2.0
#include "stream_builder.h"

#include <algorithm>
#include <cstdlib>

namespace kamaelia::dirac::test {
namespace {

void put32(Bytes* bytes, size_t at, uint32_t value) {
  for (size_t i = 0; i < 4; ++i) (*bytes)[at + i] = static_cast<uint8_t>(value >> (24 - 8 * i));
}

uint32_t chromaSide(uint32_t side, bool halved) { return halved ? (side + 1) / 2 : side; }

// DC prediction in an intra picture's LL band, taken away from the last coefficient backwards.
Grid withoutDcPrediction(const Grid& band) {
  Grid out = band;
  for (int y = 0; y < band.height; ++y) {
    for (int x = 0; x < band.width; ++x) {
      int32_t predicted = 0;
      if (x > 0 && y > 0) {
        const int32_t sum = band.at(x - 1, y) + band.at(x, y - 1) + band.at(x - 1, y - 1) + 1;
        predicted = sum / 3 - (sum % 3 < 0 ? 1 : 0);
      } else if (x > 0) {
        predicted = band.at(x - 1, y);
      } else if (y > 0) {
        predicted = band.at(x, y - 1);
      }
      out.at(x, y) = band.at(x, y) - predicted;
    }
  }
  return out;
}

void writeTransform(BitWriter& out, const Picture& picture, int32_t middle, bool intra,
                    const CodingOptions& options) {
  out.unsignedGolomb(options.wavelet).unsignedGolomb(static_cast<uint32_t>(options.depth));
  out.bit(!options.codeblocks.empty());
  for (const CodeblockCount& count : options.codeblocks) {
    out.unsignedGolomb(static_cast<uint32_t>(count.x));
    out.unsignedGolomb(static_cast<uint32_t>(count.y));
  }
  if (!options.codeblocks.empty()) out.unsignedGolomb(options.quantiserPerCodeblock ? 1 : 0);
  for (const Grid& plane : picture.plane) {
    Grid centred = padded(plane, options.depth);
    for (int32_t& sample : centred.samples) sample -= middle;
    std::vector<Grid> bands = forwardTransform(options.wavelet, options.depth, centred);
    if (intra) bands[0] = withoutDcPrediction(bands[0]);
    for (size_t i = 0; i < bands.size(); ++i) {
      out.align();
      const Grid& band = bands[i];
      if (std::all_of(band.samples.begin(), band.samples.end(), [](int32_t c) { return c == 0; })) {
        out.unsignedGolomb(0);
        continue;
      }
      BandOptions how;
      const size_t level = (i + 2) / 3;
      if (!options.codeblocks.empty()) how.codeblocks = options.codeblocks[level];
      how.quantiserPerCodeblock = options.quantiserPerCodeblock;
      const Grid* parent = i > 3 ? &bands[i - 3] : nullptr;
      const int orientation = i == 0 ? 0 : static_cast<int>((i - 1) % 3) + 1;
      const Bytes data = encodeBand(band, parent, orientation, how);
      out.unsignedGolomb(static_cast<uint32_t>(data.size())).unsignedGolomb(0).bytes(data);
    }
  }
}

// The prediction of one value of a motion field from the blocks left, above and above left.
struct Neighbours {
  const MotionField& field;

  template <typename Keep, typename Value>
  std::vector<int32_t> values(int x, int y, Keep&& keep, Value&& value) const {
    std::vector<int32_t> found;
    const int places[3][2] = {{x - 1, y}, {x, y - 1}, {x - 1, y - 1}};
    for (const auto& place : places) {
      if (place[0] < 0 || place[1] < 0) continue;
      const MotionBlock& block = field.at(place[0], place[1]);
      if (keep(block)) found.push_back(value(block));
    }
    return found;
  }
};

int32_t meanOf(const std::vector<int32_t>& values) {
  if (values.empty()) return 0;
  if (values.size() == 2) return (values[0] + values[1] + 1) >> 1;
  int32_t sum = 0;
  for (const int32_t value : values) sum += value;
  if (values.size() == 1) return sum;
  return (sum + 1) / 3 - ((sum + 1) % 3 < 0 ? 1 : 0);
}

int32_t middleOf(std::vector<int32_t> values) {
  if (values.size() < 3) return meanOf(values);
  std::sort(values.begin(), values.end());
  return values[1];
}

template <typename Function>
void forUnits(const MotionField& field, const std::vector<uint8_t>& splits, Function&& function) {
  for (int sy = 0; sy < field.blocksY / 4; ++sy) {
    for (int sx = 0; sx < field.blocksX / 4; ++sx) {
      const int side = 4 >> splits[static_cast<size_t>(sy * (field.blocksX / 4) + sx)];
      for (int y = 4 * sy; y < 4 * sy + 4; y += side) {
        for (int x = 4 * sx; x < 4 * sx + 4; x += side) function(x, y);
      }
    }
  }
}

Bytes encodeSplits(const MotionField& field, const std::vector<uint8_t>& splits) {
  ArithEncoder out;
  const int columns = field.blocksX / 4;
  const auto at = [&](int x, int y) { return int{splits[static_cast<size_t>(y * columns + x)]}; };
  for (int y = 0; y < field.blocksY / 4; ++y) {
    for (int x = 0; x < columns; ++x) {
      int predicted = 0;
      if (x > 0 && y > 0) {
        predicted = (at(x - 1, y) + at(x, y - 1) + at(x - 1, y - 1) + 1) / 3;
      } else if (x > 0) {
        predicted = at(x - 1, y);
      } else if (y > 0) {
        predicted = at(x, y - 1);
      }
      out.unsignedValue(kSplitF1, kSplitF2, kSplitData,
                        static_cast<uint32_t>((at(x, y) - predicted + 3) % 3));
    }
  }
  return out.done();
}

Bytes encodeModes(const MotionField& field, const std::vector<uint8_t>& splits, int references) {
  ArithEncoder out;
  forUnits(field, splits, [&](int x, int y) {
    const std::vector<int32_t> near = Neighbours{field}.values(
        x, y, [](const MotionBlock&) { return true; },
        [](const MotionBlock& block) { return int32_t{block.mode}; });
    int predicted = near.empty() ? 0 : near[0];
    if (near.size() == 3) {
      predicted = (near[0] & near[1]) | (near[1] & near[2]) | (near[0] & near[2]);
    }
    const int difference = predicted ^ field.at(x, y).mode;
    out.bit(kModeRef1, difference & 1);
    if (references == 2) out.bit(kModeRef2, difference >> 1);
  });
  return out.done();
}

Bytes encodeVectors(const MotionField& field, const std::vector<uint8_t>& splits, int reference,
                    int32_t Vector::*axis) {
  ArithEncoder out;
  const auto uses = [&](const MotionBlock& block) { return (block.mode >> reference & 1) != 0; };
  const auto value = [&](const MotionBlock& block) { return block.vector[reference].*axis; };
  forUnits(field, splits, [&](int x, int y) {
    if (!uses(field.at(x, y))) return;
    out.signedValue(kVectorF1, kVectorF5, kVectorData, kVectorSign,
                    value(field.at(x, y)) - middleOf(Neighbours{field}.values(x, y, uses, value)));
  });
  return out.done();
}

Bytes encodeDc(const MotionField& field, const std::vector<uint8_t>& splits, int component) {
  ArithEncoder out;
  const auto intra = [](const MotionBlock& block) { return block.mode == 0; };
  const auto value = [&](const MotionBlock& block) { return block.dc[component]; };
  forUnits(field, splits, [&](int x, int y) {
    if (!intra(field.at(x, y))) return;
    out.signedValue(kDcF1, kDcF2, kDcData, kDcSign,
                    value(field.at(x, y)) - meanOf(Neighbours{field}.values(x, y, intra, value)));
  });
  return out.done();
}

}  // namespace

Bytes parseInfo(uint8_t code, uint32_t next, uint32_t previous) {
  Bytes info = {0x42, 0x42, 0x43, 0x44, code, 0, 0, 0, 0, 0, 0, 0, 0};
  put32(&info, 5, next);
  put32(&info, 9, previous);
  return info;
}

StreamBuilder& StreamBuilder::unit(uint8_t code, const Bytes& payload) {
  const uint32_t back = any_ ? static_cast<uint32_t>(bytes_.size() - last_) : 0;
  last_ = bytes_.size();
  any_ = true;
  append(&bytes_, parseInfo(code, static_cast<uint32_t>(kParseInfoBytes + payload.size()), back));
  append(&bytes_, payload);
  return *this;
}

StreamBuilder& StreamBuilder::unitOfUnknownSize(uint8_t code, const Bytes& payload) {
  unit(code, payload);
  put32(&bytes_, last_ + 5, 0);
  return *this;
}

StreamBuilder& StreamBuilder::junk(const Bytes& bytes) {
  append(&bytes_, bytes);
  return *this;
}

Bytes sequenceHeader(const HeaderOptions& options) {
  BitWriter out;
  out.unsignedGolomb(options.majorVersion).unsignedGolomb(2).unsignedGolomb(8).unsignedGolomb(0);
  out.unsignedGolomb(options.topFieldFirst ? 4 : 0);
  out.bit(true).unsignedGolomb(options.width).unsignedGolomb(options.height);
  out.bit(true).unsignedGolomb(static_cast<uint32_t>(options.chroma));
  out.bit(false);                   // source sampling
  out.bit(true).unsignedGolomb(3);  // 25 frames a second
  out.bit(false).bit(false);        // pixel aspect, clean area
  out.bit(true).unsignedGolomb(options.excursion > 0 ? 0 : options.signalRange);
  if (options.excursion > 0) {
    const uint32_t middle = (options.excursion + 1) / 2;
    out.unsignedGolomb(0).unsignedGolomb(options.excursion);
    out.unsignedGolomb(middle).unsignedGolomb(options.excursion);
  }
  out.bit(false);  // colour
  out.unsignedGolomb(options.pictureCodingMode);
  return out.done();
}

Picture flatPicture(const HeaderOptions& format, int32_t value) {
  Picture picture;
  for (int i = 0; i < 3; ++i) {
    picture.plane[i] = Grid(
        static_cast<int>(chromaSide(format.width, i > 0 && format.chroma != Chroma::k444)),
        static_cast<int>(chromaSide(format.height, i > 0 && format.chroma == Chroma::k420)), value);
  }
  return picture;
}

Picture noisyPicture(const HeaderOptions& format, uint32_t seed) {
  Picture picture = flatPicture(format, 0);
  uint32_t state = seed * 2654435761u + 1;
  for (Grid& plane : picture.plane) {
    for (int y = 0; y < plane.height; ++y) {
      for (int x = 0; x < plane.width; ++x) {
        state = state * 1664525 + 1013904223;
        const int32_t noise = static_cast<int32_t>(state >> 24) - 128;
        plane.at(x, y) = std::clamp(5 * x + 3 * y + noise / 2, 0, 255);
      }
    }
  }
  return picture;
}

uint8_t intraCode(const CodingOptions& options) { return options.reference ? 0x0C : 0x08; }

Bytes intraPicture(uint32_t number, const Picture& picture, const CodingOptions& options) {
  BitWriter out;
  out.literal(number, 32);
  if (options.reference) out.signedGolomb(options.retiredOffset);
  out.align();
  writeTransform(out, picture, 128, true, options);
  return out.done();
}

Bytes encodeBand(const Grid& band, const Grid* parent, int orientation,
                 const BandOptions& options) {
  ArithEncoder out;
  const CodeblockCount count = options.codeblocks;
  const auto coefficient = [&](int x, int y) { return x < 0 || y < 0 ? 0 : band.at(x, y); };
  for (int by = 0; by < count.y; ++by) {
    for (int bx = 0; bx < count.x; ++bx) {
      const int left = band.width * bx / count.x, right = band.width * (bx + 1) / count.x;
      const int top = band.height * by / count.y, bottom = band.height * (by + 1) / count.y;
      bool zero = true;
      for (int y = top; y < bottom; ++y) {
        for (int x = left; x < right; ++x) zero = zero && band.at(x, y) == 0;
      }
      if (count.x * count.y > 1) {
        out.bit(kZeroBlock, zero);
        if (zero) continue;
      }
      // Index 0 all the time: what is lossless. Other indices are tested by hand-made bands.
      if (options.quantiserPerCodeblock) {
        out.signedValue(kQuantiserFollow, kQuantiserFollow, kQuantiserData, kQuantiserSign, 0);
      }
      for (int y = top; y < bottom; ++y) {
        for (int x = left; x < right; ++x) {
          const int32_t value = band.at(x, y);
          const bool hasParent = parent != nullptr && parent->at(x / 2, y / 2) != 0;
          const bool near = coefficient(x - 1, y) != 0 || coefficient(x, y - 1) != 0 ||
                            coefficient(x - 1, y - 1) != 0;
          const int32_t neighbour = orientation == 1   ? coefficient(x, y - 1)
                                    : orientation == 2 ? coefficient(x - 1, y)
                                                       : 0;
          const uint32_t coded = static_cast<uint32_t>(std::abs(value)) + 1;
          int bits = 0;
          while (coded >> (bits + 1) != 0) ++bits;
          int follow = hasParent ? (near ? kNpnnF1 : kNpznF1) : (near ? kZpnnF1 : kZpznF1);
          for (int i = bits; i-- > 0;) {
            out.bit(follow, false);
            out.bit(kCoefficientData, coded >> i & 1);
            const int deeper = bits - i;  // follow contexts F2 to F6, the last repeats
            follow = (hasParent ? kNpF2 : kZpF2) + std::min(deeper - 1, 4);
          }
          out.bit(follow, true);
          if (value != 0) {
            const int sign = neighbour < 0   ? kSignNegative
                             : neighbour > 0 ? kSignPositive
                                             : kSignZero;
            out.bit(sign, value < 0);
          }
        }
      }
    }
  }
  return out.done();
}

PredictionParams blockPreset(int index) {
  constexpr int kSizes[4][2] = {{8, 4}, {12, 8}, {16, 12}, {24, 16}};
  PredictionParams params;
  params.blockWidth = params.blockHeight = kSizes[index - 1][0];
  params.separationX = params.separationY = kSizes[index - 1][1];
  return params;
}

uint8_t interCode(const InterOptions& options) {
  return static_cast<uint8_t>((options.reference ? 0x0C : 0x08) | options.references.size());
}

Bytes motionData(const MotionField& field, const std::vector<uint8_t>& splits, int references) {
  BitWriter out;
  out.block(encodeSplits(field, splits));
  out.block(encodeModes(field, splits, references));
  for (int r = 0; r < references; ++r) {
    out.block(encodeVectors(field, splits, r, &Vector::x));
    out.block(encodeVectors(field, splits, r, &Vector::y));
  }
  for (int c = 0; c < 3; ++c) out.block(encodeDc(field, splits, c));
  return out.done();
}

Bytes interPicture(uint32_t number, const MotionField& field, const InterOptions& options,
                   const Picture* residual, const CodingOptions& coding) {
  BitWriter out;
  out.literal(number, 32);
  for (const int32_t offset : options.references) out.signedGolomb(offset);
  if (options.reference) out.signedGolomb(options.retiredOffset);
  out.align();
  const PredictionParams& params = options.prediction;
  out.unsignedGolomb(0);
  for (const int side :
       {params.blockWidth, params.blockHeight, params.separationX, params.separationY}) {
    out.unsignedGolomb(static_cast<uint32_t>(side));
  }
  out.unsignedGolomb(static_cast<uint32_t>(params.precision)).bit(params.usesGlobal);
  out.unsignedGolomb(0);  // prediction mode
  const bool weights =
      params.weightPrecision != 1 || params.weight[0] != 1 || params.weight[1] != 1;
  out.bit(weights);
  if (weights) {
    out.unsignedGolomb(static_cast<uint32_t>(params.weightPrecision));
    out.signedGolomb(params.weight[0]);
    if (options.references.size() == 2) out.signedGolomb(params.weight[1]);
  }
  out.align();
  const std::vector<uint8_t> each(static_cast<size_t>(field.blocksX / 4 * (field.blocksY / 4)), 2);
  out.bytes(motionData(field, options.splits.empty() ? each : options.splits,
                       static_cast<int>(options.references.size())));
  out.bit(residual == nullptr);
  if (residual != nullptr) writeTransform(out, *residual, 0, false, coding);
  return out.done();
}

}  // namespace kamaelia::dirac::test
