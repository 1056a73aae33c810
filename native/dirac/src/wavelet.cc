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

constexpr int kMostTaps = 8;

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
BandRows<Coefficient>::BandRows(const Subband<Coefficient>& band, const ZeroCodeblocks& zeros)
    : data_(band.data),
      stride_(band.stride),
      width_(band.width),
      height_(band.height),
      codeblocks_(zeros.count),
      zero_(zeros.zero.data()) {}

template <typename Coefficient>
BandRows<Coefficient>::BandRows(const Subband<int16_t>& band, const ZeroCodeblocks& zeros,
                                const WaveletDsp<Coefficient>& dsp)
    : data_(band.data),
      stride_(band.stride),
      width_(band.width),
      height_(band.height),
      fromShort_(dsp.fromShort),
      codeblocks_(zeros.count),
      zero_(zeros.zero.data()) {}

template <typename Coefficient>
RowParts BandRows<Coefficient>::load(int row, int shift, RowParts held, Coefficient* out) {
  RowParts parts = data_ != nullptr ? codedParts(row, shift) : 0;
  forRuns(held & ~parts, shift, width_,
          [out](int begin, int end) { std::fill(out + begin, out + end, Coefficient{0}); });
  forRuns(parts, shift, width_, [&](int begin, int end) {
    if (fromShort_ != nullptr) {
      copy<int16_t>(row, begin, end, out);
    } else {
      copy<Coefficient>(row, begin, end, out);
    }
  });
  if (!inspects_) return parts;
  for (RowParts rest = parts; rest != 0; rest &= rest - 1) {
    const int begin = std::countr_zero(rest) << shift;
    const int end = std::min(begin + (1 << shift), width_);
    Coefficient any = 0;
    for (int x = begin; x < end; ++x) any = static_cast<Coefficient>(any | out[x]);
    if (any == 0) parts &= ~(rest & (0 - rest));
  }
  return parts;
}

// The parts of a row that codeblocks with coefficients touch.
template <typename Coefficient>
RowParts BandRows<Coefficient>::codedParts(int row, int shift) {
  if (codeblocks_.x == 0) return partsOf(0, width_, shift);
  if (row >= top_ && row < bottom_) return parts_;
  const int64_t countX = codeblocks_.x;
  const int64_t countY = codeblocks_.y;
  const int64_t y = ((row + 1) * countY - 1) / height_;
  top_ = static_cast<int>(height_ * y / countY);
  bottom_ = static_cast<int>(height_ * (y + 1) / countY);
  parts_ = 0;
  const uint8_t* zero = zero_ + y * countX;
  for (const uint8_t* at = zero; (at = std::find(at, zero + countX, 0)) != zero + countX;) {
    const uint8_t* const end = std::find(at, zero + countX, 1);
    const int left = static_cast<int>(width_ * (at - zero) / countX);
    const int right = static_cast<int>(width_ * (end - zero) / countX);
    if (left < right) parts_ |= partsOf(left, right, shift);
    at = end;
  }
  return parts_;
}

template <typename Coefficient>
template <typename Kept>
void BandRows<Coefficient>::copy(int row, int begin, int end, Coefficient* out) const {
  // The next row is wanted soon, and planes are larger than the nearer caches.
  constexpr int kLine = 64 / sizeof(Kept);
  const Kept* at = static_cast<const Kept*>(data_) + row * stride_;
  if (row + 1 < height_) {
    for (int x = begin; x < end; x += kLine) __builtin_prefetch(at + stride_ + x);
  }
  if constexpr (std::is_same_v<Kept, Coefficient>) {
    std::copy(at + begin, at + end, out + begin);
  } else {
    fromShort_(at + begin, end - begin, out + begin);
  }
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
  const bool sameRows = half_ == bands[1].width();
  half_ = bands[1].width();
  pairs_ = bands[1].height();
  const auto highAt = [this](int shift) {
    const int part = 1 << shift;
    return (half_ + 2 * kRowMargin + part - 1) & ~(part - 1);
  };
  shift_ = kLeastPartShift;
  while (highAt(shift_) + half_ > kMostParts << shift_) ++shift_;
  highAt_ = highAt(shift_);
  rowSize_ = (highAt_ + highOffset(half_) + 31) & ~31;
  // From the oldest row that a step reads to the newest that the first step does.
  int span = 2;
  for (int s = 0; vertical != nullptr && s < vertical->steps; ++s) {
    span += std::max(0, vertical->step[s].last) + std::max(0, -vertical->step[s].first);
  }
  int ring = 4;
  while (ring < span) ring *= 2;
  ringMask_ = std::min(ring, kMostRing) - 1;
  const size_t size = static_cast<size_t>(rowSize_) * static_cast<size_t>(2 * (ringMask_ + 1) + 1);
  if (sameRows && size == ring_.size()) return;
  ring_.assign(size, 0);
  std::fill(std::begin(parts_), std::end(parts_), 0);
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
RowParts WaveletLevel<Coefficient>::next(int shift, RowParts held, Coefficient* out) {
  RingRow row = even(0);
  if (vertical_ == nullptr) {
    loadHalves(&band_[0], &band_[1], next_, row);
  } else {
    const int pair = next_ / 2;
    while (done_[vertical_->steps - 1] <= pair) advance();
    row = next_ % 2 != 0 ? odd(pair) : even(pair);
  }
  ++next_;
  // Filters reach no further than into the next part, and of zeros they make zeros. So a run that
  // ends in a zero part may end there for them, too.
  RowParts parts = lowParts(*row.parts) | highParts(*row.parts);
  parts = (parts | parts << 1 | parts >> 1) & partsOf(0, half_, shift_);
  RowParts made = 0;
  forRuns(parts, shift_, half_,
          [&](int begin, int end) { made |= partsOf(2 * begin, 2 * end, shift); });
  forRuns(held & ~made, shift, 2 * half_,
          [out](int begin, int end) { std::fill(out + begin, out + end, Coefficient{0}); });
  Coefficient* scratch = ring_.data() + kRowMargin + 2 * (ringMask_ + 1) * rowSize_;
  forRuns(parts, shift_, half_, [&](int begin, int end) {
    horizontal_->horizontal(row.data + begin, row.data + highAt_ + begin, end - begin, scratch,
                            out + 2 * begin);
  });
  return made;
}

template <typename Coefficient>
void WaveletLevel<Coefficient>::loadHalves(BandRows<Coefficient>* low, BandRows<Coefficient>* high,
                                           int n, RingRow row) {
  const RowParts held = lowParts(*row.parts);
  const RowParts lows = low == &band_[0] && coarser_ != nullptr
                            ? coarser_->next(shift_, held, row.data)
                            : low->load(n, shift_, held, row.data);
  const RowParts highs = high->load(n, shift_, highParts(*row.parts), row.data + highAt_);
  *row.parts = lows | highs << (highAt_ >> shift_);
}

template <typename Coefficient>
void WaveletLevel<Coefficient>::load(int n) {
  loadHalves(&band_[0], &band_[1], n, even(n));
  loadHalves(&band_[2], &band_[3], n, odd(n));
}

// Reads a pair of rows, while there are any, and lets every step go as far as it can.
template <typename Coefficient>
void WaveletLevel<Coefficient>::advance() {
  if (loaded_ < pairs_) load(loaded_++);
  int there = loaded_;  // rows that the step before has done
  for (int s = 0; s < vertical_->steps; ++s) {
    const WaveletStep<Coefficient>& step = vertical_->step[s];
    const int ready = there == pairs_ ? pairs_ : there - std::max(0, step.last);
    for (; done_[s] < ready; ++done_[s]) {
      const int n = done_[s];
      RingRow sources[kMostTaps];
      RowParts parts = 0;
      for (int i = step.first; i <= step.last; ++i) {
        const int at = std::clamp(n + i, 0, pairs_ - 1);
        RingRow& source = sources[i - step.first];
        source = step.odd ? even(at) : odd(at);
        parts |= *source.parts;
      }
      const RingRow target = step.odd ? odd(n) : even(n);
      *target.parts |= parts;
      // A single part between others is no run's end: it costs less than another call.
      forRuns(parts | (parts << 1 & parts >> 1), shift_, highAt_ + half_, [&](int begin, int end) {
        const Coefficient* from[kMostTaps];
        for (int i = 0; i <= step.last - step.first; ++i) from[i] = sources[i].data + begin;
        step.rows(target.data + begin, from, end - begin);
      });
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
  const auto width = static_cast<size_t>(plane->width);
  if (row_.size() != width) {
    row_.assign(width, 0);
    parts_ = 0;
  }
  const auto band = [&](int level, Orientation orientation) {
    Subband<Kept> found = subbandOf(*plane, level, orientation);
    const auto which = static_cast<size_t>(orientation);
    if (plane->zero[level][which]) found.data = nullptr;
    const ZeroCodeblocks& zeros = plane->zeroCodeblocks[level][which];
    if constexpr (std::is_same_v<Kept, Coefficient>) {
      return BandRows<Coefficient>(found, zeros);
    } else {
      return BandRows<Coefficient>(found, zeros, dsp);
    }
  };
  only_ = band(0, Orientation::kLL);
  if (levels_ > 1) only_.inspect();
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
  const int shift = levels_ > 0 ? level_[levels_ - 1].outShift() : partShift(plane->width);
  if (shift != shift_) parts_ = partsOf(0, plane->width, shift);
  shift_ = shift;
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
    parts_ = level_[levels_ - 1].next(shift_, parts_, row_.data());
  } else {
    parts_ = only_.load(next_++, shift_, parts_, row_.data());
  }
  return row_.data();
}

template <typename Coefficient>
size_t InverseWavelet<Coefficient>::memory() const {
  size_t bytes = row_.capacity() * sizeof(Coefficient);
  for (const WaveletLevel<Coefficient>& level : level_) bytes += level.memory();
  return bytes;
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
