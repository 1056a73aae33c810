// SPDX-License-Identifier: Apache-2.0
#include "wavelet.h"

#include <algorithm>
#include <cstring>

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
void WaveletLevel<Coefficient>::configure(const WaveletFilter<Coefficient>* vertical,
                                          const WaveletFilter<Coefficient>& horizontal,
                                          WaveletLevel* coarser, const Subband<Coefficient>& ll,
                                          const Subband<Coefficient>& hl,
                                          const Subband<Coefficient>& lh,
                                          const Subband<Coefficient>& hh) {
  vertical_ = vertical;
  horizontal_ = &horizontal;
  coarser_ = coarser;
  band_[0] = ll;
  band_[1] = hl;
  band_[2] = lh;
  band_[3] = hh;
  half_ = hl.width;
  pairs_ = hl.height;
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
    copyRow(band_[0], n, row);
  }
  copyRow(band_[1], n, row + highOffset(half_));
}

template <typename Coefficient>
void WaveletLevel<Coefficient>::load(int n) {
  loadHalves(n, even(n));
  copyRow(band_[2], n, odd(n));
  copyRow(band_[3], n, odd(n) + highOffset(half_));
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
void InverseWavelet<Coefficient>::configure(const WaveletDsp<Coefficient>& dsp,
                                            const TransformParams& params,
                                            CoefficientPlane<Coefficient>* plane) {
  plane_ = plane;
  row_.resize(static_cast<size_t>(plane->width));
  const auto band = [plane](int level, Orientation orientation) {
    Subband<Coefficient> found = subbandOf(*plane, level, orientation);
    if (plane->zero[level][static_cast<size_t>(orientation)]) found.data = nullptr;
    return found;
  };
  // The final shift is that of the horizontal filter, which has it built in.
  const WaveletFilter<Coefficient>& horizontal = dsp.filter[params.waveletHorizontal];
  for (int level = 1; level <= plane->levels(); ++level) {
    const bool both = level > plane->depthHorizontal;
    level_[level - 1].configure(both ? &dsp.filter[params.wavelet] : nullptr, horizontal,
                                level > 1 ? &level_[level - 2] : nullptr, band(0, Orientation::kLL),
                                band(level, Orientation::kHL), band(level, Orientation::kLH),
                                band(level, Orientation::kHH));
  }
  seek(0);
}

template <typename Coefficient>
void InverseWavelet<Coefficient>::seek(int row) {
  next_ = row;
  if (plane_->levels() > 0) level_[plane_->levels() - 1].seek(row);
}

template <typename Coefficient>
const Coefficient* InverseWavelet<Coefficient>::next() {
  if (plane_->levels() > 0) {
    level_[plane_->levels() - 1].next(row_.data());
  } else if (plane_->zero[0][0]) {
    std::fill(row_.begin(), row_.end(), Coefficient{0});
  } else {
    return plane_->data.data() + static_cast<ptrdiff_t>(next_++) * plane_->width;
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

template class WaveletLevel<int16_t>;
template class WaveletLevel<int32_t>;
template class InverseWavelet<int16_t>;
template class InverseWavelet<int32_t>;

}  // namespace kamaelia::dirac
