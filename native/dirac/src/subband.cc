// SPDX-License-Identifier: Apache-2.0
#include "subband.h"

#include <algorithm>
#include <iterator>
#include <type_traits>

#include "arith.h"
#include "golomb.h"
#include "quantiser.h"

namespace kamaelia::dirac {
namespace {

// Codeblocks of one band, beside one for each of its coefficients; keeps the work for a small
// hostile band small.
constexpr int64_t kSpareCodeblocks = 1 << 12;

// A codeblock's rectangle of its band.
struct Area {
  int left, right, top, bottom;
};

// Where a band's codes come from.
struct ArithSource {
  explicit ArithSource(const CodedBand& coded) : arith(coded.bytes, coded.size) {}

  bool zeroBlock() { return arith.bit(kZeroBlock); }
  int32_t quantiserChange() {
    return arith.signedValue(kQuantiserFollow, kQuantiserFollow, kQuantiserData, kQuantiserSign);
  }
  int64_t taken() const { return (arith.position() + 7) / 8; }

  ArithDecoder arith;
};

struct VlcSource {
  explicit VlcSource(const CodedBand& coded)
      : reader(coded.bytes, coded.size, 0, uint64_t{coded.size} * 8) {}

  bool zeroBlock() { return reader.bit() != 0; }
  int32_t quantiserChange() { return reader.one(); }
  int64_t taken() const { return static_cast<int64_t>((reader.position() + 7) / 8); }

  GolombReader reader;
};

template <typename Coefficient, typename Source>
class BandDecoder {
 public:
  BandDecoder(const CodedBand& coded, const Subband<Coefficient>& band,
              const Subband<Coefficient>& parent, const BandCoding& coding)
      : coded_(coded), band_(band), parent_(parent), source_(coded), coding_(coding) {}

  BandResult decode() {
    const bool good = decodeCodeblocks();
    return {good, peak_, source_.taken()};
  }

 private:
  bool decodeCodeblocks() {
    const int64_t countX = coded_.codeblocks.x;
    const int64_t countY = coded_.codeblocks.y;
    const bool several = countX * countY > 1;
    uint32_t index = coded_.quantiser;
    const int64_t most = kSpareCodeblocks + int64_t{band_.width} * band_.height;
    if (index > kMaxQuantiser || countX * countY > most) return false;
    Quantiser quantiser = quantiserOf(index, coding_.intra);
    const bool changes = coding_.quantiserPerCodeblock && (several || !coding_.onlyWhereSeveral);
    for (int64_t y = 0; y < countY; ++y) {
      const int top = static_cast<int>(band_.height * y / countY);
      const int bottom = static_cast<int>(band_.height * (y + 1) / countY);
      for (int64_t x = 0; x < countX; ++x) {
        const Area area{static_cast<int>(band_.width * x / countX),
                        static_cast<int>(band_.width * (x + 1) / countX), top, bottom};
        if (several && source_.zeroBlock()) {
          clear(area);
          continue;
        }
        if (changes) {
          index += static_cast<uint32_t>(source_.quantiserChange());
          if (index > kMaxQuantiser) return false;
          quantiser = quantiserOf(index, coding_.intra);
        }
        if (area.left < area.right) decodeArea(area, quantiser);
      }
    }
    return true;
  }

  void clear(const Area& area) {
    for (int y = area.top; y < area.bottom; ++y) {
      Coefficient* row = band_.data + y * band_.stride;
      std::fill(row + area.left, row + area.right, Coefficient{0});
    }
  }

  void decodeArea(const Area& area, Quantiser quantiser) {
    if constexpr (std::is_same_v<Source, VlcSource>) {
      decodeRows(area, quantiser);
    } else {
      switch (coded_.orientation) {
        case Orientation::kHL:
          return decodeRows<Orientation::kHL>(area, quantiser);
        case Orientation::kLH:
          return decodeRows<Orientation::kLH>(area, quantiser);
        default:
          return decodeRows<Orientation::kHH>(area, quantiser);
      }
    }
  }

  void decodeRows(const Area& area, Quantiser quantiser) {
    for (int y = area.top; y < area.bottom; ++y) {
      Coefficient* row = band_.data + y * band_.stride;
      for (int x = area.left; x < area.right; ++x) {
        row[x] = static_cast<Coefficient>(dequantised(source_.reader.one(), quantiser));
      }
    }
  }

  int32_t dequantised(int32_t coded, Quantiser quantiser) {
    if (coded == 0) return 0;
    const uint32_t sign = coded < 0 ? ~0u : 0u;
    const uint32_t value = quantiser.magnitude((static_cast<uint32_t>(coded) ^ sign) - sign);
    peak_ = std::max(peak_, value);
    return static_cast<int32_t>((value ^ sign) - sign);
  }

  // Orientation kHH stands for LL too: neither's sign looks at a neighbour.
  template <Orientation kOrientation>
  void decodeRows(const Area& area, Quantiser quantiser) {
    for (int y = area.top; y < area.bottom; ++y) {
      Coefficient* row = band_.data + y * band_.stride;
      const Coefficient* above = y > 0 ? row - band_.stride : nullptr;
      const Coefficient* parents =
          parent_.data ? parent_.data + (y >> 1) * parent_.stride : nullptr;
      int32_t left = area.left > 0 ? row[area.left - 1] : 0;
      int32_t upLeft = above && area.left > 0 ? above[area.left - 1] : 0;
      for (int x = area.left; x < area.right; ++x) {
        const int32_t up = above ? above[x] : 0;
        const bool hasParent = parents && parents[x >> 1] != 0;
        const bool near = (left | up | upLeft) != 0;
        int32_t sign = 0;
        if constexpr (kOrientation == Orientation::kHL) sign = up;
        if constexpr (kOrientation == Orientation::kLH) sign = left;
        left = coefficient(hasParent, near, sign, quantiser);
        row[x] = static_cast<Coefficient>(left);
        upLeft = up;
      }
    }
  }

  int32_t coefficient(bool hasParent, bool near, int32_t signNeighbour, Quantiser quantiser) {
    int follow = (hasParent ? kNpznF1 : kZpznF1) + (near ? 1 : 0);
    if (source_.arith.bit(follow)) return 0;
    uint32_t magnitude = 2u | static_cast<uint32_t>(source_.arith.bit(kCoefficientData));
    follow = hasParent ? kNpF2 : kZpF2;
    const int last = hasParent ? kNpF6 : kZpF6;
    for (int steps = 0; steps < 30 && !source_.arith.bit(follow); ++steps) {
      magnitude = magnitude << 1 | static_cast<uint32_t>(source_.arith.bit(kCoefficientData));
      if (follow < last) ++follow;
    }
    --magnitude;
    const int context =
        signNeighbour < 0 ? kSignNegative : (signNeighbour > 0 ? kSignPositive : kSignZero);
    const bool negative = source_.arith.bit(context);
    const uint32_t value = quantiser.magnitude(magnitude);
    peak_ = std::max(peak_, value);
    return static_cast<int32_t>(negative ? 0u - value : value);
  }

  const CodedBand& coded_;
  const Subband<Coefficient> band_;
  const Subband<Coefficient> parent_;
  Source source_;
  const BandCoding coding_;
  uint32_t peak_ = 0;
};

template <typename Coefficient>
void clearBand(const Subband<Coefficient>& band) {
  for (int y = 0; y < band.height; ++y) {
    std::fill_n(band.data + y * band.stride, band.width, Coefficient{0});
  }
}

}  // namespace

template <typename Coefficient>
void CoefficientPlane<Coefficient>::configure(int componentWidth, int componentHeight,
                                              int transformDepth, int horizontalDepth) {
  const auto padded = [](int size, int levels) {
    const int unit = 1 << levels;
    return (size + unit - 1) & ~(unit - 1);
  };
  width = padded(componentWidth, transformDepth + horizontalDepth);
  height = padded(componentHeight, transformDepth);
  depth = transformDepth;
  depthHorizontal = horizontalDepth;
  for (auto& level : zero) std::fill(std::begin(level), std::end(level), false);
  data.resize(static_cast<size_t>(width) * static_cast<size_t>(height));
}

template <typename Coefficient>
Subband<Coefficient> subbandOf(CoefficientPlane<Coefficient>& plane, int level,
                               Orientation orientation) {
  const int across = plane.levels() - level;
  const int down = std::min(plane.depth, across);
  Subband<Coefficient> band = {plane.data.data(), 0, plane.width >> across, plane.height >> down};
  if (level > 0) {
    // Those of coarser levels have the place of the LL part of this one.
    band.width /= 2;
    if (level > plane.depthHorizontal) band.height /= 2;
    band.data += static_cast<ptrdiff_t>(orientation) * band.width * band.height;
  }
  band.stride = band.width;
  return band;
}

template <typename Coefficient>
BandResult decodeSubband(const CodedBand& coded, const Subband<Coefficient>& band,
                         const Subband<Coefficient>& parent, const BandCoding& coding) {
  const BandResult result =
      coding.arithmetic
          ? BandDecoder<Coefficient, ArithSource>(coded, band, parent, coding).decode()
          : BandDecoder<Coefficient, VlcSource>(coded, band, parent, coding).decode();
  if (result.good) return result;
  clearBand(band);
  return {false, result.peak, result.taken};
}

template <typename Coefficient>
uint32_t undoDcPrediction(const Subband<Coefficient>& band) {
  uint32_t peak = 0;
  for (int y = 0; y < band.height; ++y) {
    Coefficient* row = band.data + y * band.stride;
    const Coefficient* above = row - band.stride;
    for (int x = 0; x < band.width; ++x) {
      int32_t value = row[x];
      if (y == 0) {
        if (x > 0) value += row[x - 1];
      } else if (x == 0) {
        value += above[x];
      } else {
        const int32_t sum = row[x - 1] + above[x] + above[x - 1] + 1;
        value += sum >= 0 ? sum / 3 : -((2 - sum) / 3);
      }
      row[x] = static_cast<Coefficient>(value);
      peak = std::max(peak,
                      value < 0 ? 0u - static_cast<uint32_t>(value) : static_cast<uint32_t>(value));
    }
  }
  return peak;
}

template struct CoefficientPlane<int16_t>;
template struct CoefficientPlane<int32_t>;
template Subband<int16_t> subbandOf(CoefficientPlane<int16_t>&, int, Orientation);
template Subband<int32_t> subbandOf(CoefficientPlane<int32_t>&, int, Orientation);
template BandResult decodeSubband(const CodedBand&, const Subband<int16_t>&,
                                  const Subband<int16_t>&, const BandCoding&);
template BandResult decodeSubband(const CodedBand&, const Subband<int32_t>&,
                                  const Subband<int32_t>&, const BandCoding&);
template uint32_t undoDcPrediction(const Subband<int16_t>&);
template uint32_t undoDcPrediction(const Subband<int32_t>&);

}  // namespace kamaelia::dirac
