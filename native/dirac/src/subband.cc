// SPDX-License-Identifier: Apache-2.0
#include "subband.h"

#include <algorithm>

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

class BandDecoder {
 public:
  BandDecoder(const SubbandData& data, bool intra)
      : data_(data), arith_(data.bytes, data.size), intra_(intra) {}

  bool decode(bool quantiserPerCodeblock) {
    const Subband& band = data_.band;
    const int64_t countX = data_.codeblocks.x;
    const int64_t countY = data_.codeblocks.y;
    const bool several = countX * countY > 1;
    uint32_t index = data_.quantiser;
    const int64_t most = kSpareCodeblocks + int64_t{band.width} * band.height;
    if (index > kMaxQuantiser || countX * countY > most) return false;
    Quantiser quantiser = quantiserOf(index, intra_);
    for (int64_t y = 0; y < countY; ++y) {
      const int top = static_cast<int>(band.height * y / countY);
      const int bottom = static_cast<int>(band.height * (y + 1) / countY);
      for (int64_t x = 0; x < countX; ++x) {
        const Area area{static_cast<int>(band.width * x / countX),
                        static_cast<int>(band.width * (x + 1) / countX), top, bottom};
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
      int32_t* row = data_.band.data + y * data_.band.stride;
      std::fill(row + area.left, row + area.right, 0);
    }
  }

  void decodeArea(const Area& area, Quantiser quantiser) {
    switch (data_.orientation) {
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
    const Subband& band = data_.band;
    const Subband& parent = data_.parent;
    for (int y = area.top; y < area.bottom; ++y) {
      int32_t* row = band.data + y * band.stride;
      const int32_t* above = y > 0 ? row - band.stride : nullptr;
      const int32_t* parents = parent.data ? parent.data + (y >> 1) * parent.stride : nullptr;
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
        row[x] = left;
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
    return static_cast<int32_t>(negative ? 0u - value : value);
  }

  const SubbandData& data_;
  ArithDecoder arith_;
  bool intra_;
};

void clearBand(const Subband& band) {
  for (int y = 0; y < band.height; ++y) std::fill_n(band.data + y * band.stride, band.width, 0);
}

}  // namespace

void CoefficientPlane::configure(int componentWidth, int componentHeight, int transformDepth) {
  const int unit = 1 << transformDepth;
  width = (componentWidth + unit - 1) & ~(unit - 1);
  height = (componentHeight + unit - 1) & ~(unit - 1);
  depth = transformDepth;
  data.resize(static_cast<size_t>(width) * static_cast<size_t>(height));
}

Subband subbandOf(CoefficientPlane& plane, int level, Orientation orientation) {
  // The LL band of level 0 lies where level 1 finds its own LL part.
  const int shift = level == 0 ? plane.depth : plane.depth - level + 1;
  Subband band;
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

bool decodeSubband(const SubbandData& data, bool quantiserPerCodeblock, bool intra) {
  if (data.size == 0) {
    clearBand(data.band);
    return true;
  }
  BandDecoder decoder(data, intra);
  if (decoder.decode(quantiserPerCodeblock)) return true;
  clearBand(data.band);
  return false;
}

void undoDcPrediction(const Subband& band) {
  for (int y = 0; y < band.height; ++y) {
    int32_t* row = band.data + y * band.stride;
    const int32_t* above = row - band.stride;
    for (int x = 0; x < band.width; ++x) {
      if (y == 0) {
        if (x > 0) row[x] += row[x - 1];
      } else if (x == 0) {
        row[x] += above[x];
      } else {
        const int32_t sum = row[x - 1] + above[x] + above[x - 1] + 1;
        row[x] += sum >= 0 ? sum / 3 : -((2 - sum) / 3);
      }
    }
  }
}

}  // namespace kamaelia::dirac
