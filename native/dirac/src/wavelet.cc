// SPDX-License-Identifier: Apache-2.0
#include "wavelet.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <type_traits>

#include "common/cpu_flags.h"
#include "wavelet_isa.h"
#include "wavelet_kernels.h"

namespace kamaelia::dirac {
namespace {

struct FilterReach {
  int64_t (*steps)(int64_t even, int64_t odd, TransformReach* reach);
  int64_t (*shifted)(int64_t value);
};

template <typename... Filters>
struct Reaches {
  static constexpr FilterReach of[] = {{Filters::reach, Filters::shifted}...};
};

using AllReaches = Reaches<DeslauriersDubuc97, LeGall53, DeslauriersDubuc137, HaarNoShift,
                           HaarSingleShift, Fidelity, Daubechies97>;

void fill(uint32_t cpuFlags, WaveletDsp<int16_t>* narrow, WaveletDsp<int16_t>* careful,
          WaveletDsp<int32_t>* wide) {
  fillWavelets(narrow, careful, wide);
#if defined(__x86_64__)
  if (cpuFlags & kCpuSse41) fillWaveletsSse41(narrow, careful, wide);
  if (cpuFlags & kCpuAvx2) fillWaveletsAvx2(narrow, careful, wide);
#elif defined(__aarch64__)
  if (cpuFlags & kCpuNeon) fillWaveletsNeon(narrow, careful, wide);
#else
  static_cast<void>(cpuFlags);
#endif
}

}  // namespace

template <>
void initWavelet(WaveletDsp<int16_t>* dsp, uint32_t cpuFlags) {
  fill(cpuFlags, nullptr, dsp, nullptr);
}

template <>
void initWavelet(WaveletDsp<int32_t>* dsp, uint32_t cpuFlags) {
  fill(cpuFlags, nullptr, nullptr, dsp);
}

void initNarrowWavelet(WaveletDsp<int16_t>* dsp, uint32_t cpuFlags) {
  fill(cpuFlags, dsp, nullptr, nullptr);
}

void initWideWavelet(WaveletDsp<int32_t>* dsp) { fillWavelet<int64_t>(dsp); }

template <typename Coefficient>
BandRows<Coefficient>::BandRows(const Subband<Coefficient>& band)
    : data_(band.data), stride_(band.stride), width_(band.width), height_(band.height) {}

template <typename Coefficient>
BandRows<Coefficient>::BandRows(const Subband<int16_t>& band, const WaveletDsp<Coefficient>& dsp)
    : data_(band.data),
      stride_(band.stride),
      width_(band.width),
      height_(band.height),
      fromShort_(dsp.fromShort) {}

template <typename Coefficient>
void BandRows<Coefficient>::copy(int row, Coefficient* out) const {
  if (data_ == nullptr) {
    std::memset(out, 0, static_cast<size_t>(width_) * sizeof(Coefficient));
  } else if (fromShort_ != nullptr) {
    fromShort_(rowOf<int16_t>(row), width_, out);
  } else {
    std::memcpy(out, rowOf<Coefficient>(row), static_cast<size_t>(width_) * sizeof(Coefficient));
  }
}

template <typename Coefficient>
template <typename Kept>
const Kept* BandRows<Coefficient>::rowOf(int row) const {
  // The next row is wanted soon, and planes are larger than the nearer caches.
  constexpr int kLine = 64 / sizeof(Kept);
  const Kept* at = static_cast<const Kept*>(data_) + row * stride_;
  if (row + 1 < height_) {
    for (int x = 0; x < width_; x += kLine) __builtin_prefetch(at + stride_ + x);
  }
  return at;
}

template <typename Coefficient>
void WaveletLevel<Coefficient>::configure(const WaveletFilter<Coefficient>* vertical,
                                          const WaveletFilter<Coefficient>& horizontal,
                                          WaveletLevel* coarser,
                                          const BandRows<Coefficient> (&bands)[4]) {
  vertical_ = vertical;
  horizontal_ = &horizontal;
  coarser_ = coarser;
  std::copy(std::begin(bands), std::end(bands), band_);
  half_ = bands[1].width();
  pairs_ = bands[1].height();
  rowSize_ = (2 * highOffset(half_) + 31) & ~31;
  // From the oldest row that a step reads to the newest that the first step does.
  int span = 2;
  for (int s = 0; vertical != nullptr && s < vertical->steps; ++s) {
    span += std::max(0, vertical->step[s].last) + std::max(0, -vertical->step[s].first);
  }
  int ring = 4;
  while (ring < span) ring *= 2;
  ringMask_ = std::min(ring, kMostRing) - 1;
  ring_.resize(static_cast<size_t>(rowSize_) * static_cast<size_t>(2 * (ringMask_ + 1) + 1));
}

template <typename Coefficient>
void WaveletLevel<Coefficient>::seek(int row) {
  next_ = row;
  if (vertical_ == nullptr) {
    if (coarser_ != nullptr) coarser_->seek(row);
    return;
  }
  // Each step has to be done from where the next one looks.
  int begin = row / 2;
  for (int s = vertical_->steps - 1; s >= 0; --s) {
    done_[s] = std::max(0, begin);
    begin += std::min(0, vertical_->step[s].first);
  }
  loaded_ = std::max(0, begin);
  if (coarser_ != nullptr) coarser_->seek(loaded_);
}

template <typename Coefficient>
void WaveletLevel<Coefficient>::next(Coefficient* out) {
  Coefficient* row = even(0);
  if (vertical_ == nullptr) {
    loadHalves(next_, row);
  } else {
    const int pair = next_ / 2;
    while (done_[vertical_->steps - 1] <= pair) advance();
    row = next_ % 2 != 0 ? odd(pair) : even(pair);
  }
  Coefficient* scratch = ring_.data() + kRowMargin + 2 * (ringMask_ + 1) * rowSize_;
  horizontal_->horizontal(row, half_, scratch, out);
  ++next_;
}

template <typename Coefficient>
void WaveletLevel<Coefficient>::loadHalves(int n, Coefficient* row) {
  if (coarser_ != nullptr) {
    coarser_->next(row);
  } else {
    band_[0].copy(n, row);
  }
  band_[1].copy(n, row + highOffset(half_));
}

template <typename Coefficient>
void WaveletLevel<Coefficient>::load(int n) {
  loadHalves(n, even(n));
  band_[2].copy(n, odd(n));
  band_[3].copy(n, odd(n) + highOffset(half_));
}

// Reads a pair of rows, while there are any, and lets every step go as far as it can.
template <typename Coefficient>
void WaveletLevel<Coefficient>::advance() {
  if (loaded_ < pairs_) load(loaded_++);
  int there = loaded_;  // rows that the step before has done
  for (int s = 0; s < vertical_->steps; ++s) {
    const WaveletStep<Coefficient>& step = vertical_->step[s];
    const int end = there == pairs_ ? pairs_ : there - std::max(0, step.last);
    for (; done_[s] < end; ++done_[s]) {
      const int n = done_[s];
      const Coefficient* sources[8];
      for (int i = step.first; i <= step.last; ++i) {
        const int at = std::clamp(n + i, 0, pairs_ - 1);
        sources[i - step.first] = step.odd ? even(at) : odd(at);
      }
      step.rows(step.odd ? odd(n) : even(n), sources, highOffset(half_) + half_);
    }
    there = done_[s];
  }
}

template <typename Coefficient>
template <typename Kept>
void InverseWavelet<Coefficient>::configure(const WaveletDsp<Coefficient>& dsp,
                                            const TransformParams& params,
                                            CoefficientPlane<Kept>* plane) {
  levels_ = plane->levels();
  row_.resize(static_cast<size_t>(plane->width));
  const auto band = [&](int level, Orientation orientation) {
    Subband<Kept> found = subbandOf(*plane, level, orientation);
    if (plane->zero[level][static_cast<size_t>(orientation)]) found.data = nullptr;
    if constexpr (std::is_same_v<Kept, Coefficient>) {
      return BandRows<Coefficient>(found);
    } else {
      return BandRows<Coefficient>(found, dsp);
    }
  };
  only_ = band(0, Orientation::kLL);
  // The final shift is that of the horizontal filter, which has it built in.
  const WaveletFilter<Coefficient>& horizontal = dsp.filter[params.waveletHorizontal];
  for (int level = 1; level <= levels_; ++level) {
    const bool both = level > plane->depthHorizontal;
    level_[level - 1].configure(
        both ? &dsp.filter[params.wavelet] : nullptr, horizontal,
        level > 1 ? &level_[level - 2] : nullptr,
        {only_, band(level, Orientation::kHL), both ? band(level, Orientation::kLH) : only_,
         both ? band(level, Orientation::kHH) : only_});
  }
  seek(0);
}

template <typename Coefficient>
void InverseWavelet<Coefficient>::seek(int row) {
  next_ = row;
  if (levels_ > 0) level_[levels_ - 1].seek(row);
}

template <typename Coefficient>
const Coefficient* InverseWavelet<Coefficient>::next() {
  if (levels_ > 0) {
    level_[levels_ - 1].next(row_.data());
  } else {
    only_.copy(next_++, row_.data());
  }
  return row_.data();
}

TransformReach transformReach(const TransformParams& params, const BandPeaks& peaks) {
  const FilterReach& vertical = AllReaches::of[params.wavelet];
  const FilterReach& horizontal = AllReaches::of[params.waveletHorizontal];
  TransformReach reach;
  int64_t low = peaks.low;
  reach.value = low;
  for (int level = 0; level < params.levels(); ++level) {
    const uint32_t* bands = peaks.high[level];
    for (int i = 0; i < 3; ++i) reach.value = std::max<int64_t>(reach.value, bands[i]);
    int64_t high = bands[0];
    if (level >= params.depthHorizontal) {
      low = vertical.steps(low, bands[1], &reach);
      high = vertical.steps(high, bands[2], &reach);
    }
    low = horizontal.shifted(horizontal.steps(low, high, &reach));
  }
  return reach;
}

template class BandRows<int16_t>;
template class BandRows<int32_t>;
template class WaveletLevel<int16_t>;
template class WaveletLevel<int32_t>;
template class InverseWavelet<int16_t>;
template class InverseWavelet<int32_t>;
template void InverseWavelet<int16_t>::configure(const WaveletDsp<int16_t>&, const TransformParams&,
                                                 CoefficientPlane<int16_t>*);
template void InverseWavelet<int32_t>::configure(const WaveletDsp<int32_t>&, const TransformParams&,
                                                 CoefficientPlane<int16_t>*);
template void InverseWavelet<int32_t>::configure(const WaveletDsp<int32_t>&, const TransformParams&,
                                                 CoefficientPlane<int32_t>*);

}  // namespace kamaelia::dirac
