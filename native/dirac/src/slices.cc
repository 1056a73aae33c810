// SPDX-License-Identifier: Apache-2.0
#include "slices.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "common/cpu_flags.h"
#include "golomb.h"
#include "slice_isa.h"
#include "slice_kernels.h"

namespace kamaelia::dirac {
namespace {

// Those of intra pictures, by index.
struct QuantiserTable {
  Quantiser of[kMaxQuantiser + 1];

  constexpr QuantiserTable() : of{} {
    for (uint32_t index = 0; index <= kMaxQuantiser; ++index) of[index] = quantiserOf(index, true);
  }
};
constexpr QuantiserTable kQuantisers;

constexpr Orientation kHighBands[] = {Orientation::kHL, Orientation::kLH, Orientation::kHH};

// Rows are a few coefficients long: words beat a call for each.
template <typename Coefficient>
void copyRow(const Coefficient* from, int width, Coefficient* to) {
  constexpr int kWord = 8 / sizeof(Coefficient);
  int x = 0;
  for (; x + kWord <= width; x += kWord) std::memcpy(to + x, from + x, 8);
  for (; x < width; ++x) to[x] = from[x];
}

// Size of a high quality slice that begins with the reader's next byte; 0 where it is cut short.
size_t highQualitySize(const uint8_t* data, size_t left, const SliceParams& params) {
  size_t at = size_t{params.prefixBytes} + 1;
  for (int c = 0; c < 3; ++c) {
    if (at >= left) return 0;
    at += 1 + size_t{data[at]} * params.sizeScaler;
  }
  return at <= left ? at : 0;
}

// Where slice n begins, in bytes from the first.
uint64_t lowDelayStart(uint64_t n, const SliceParams& params) {
  return n * params.bytesNum / params.bytesDen;
}

}  // namespace

bool tooManySlices(const SliceParams& params, int width, int height) {
  return params.x > width || params.y > height;
}

bool findSlices(BitReader& bits, const TransformParams& params, size_t first, size_t count,
                CodedSlice* slices) {
  const SliceParams& slicing = params.slices;
  for (size_t i = 0; i < count; ++i) {
    const size_t left = static_cast<size_t>(bits.bytesLeft());
    uint64_t size = 0;
    if (params.syntax == Syntax::kLowDelay) {
      const uint64_t n = first + i;
      size = lowDelayStart(n + 1, slicing) - lowDelayStart(n, slicing);
      if (size > left) return false;
    } else {
      size = highQualitySize(bits.bytes(), left, slicing);
      if (size == 0) return false;
    }
    slices[i] = {bits.bytes(), static_cast<size_t>(size)};
    bits.skipBytes(size);
  }
  return true;
}

namespace {

void fill(uint32_t cpuFlags, SliceDsp<int16_t>* narrow, SliceDsp<int32_t>* wide) {
  if (narrow != nullptr) narrow->dequantise = dequantise<int16_t>;
  if (wide != nullptr) wide->dequantise = dequantise<int32_t>;
#if defined(__x86_64__)
  if (cpuFlags & kCpuSse41) fillSlicesSse41(narrow, wide);
  if (cpuFlags & kCpuAvx2) fillSlicesAvx2(narrow, wide);
#else
  static_cast<void>(cpuFlags);
#endif
}

}  // namespace

template <>
void initSlices(SliceDsp<int16_t>* dsp, uint32_t cpuFlags) {
  fill(cpuFlags, dsp, nullptr);
}

template <>
void initSlices(SliceDsp<int32_t>* dsp, uint32_t cpuFlags) {
  fill(cpuFlags, nullptr, dsp);
}

template <typename Coefficient>
SliceLayout<Coefficient>::SliceLayout(const SliceDsp<Coefficient>& dsp,
                                      const TransformParams& params,
                                      CoefficientPlane<Coefficient>* planes)
    : dsp_(dsp), params_(params) {
  const SliceParams& slicing = params.slices;
  const auto addBorders = [this](int size, int count) {
    const size_t at = borders_.size();
    for (int i = 0; i <= count; ++i) {
      borders_.push_back(static_cast<int32_t>(int64_t{size} * i / count));
    }
    return at;
  };
  for (int c = 0; c < 3; ++c) {
    const uint32_t* matrix = slicing.matrix;
    size_t most = 0;
    for (int level = 0; level <= params.levels(); ++level) {
      for (int i = 0; i < params.bandsAt(level); ++i) {
        Band band;
        band.band = subbandOf(planes[c], level, level == 0 ? Orientation::kLL : kHighBands[i]);
        band.component = c;
        band.level = level;
        band.index = i;
        band.matrix = *matrix++;
        if (i == 0) {
          band.left = addBorders(band.band.width, slicing.x);
          band.top = addBorders(band.band.height, slicing.y);
        } else {
          band.left = bands_.back().left;
          band.top = bands_.back().top;
        }
        most += static_cast<size_t>(band.band.width / slicing.x + 1) *
                static_cast<size_t>(band.band.height / slicing.y + 1);
        bands_.push_back(band);
      }
    }
    spare_ = std::max(spare_, most);
  }
  perComponent_ = bands_.size() / 3;
}

// One thread's part of a picture.
template <typename Coefficient>
class SliceLayout<Coefficient>::Decoder {
 public:
  Decoder(const SliceLayout& layout, BandPeaks* peaks)
      : layout_(layout),
        peaks_(peaks),
        values_(2 * layout.spare_ + GolombReader::kSpare),
        apart_(layout.params_.syntax == Syntax::kLowDelay ? 2 * layout.spare_ : 0) {}

  bool decode(const CodedSlice& slice, int x, int y) {
    x_ = x;
    y_ = y;
    if (slice.size == 0) {
      std::fill(values_.begin(), values_.end(), Coefficient{0});
      for (int c = 0; c < 3; ++c) scatter(c, values_.data(), 0);
      return true;
    }
    return layout_.params_.syntax == Syntax::kLowDelay ? lowDelay(slice) : highQuality(slice);
  }

 private:
  bool highQuality(const CodedSlice& slice) {
    const SliceParams& slicing = layout_.params_.slices;
    size_t at = slicing.prefixBytes;
    const uint32_t quantiser = slice.bytes[at++];
    for (int c = 0; c < 3; ++c) {
      const size_t size = size_t{slice.bytes[at++]} * slicing.sizeScaler;
      bool overflow = false;
      GolombReader reader(slice.bytes, slice.size, at * 8, (at + size) * 8);
      reader.read(values_.data(), count(c), &overflow);
      scatter(c, values_.data(), quantiser);
      if (overflow) peaks_[c].low = UINT32_MAX;
      at += size;
    }
    return true;
  }

  bool lowDelay(const CodedSlice& slice) {
    const uint64_t total = uint64_t{slice.size} * 8;
    const int lengthBits = std::bit_width(total - 7 - 1);
    BitReader header(slice.bytes, slice.size);
    const uint32_t quantiser = header.literal(7);
    uint64_t luma = header.literal(lengthBits);
    const uint64_t first = 7 + static_cast<uint64_t>(lengthBits);
    const bool sound = luma <= total - std::min(total, first);
    luma = std::min(luma, total - std::min(total, first));
    bool overflow = false;
    GolombReader lumaReader(slice.bytes, slice.size, first, first + luma);
    lumaReader.read(values_.data(), count(0), &overflow);
    scatter(0, values_.data(), quantiser);
    // The two chroma components take turns.
    const int chroma = count(1);
    GolombReader chromaReader(slice.bytes, slice.size, first + luma, total);
    chromaReader.read(values_.data(), 2 * chroma, &overflow);
    Coefficient* apart[2] = {apart_.data(), apart_.data() + chroma};
    for (int i = 0; i < chroma; ++i) {
      apart[0][i] = values_[static_cast<size_t>(2 * i)];
      apart[1][i] = values_[static_cast<size_t>(2 * i + 1)];
    }
    scatter(1, apart[0], quantiser);
    scatter(2, apart[1], quantiser);
    if (overflow) peaks_[0].low = UINT32_MAX;
    return sound;
  }

  struct Area {
    int left, right, top, bottom;
    int count() const { return (right - left) * (bottom - top); }
  };

  Area areaOf(const Band& band) const {
    const int32_t* x = layout_.borders_.data() + band.left + x_;
    const int32_t* y = layout_.borders_.data() + band.top + y_;
    return {x[0], x[1], y[0], y[1]};
  }

  int count(int component) const {
    int sum = 0;
    for (size_t i = 0; i < layout_.perComponent_; ++i) sum += areaOf(bandOf(component, i)).count();
    return sum;
  }

  const Band& bandOf(int component, size_t at) const {
    return layout_.bands_[static_cast<size_t>(component) * layout_.perComponent_ + at];
  }

  // Dequantises a component's values and puts them where they belong.
  void scatter(int component, Coefficient* values, uint32_t quantiser) {
    for (size_t i = 0; i < layout_.perComponent_; ++i) {
      const Band& band = bandOf(component, i);
      const Area area = areaOf(band);
      const int width = area.right - area.left;
      const int most = area.count();
      if (most == 0) continue;
      const uint32_t index = quantiser - std::min(quantiser, band.matrix);
      const uint32_t peak =
          layout_.dsp_.dequantise(values, most, kQuantisers.of[std::min(index, kMaxQuantiser)]);
      BandPeaks& peaks = peaks_[component];
      uint32_t& highest = band.level == 0 ? peaks.low : peaks.high[band.level - 1][band.index];
      highest = std::max(highest, peak);
      Coefficient* row = band.band.data + area.top * band.band.stride + area.left;
      for (int y = area.top; y < area.bottom; ++y, row += band.band.stride, values += width) {
        copyRow(values, width, row);
      }
    }
  }

  const SliceLayout& layout_;
  BandPeaks* peaks_;
  int x_ = 0;
  int y_ = 0;
  std::vector<Coefficient> values_;
  std::vector<Coefficient> apart_;
};

template <typename Coefficient>
bool SliceLayout<Coefficient>::decodeRows(const CodedSlice* slices, int firstRow, int lastRow,
                                          BandPeaks* peaks) const {
  Decoder decoder(*this, peaks);
  bool good = true;
  for (int y = firstRow; y < lastRow; ++y) {
    for (int x = 0; x < params_.slices.x; ++x) {
      const size_t n =
          static_cast<size_t>(y) * static_cast<size_t>(params_.slices.x) + static_cast<size_t>(x);
      if (!decoder.decode(slices[n], x, y)) good = false;
    }
  }
  return good;
}

template class SliceLayout<int16_t>;
template class SliceLayout<int32_t>;

}  // namespace kamaelia::dirac
