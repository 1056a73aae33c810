// SPDX-License-Identifier: Apache-2.0
#include "subband.h"

#include <algorithm>
#include <iterator>

#include "arith.h"

namespace kamaelia::dirac {
namespace {

// Indices over this have factors of more than 31 bits; no level allows as much.
constexpr uint32_t kMaxQuantiser = 119;
// Codeblocks of one band, beside one for each of its coefficients; keeps the work for a small
// hostile band small.
constexpr int64_t kSpareCodeblocks = 1 << 12;

struct Quantiser {
  uint32_t factor;
  uint32_t offset;  // with the rounding of the final shift
};

// Quantisation factor and offset (13.3.1), all in 64 bits so that no index of a hostile stream
// overflows.
Quantiser quantiserOf(uint32_t index, bool intra) {
  const uint64_t base = uint64_t{1} << (index >> 2);
  uint64_t factor = 0;
  switch (index & 3) {
    case 0:
      factor = 4 * base;
      break;
    case 1:
      factor = (503829 * base + 52958) / 105917;
      break;
    case 2:
      factor = (665857 * base + 58854) / 117708;
      break;
    default:
      factor = (440253 * base + 32722) / 65444;
      break;
  }
  uint64_t offset = 1;
  if (index > 0) {
    if (intra) {
      offset = index == 1 ? 2 : (factor + 1) / 2;
    } else {
      offset = (3 * factor + 4) / 8;
    }
  }
  return {static_cast<uint32_t>(factor), static_cast<uint32_t>(offset + 2)};
}

// A codeblock's rectangle of its band.
struct Area {
  int left, right, top, bottom;
};

template <typename Coefficient>
class BandDecoder {
 public:
  BandDecoder(const CodedBand& coded, const Subband<Coefficient>& band,
              const Subband<Coefficient>& parent, bool intra)
      : coded_(coded),
        band_(band),
        parent_(parent),
        arith_(coded.bytes, coded.size),
        intra_(intra) {}

  uint32_t peak() const { return peak_; }

  bool decode(bool quantiserPerCodeblock) {
    const int64_t countX = coded_.codeblocks.x;
    const int64_t countY = coded_.codeblocks.y;
    const bool several = countX * countY > 1;
    uint32_t index = coded_.quantiser;
    const int64_t most = kSpareCodeblocks + int64_t{band_.width} * band_.height;
    if (index > kMaxQuantiser || countX * countY > most) return false;
    Quantiser quantiser = quantiserOf(index, intra_);
    for (int64_t y = 0; y < countY; ++y) {
      const int top = static_cast<int>(band_.height * y / countY);
      const int bottom = static_cast<int>(band_.height * (y + 1) / countY);
      for (int64_t x = 0; x < countX; ++x) {
        const Area area{static_cast<int>(band_.width * x / countX),
                        static_cast<int>(band_.width * (x + 1) / countX), top, bottom};
        if (several && arith_.bit(kZeroBlock)) {
          clear(area);
          continue;
        }
        if (quantiserPerCodeblock) {
          index += static_cast<uint32_t>(arith_.signedValue(kQuantiserFollow, kQuantiserFollow,
                                                            kQuantiserData, kQuantiserSign));
          if (index > kMaxQuantiser) return false;
          quantiser = quantiserOf(index, intra_);
        }
        if (area.left < area.right) decodeArea(area, quantiser);
      }
    }
    return true;
  }

 private:
  void clear(const Area& area) {
    for (int y = area.top; y < area.bottom; ++y) {
      Coefficient* row = band_.data + y * band_.stride;
      std::fill(row + area.left, row + area.right, Coefficient{0});
    }
  }

  void decodeArea(const Area& area, Quantiser quantiser) {
    switch (coded_.orientation) {
      case Orientation::kHL:
        return decodeRows<Orientation::kHL>(area, quantiser);
      case Orientation::kLH:
        return decodeRows<Orientation::kLH>(area, quantiser);
      default:
        return decodeRows<Orientation::kHH>(area, quantiser);
    }
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
    if (arith_.bit(follow)) return 0;
    uint32_t magnitude = 2u | static_cast<uint32_t>(arith_.bit(kCoefficientData));
    follow = hasParent ? kNpF2 : kZpF2;
    const int last = hasParent ? kNpF6 : kZpF6;
    for (int steps = 0; steps < 30 && !arith_.bit(follow); ++steps) {
      magnitude = magnitude << 1 | static_cast<uint32_t>(arith_.bit(kCoefficientData));
      if (follow < last) ++follow;
    }
    --magnitude;
    const int context =
        signNeighbour < 0 ? kSignNegative : (signNeighbour > 0 ? kSignPositive : kSignZero);
    const bool negative = arith_.bit(context);
    const uint32_t value = (magnitude * quantiser.factor + quantiser.offset) >> 2;
    peak_ = std::max(peak_, value);
    return static_cast<int32_t>(negative ? 0u - value : value);
  }

  const CodedBand& coded_;
  const Subband<Coefficient> band_;
  const Subband<Coefficient> parent_;
  ArithDecoder arith_;
  bool intra_;
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
                                              int transformDepth) {
  const int unit = 1 << transformDepth;
  width = (componentWidth + unit - 1) & ~(unit - 1);
  height = (componentHeight + unit - 1) & ~(unit - 1);
  depth = transformDepth;
  for (auto& level : zero) std::fill(std::begin(level), std::end(level), false);
  data.resize(static_cast<size_t>(width) * static_cast<size_t>(height));
}

template <typename Coefficient>
Subband<Coefficient> subbandOf(CoefficientPlane<Coefficient>& plane, int level,
                               Orientation orientation) {
  // The LL band of level 0 lies where level 1 finds its own LL part.
  const int shift = level == 0 ? plane.depth : plane.depth - level + 1;
  Subband<Coefficient> band;
  band.width = plane.width >> shift;
  band.height = plane.height >> shift;
  band.stride = static_cast<ptrdiff_t>(plane.width) << shift;
  band.data = plane.data.data();
  if (orientation == Orientation::kHL || orientation == Orientation::kHH) band.data += band.width;
  if (orientation == Orientation::kLH || orientation == Orientation::kHH) {
    band.data += band.stride / 2;
  }
  return band;
}

template <typename Coefficient>
BandResult decodeSubband(const CodedBand& coded, const Subband<Coefficient>& band,
                         const Subband<Coefficient>& parent, bool quantiserPerCodeblock,
                         bool intra) {
  BandDecoder<Coefficient> decoder(coded, band, parent, intra);
  if (decoder.decode(quantiserPerCodeblock)) return {true, decoder.peak()};
  clearBand(band);
  return {false, 0};
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
                                  const Subband<int16_t>&, bool, bool);
template BandResult decodeSubband(const CodedBand&, const Subband<int32_t>&,
                                  const Subband<int32_t>&, bool, bool);
template uint32_t undoDcPrediction(const Subband<int16_t>&);
template uint32_t undoDcPrediction(const Subband<int32_t>&);

}  // namespace kamaelia::dirac
