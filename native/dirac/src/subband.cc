// SPDX-License-Identifier: Apache-2.0
#include "subband.h"

#include <algorithm>
#include <iterator>

#include "common/cpu_flags.h"
#include "golomb.h"
#include "subband_isa.h"
#include "subband_kernels.h"

namespace kamaelia::dirac {
namespace {

void fill(uint32_t cpuFlags, BandDsp<int16_t>* narrow, BandDsp<int32_t>* wide) {
  if (narrow != nullptr) narrow->arithmetic = decodeArithmetic<int16_t>;
  if (wide != nullptr) wide->arithmetic = decodeArithmetic<int32_t>;
#if defined(__x86_64__)
  if (cpuFlags & kCpuAvx2) fillBandsAvx2(narrow, wide);
#else
  static_cast<void>(cpuFlags);
#endif
}

// The variable length codes of a band.
template <typename Coefficient>
class VlcSource {
 public:
  explicit VlcSource(const CodedBand& coded)
      : reader_(coded.bytes, coded.size, 0, uint64_t{coded.size} * 8) {}

  uint32_t peak() const { return peak_; }
  int64_t taken() const { return static_cast<int64_t>((reader_.position() + 7) / 8); }
  void setQuantiser(const Quantiser& quantiser) { quantiser_ = quantiser; }

  int64_t zeroBlocks(int64_t most) {
    int64_t count = 0;
    while (count < most && reader_.bit() != 0) ++count;
    return count;
  }

  int32_t quantiserChange() { return reader_.one(); }

  void decode(const Area& area, const Subband<Coefficient>& band) {
    for (int y = area.top; y < area.bottom; ++y) {
      Coefficient* row = band.data + y * band.stride;
      for (int x = area.left; x < area.right; ++x) {
        row[x] = static_cast<Coefficient>(dequantised(reader_.one()));
      }
    }
  }

 private:
  int32_t dequantised(int32_t coded) {
    if (coded == 0) return 0;
    const uint32_t sign = coded < 0 ? ~0u : 0u;
    const uint32_t value = quantiser_.magnitude((static_cast<uint32_t>(coded) ^ sign) - sign);
    peak_ = std::max(peak_, value);
    return static_cast<int32_t>((value ^ sign) - sign);
  }

  GolombReader reader_;
  Quantiser quantiser_{};
  uint32_t peak_ = 0;
};

template <typename Coefficient>
void clearBand(const Subband<Coefficient>& band) {
  for (int y = 0; y < band.height; ++y) {
    std::fill_n(band.data + y * band.stride, band.width, Coefficient{0});
  }
}

}  // namespace

uint8_t* ZeroCodeblocks::of(const CodeblockCount& wanted) {
  if (count.x != wanted.x || count.y != wanted.y) {
    count = wanted;
    zero.assign(static_cast<size_t>(wanted.x) * static_cast<size_t>(wanted.y), 0);
  }
  return zero.data();
}

template <>
void initBands(BandDsp<int16_t>* dsp, uint32_t cpuFlags) {
  fill(cpuFlags, dsp, nullptr);
}

template <>
void initBands(BandDsp<int32_t>* dsp, uint32_t cpuFlags) {
  fill(cpuFlags, nullptr, dsp);
}

template <typename Coefficient>
void CoefficientPlane<Coefficient>::configure(int componentWidth, int componentHeight,
                                              int transformDepth, int horizontalDepth) {
  const auto padded = [](int size, int levels) {
    const int unit = 1 << levels;
    return (size + unit - 1) & ~(unit - 1);
  };
  const int newWidth = padded(componentWidth, transformDepth + horizontalDepth);
  const int newHeight = padded(componentHeight, transformDepth);
  if (width != newWidth || height != newHeight || depth != transformDepth ||
      depthHorizontal != horizontalDepth) {
    forgetZeroCodeblocks();
  }
  width = newWidth;
  height = newHeight;
  depth = transformDepth;
  depthHorizontal = horizontalDepth;
  for (auto& level : zero) std::fill(std::begin(level), std::end(level), false);
  data.resize(static_cast<size_t>(width) * static_cast<size_t>(height));
}

template <typename Coefficient>
void CoefficientPlane<Coefficient>::forgetZeroCodeblocks() {
  for (auto& level : zeroCodeblocks) {
    for (ZeroCodeblocks& band : level) band.forget();
  }
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
BandResult decodeSubband(const BandDsp<Coefficient>& dsp, const CodedBand& coded,
                         const Subband<Coefficient>& band, const Subband<Coefficient>& parent,
                         const BandCoding& coding, ZeroCodeblocks* zeros) {
  BandResult result{false};
  ZeroCodeblocks unknown;
  if (zeros == nullptr) zeros = &unknown;
  if (!tooManyCodeblocks(coded, band)) {
    uint8_t* zero = zeros->of(coded.codeblocks);
    if (coding.arithmetic) {
      result = dsp.arithmetic(coded, band, parent, coding, zero);
    } else {
      VlcSource<Coefficient> source(coded);
      result = decodeCodeblocks(source, coded, band, coding, zero);
    }
  }
  if (result.good) return result;
  clearBand(band);
  zeros->forget();
  return result;
}

namespace {

// Towards minus infinity, and without a branch: the bias is a multiple of 3 that makes any sum
// positive.
int32_t floorThird(int32_t sum) {
  constexpr int64_t bias = int64_t{1} << 30;
  const auto biased = static_cast<uint64_t>(sum + 3 * bias);
  return static_cast<int32_t>(static_cast<int64_t>(biased / 3) - bias);
}

uint32_t magnitudeOf(int32_t value) {
  return value < 0 ? 0u - static_cast<uint32_t>(value) : static_cast<uint32_t>(value);
}

}  // namespace

template <typename Coefficient>
uint32_t undoDcPrediction(const Subband<Coefficient>& band) {
  uint32_t peak = 0;
  for (int y = 0; y < band.height; ++y) {
    Coefficient* row = band.data + y * band.stride;
    const Coefficient* above = y > 0 ? row - band.stride : nullptr;
    Coefficient left = 0;
    for (int x = 0; x < band.width; ++x) {
      int32_t predicted = left;
      if (above != nullptr) {
        predicted = x > 0 ? floorThird(left + above[x] + above[x - 1] + 1) : above[x];
      }
      const int32_t value = row[x] + predicted;
      left = static_cast<Coefficient>(value);
      row[x] = left;
      peak = std::max(peak, magnitudeOf(value));
    }
  }
  return peak;
}

template struct CoefficientPlane<int16_t>;
template struct CoefficientPlane<int32_t>;
template Subband<int16_t> subbandOf(CoefficientPlane<int16_t>&, int, Orientation);
template Subband<int32_t> subbandOf(CoefficientPlane<int32_t>&, int, Orientation);
template BandResult decodeSubband(const BandDsp<int16_t>&, const CodedBand&,
                                  const Subband<int16_t>&, const Subband<int16_t>&,
                                  const BandCoding&, ZeroCodeblocks*);
template BandResult decodeSubband(const BandDsp<int32_t>&, const CodedBand&,
                                  const Subband<int32_t>&, const Subband<int32_t>&,
                                  const BandCoding&, ZeroCodeblocks*);
template uint32_t undoDcPrediction(const Subband<int16_t>&);
template uint32_t undoDcPrediction(const Subband<int32_t>&);

}  // namespace kamaelia::dirac
