// SPDX-License-Identifier: Apache-2.0
#include "wavelet.h"

#include <algorithm>
#include <cstring>

#include "common/cpu_flags.h"
#include "wavelet_isa.h"
#include "wavelet_kernels.h"

namespace kamaelia::dirac {
namespace {

using Reach2d = int64_t (*)(int64_t ll, int64_t hl, int64_t lh, int64_t hh, TransformReach* all);
constexpr Reach2d kReach2d[7] = {DeslauriersDubuc97::reach2d,  LeGall53::reach2d,
                                 DeslauriersDubuc137::reach2d, HaarNoShift::reach2d,
                                 HaarSingleShift::reach2d,     Fidelity::reach2d,
                                 Daubechies97::reach2d};

void fill(uint32_t cpuFlags, WaveletDsp<int16_t>* narrow, WaveletDsp<int16_t>* careful,
          WaveletDsp<int32_t>* wide) {
  fillWavelets(narrow, careful, wide);
#if defined(__x86_64__)
  if (cpuFlags & kCpuSse41) fillWaveletsSse41(narrow, careful, wide);
  if (cpuFlags & kCpuAvx2) fillWaveletsAvx2(narrow, careful, wide);
#else
  static_cast<void>(cpuFlags);
#endif
}

template <typename Coefficient>
void copyRow(const Subband<Coefficient>& band, int row, Coefficient* out) {
  const size_t bytes = static_cast<size_t>(band.width) * sizeof(Coefficient);
  if (band.data != nullptr) {
    std::memcpy(out, band.data + row * band.stride, bytes);
  } else {
    std::memset(out, 0, bytes);
  }
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
void WaveletLevel<Coefficient>::configure(const WaveletFilter<Coefficient>& filter,
                                          WaveletLevel* coarser, const Subband<Coefficient>& ll,
                                          const Subband<Coefficient>& hl,
                                          const Subband<Coefficient>& lh,
                                          const Subband<Coefficient>& hh) {
  filter_ = &filter;
  coarser_ = coarser;
  band_[0] = ll;
  band_[1] = hl;
  band_[2] = lh;
  band_[3] = hh;
  half_ = lh.width;
  pairs_ = lh.height;
  rowSize_ = (2 * highOffset(half_) + 31) & ~31;
  // From the oldest row that a step reads to the newest that the first step does.
  int span = 2;
  for (int s = 0; s < filter.steps; ++s) {
    span += std::max(0, filter.step[s].last) + std::max(0, -filter.step[s].first);
  }
  int ring = 4;
  while (ring < span) ring *= 2;
  ringMask_ = std::min(ring, kMostRing) - 1;
  ring_.resize(static_cast<size_t>(rowSize_) * static_cast<size_t>(2 * (ringMask_ + 1) + 1));
}

template <typename Coefficient>
void WaveletLevel<Coefficient>::seek(int row) {
  // Each step has to be done from where the next one looks.
  int begin = row / 2;
  for (int s = filter_->steps - 1; s >= 0; --s) {
    done_[s] = std::max(0, begin);
    begin += std::min(0, filter_->step[s].first);
  }
  loaded_ = std::max(0, begin);
  next_ = row;
  if (coarser_ != nullptr) coarser_->seek(loaded_);
}

template <typename Coefficient>
void WaveletLevel<Coefficient>::next(Coefficient* out) {
  const int pair = next_ / 2;
  while (done_[filter_->steps - 1] <= pair) advance();
  Coefficient* row = next_ % 2 != 0 ? odd(pair) : even(pair);
  Coefficient* scratch = ring_.data() + kRowMargin + 2 * (ringMask_ + 1) * rowSize_;
  filter_->horizontal(row, half_, scratch, out);
  ++next_;
}

template <typename Coefficient>
void WaveletLevel<Coefficient>::load(int n) {
  if (coarser_ != nullptr) {
    coarser_->next(even(n));
  } else {
    copyRow(band_[0], n, even(n));
  }
  copyRow(band_[1], n, even(n) + highOffset(half_));
  copyRow(band_[2], n, odd(n));
  copyRow(band_[3], n, odd(n) + highOffset(half_));
}

// Reads a pair of rows, while there are any, and lets every step go as far as it can.
template <typename Coefficient>
void WaveletLevel<Coefficient>::advance() {
  if (loaded_ < pairs_) load(loaded_++);
  int there = loaded_;  // rows that the step before has done
  for (int s = 0; s < filter_->steps; ++s) {
    const WaveletStep<Coefficient>& step = filter_->step[s];
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
void InverseWavelet<Coefficient>::configure(const WaveletDsp<Coefficient>& dsp, uint32_t wavelet,
                                            CoefficientPlane<Coefficient>* plane) {
  plane_ = plane;
  row_.resize(static_cast<size_t>(plane->width));
  const auto band = [plane](int level, Orientation orientation) {
    Subband<Coefficient> found = subbandOf(*plane, level, orientation);
    if (plane->zero[level][static_cast<size_t>(orientation)]) found.data = nullptr;
    return found;
  };
  for (int level = 1; level <= plane->depth; ++level) {
    level_[level - 1].configure(dsp.filter[wavelet], level > 1 ? &level_[level - 2] : nullptr,
                                band(0, Orientation::kLL), band(level, Orientation::kHL),
                                band(level, Orientation::kLH), band(level, Orientation::kHH));
  }
  seek(0);
}

template <typename Coefficient>
void InverseWavelet<Coefficient>::seek(int row) {
  next_ = row;
  if (plane_->depth > 0) level_[plane_->depth - 1].seek(row);
}

template <typename Coefficient>
const Coefficient* InverseWavelet<Coefficient>::next() {
  if (plane_->depth > 0) {
    level_[plane_->depth - 1].next(row_.data());
  } else if (plane_->zero[0][0]) {
    std::fill(row_.begin(), row_.end(), Coefficient{0});
  } else {
    return plane_->data.data() + static_cast<ptrdiff_t>(next_++) * plane_->width;
  }
  return row_.data();
}

TransformReach transformReach(uint32_t wavelet, int depth, const BandPeaks& peaks) {
  TransformReach reach;
  int64_t low = peaks.low;
  reach.value = low;
  for (int level = 0; level < depth; ++level) {
    const uint32_t* high = peaks.high[level];
    for (int i = 0; i < 3; ++i) reach.value = std::max<int64_t>(reach.value, high[i]);
    low = kReach2d[wavelet](low, high[0], high[1], high[2], &reach);
  }
  return reach;
}

template class WaveletLevel<int16_t>;
template class WaveletLevel<int32_t>;
template class InverseWavelet<int16_t>;
template class InverseWavelet<int32_t>;

}  // namespace kamaelia::dirac
