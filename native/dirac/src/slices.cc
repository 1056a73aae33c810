// SPDX-License-Identifier: Apache-2.0
#include "slices.h"

#include <algorithm>

#include "common/cpu_flags.h"
#include "slice_isa.h"
#include "slice_kernels.h"

namespace kamaelia::dirac {
namespace {

constexpr Orientation kHighBands[] = {Orientation::kHL, Orientation::kLH, Orientation::kHH};

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

size_t findSlices(BitReader& bits, const TransformParams& params, size_t first, size_t count,
                  CodedSlice* slices) {
  const SliceParams& slicing = params.slices;
  for (size_t i = 0; i < count; ++i) {
    const size_t left = static_cast<size_t>(bits.bytesLeft());
    uint64_t size = 0;
    if (params.syntax == Syntax::kLowDelay) {
      const uint64_t n = first + i;
      size = lowDelayStart(n + 1, slicing) - lowDelayStart(n, slicing);
      if (size > left) return i;
    } else {
      size = highQualitySize(bits.bytes(), left, slicing);
      if (size == 0) return i;
    }
    slices[i] = {bits.bytes(), static_cast<size_t>(size), left};
    bits.skipBytes(size);
  }
  return count;
}

template <>
void initSlices(SliceDsp<int16_t>* dsp, uint32_t cpuFlags) {
  fillSlices(dsp);
#if defined(__x86_64__)
  if (cpuFlags & kCpuSse41) fillSlicesSse41(dsp, nullptr);
  if (cpuFlags & kCpuAvx2) fillSlicesAvx2(dsp, nullptr);
#elif defined(__aarch64__)
  if (cpuFlags & kCpuNeon) fillSlicesNeon(dsp, nullptr);
#else
  static_cast<void>(cpuFlags);
#endif
}

template <>
void initSlices(SliceDsp<int32_t>* dsp, uint32_t cpuFlags) {
  fillSlices(dsp);
#if defined(__x86_64__)
  if (cpuFlags & kCpuSse41) fillSlicesSse41(nullptr, dsp);
  if (cpuFlags & kCpuAvx2) fillSlicesAvx2(nullptr, dsp);
#elif defined(__aarch64__)
  if (cpuFlags & kCpuNeon) fillSlicesNeon(nullptr, dsp);
#else
  static_cast<void>(cpuFlags);
#endif
}

template <typename Coefficient>
size_t SliceLayout<Coefficient>::addBorders(int size, int count) {
  const size_t at = borders_.size();
  for (int i = 0; i <= count; ++i) {
    borders_.push_back(static_cast<int32_t>(int64_t{size} * i / count));
  }
  if (size % count != 0) uniform_ = false;
  return at;
}

template <typename Coefficient>
void SliceLayout<Coefficient>::configure(const SliceDsp<Coefficient>& dsp,
                                         const TransformParams& params,
                                         CoefficientPlane<Coefficient>* planes) {
  dsp_ = &dsp;
  syntax_ = params.syntax;
  slicing_ = params.slices;
  bands_.clear();
  borders_.clear();
  uniform_ = true;
  for (int c = 0; c < 3; ++c) {
    const uint32_t* matrix = slicing_.matrix;
    most_[c] = 0;
    for (int level = 0; level <= params.levels(); ++level) {
      for (int i = 0; i < params.bandsAt(level); ++i) {
        Band band;
        band.band = subbandOf(planes[c], level, level == 0 ? Orientation::kLL : kHighBands[i]);
        band.component = c;
        band.level = level;
        band.index = i;
        band.matrix = *matrix++;
        if (i == 0) {
          band.left = addBorders(band.band.width, slicing_.x);
          band.top = addBorders(band.band.height, slicing_.y);
        } else {
          band.left = bands_.back().left;
          band.top = bands_.back().top;
        }
        most_[c] += static_cast<size_t>((band.band.width + slicing_.x - 1) / slicing_.x) *
                    static_cast<size_t>((band.band.height + slicing_.y - 1) / slicing_.y);
        bands_.push_back(band);
      }
    }
  }
}

template <typename Coefficient>
int SliceLayout<Coefficient>::count(int component, int x, int y) const {
  int sum = 0;
  for (size_t i = 0; i < bandsPerComponent(); ++i) {
    sum += areaOf(bands_[static_cast<size_t>(component) * bandsPerComponent() + i], x, y).count();
  }
  return sum;
}

template class SliceLayout<int16_t>;
template class SliceLayout<int32_t>;

}  // namespace kamaelia::dirac
