// SPDX-License-Identifier: Apache-2.0
// Inverse wavelet transform (15; filters in 15.4), rows on demand.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "residual_rows.h"
#include "subband.h"

namespace kamaelia::dirac {

// A row of an image before its horizontal steps is the low half, then the high half, each with this
// many coefficients of room on either side, where the steps repeat the ends.
constexpr int kRowMargin = 8;

// From the first coefficient of a row's low half to that of its high half.
constexpr int highOffset(int half) { return (half + 2 * kRowMargin + 15) & ~15; }

// One lifting step of columns: each row of one parity is changed by its neighbours, rows
// n + first to n + last of the other parity.
template <typename Coefficient>
struct WaveletStep {
  bool odd = false;
  int first = 0;
  int last = 0;
  // sources: the last - first + 1 neighbours.
  void (*rows)(Coefficient* target, const Coefficient* const* sources, int count) = nullptr;
};

// One filter's lifting, in the form in which an instruction set can replace it. Sums inside a step
// are of 16, 32 or 64 bits; TransformReach tells which are enough. What does not fit wraps around.
template <typename Coefficient>
struct WaveletFilter {
  static constexpr int kMostSteps = 4;
  int steps = 0;
  WaveletStep<Coefficient> step[kMostSteps];
  // Undoes the lifting of a row and interleaves its halves with the final rounding shift. Only the
  // margins of the row change. scratch: as long as the row, with its margins.
  void (*horizontal)(Coefficient* row, int half, Coefficient* scratch, Coefficient* out) = nullptr;
};

template <typename Coefficient>
struct WaveletDsp {
  WaveletFilter<Coefficient> filter[7];  // by wavelet index
  // Copies `count` coefficients that are kept in 16 bits.
  void (*fromShort)(const int16_t* from, int count, Coefficient* out) = nullptr;
};

// int16_t or int32_t; sums inside a step are of 32 bits.
template <typename Coefficient>
void initWavelet(WaveletDsp<Coefficient>* dsp, uint32_t cpuFlags);

// Filters 0 to 4 with sums of 16 bits.
void initNarrowWavelet(WaveletDsp<int16_t>* dsp, uint32_t cpuFlags);

// Scalar, with sums of 64 bits: for samples of many bits and filters of large weights.
void initWideWavelet(WaveletDsp<int32_t>* dsp);

// A band of any type, as rows of the type that the transform has.
template <typename Coefficient>
class BandRows {
 public:
  // Of a band that is all zero; or that has the type itself; or 16 bits.
  BandRows() = default;
  explicit BandRows(const Subband<Coefficient>& band);
  BandRows(const Subband<int16_t>& band, const WaveletDsp<Coefficient>& dsp);

  int width() const { return width_; }
  int height() const { return height_; }
  void copy(int row, Coefficient* out) const;

 private:
  template <typename Kept>
  const Kept* rowOf(int row) const;

  const void* data_ = nullptr;  // nullptr where all is zero
  ptrdiff_t stride_ = 0;        // in coefficients
  int width_ = 0;
  int height_ = 0;
  void (*fromShort_)(const int16_t* from, int count, Coefficient* out) = nullptr;
};

// The rows of one level's image, made from its four bands when they are asked for. Every lifting
// step runs as soon as its neighbours are there, in a ring of rows that stays in the cache: a step
// reads a row no later than the next step changes it, which holds for all seven filters.
template <typename Coefficient>
class WaveletLevel {
 public:
  // bands: LL, HL, LH, HH. coarser: what gives the rows of the LL band, if that is not bands[0].
  // vertical: nullptr for a level that is horizontal only, which has neither LH nor HH.
  void configure(const WaveletFilter<Coefficient>* vertical,
                 const WaveletFilter<Coefficient>& horizontal, WaveletLevel* coarser,
                 const BandRows<Coefficient> (&bands)[4]);
  // The next row is number `row`.
  void seek(int row);
  // Writes the next row: as many coefficients as two bands are wide.
  void next(Coefficient* out);

 private:
  static constexpr int kMostRing = 16;

  Coefficient* even(int n) { return ring_.data() + kRowMargin + 2 * (n & ringMask_) * rowSize_; }
  Coefficient* odd(int n) { return even(n) + rowSize_; }
  void loadHalves(int n, Coefficient* row);
  void load(int n);
  void advance();

  const WaveletFilter<Coefficient>* vertical_ = nullptr;
  const WaveletFilter<Coefficient>* horizontal_ = nullptr;
  WaveletLevel* coarser_ = nullptr;
  BandRows<Coefficient> band_[4];
  int half_ = 0;   // coefficients of a row's half
  int pairs_ = 0;  // of rows
  ptrdiff_t rowSize_ = 0;
  int ringMask_ = 0;
  std::vector<Coefficient> ring_;                          // pairs of rows, then one row of scratch
  int loaded_ = 0;                                         // pairs that have been read
  int done_[WaveletFilter<Coefficient>::kMostSteps] = {};  // rows, by step
  int next_ = 0;
};

// A component's samples, less mid-grey, from its subbands, row by row. The subbands are only read:
// several of these may work on one plane.
template <typename Coefficient>
class InverseWavelet final : public ResidualRows<Coefficient> {
 public:
  // Kept: Coefficient, or int16_t where that has room for the coefficients.
  template <typename Kept>
  void configure(const WaveletDsp<Coefficient>& dsp, const TransformParams& params,
                 CoefficientPlane<Kept>* plane);
  void seek(int row) override;
  const Coefficient* next() override;

 private:
  int levels_ = 0;
  WaveletLevel<Coefficient> level_[kMaxLevels];
  BandRows<Coefficient> only_;  // without any level
  std::vector<Coefficient> row_;
  int next_ = 0;
};

// Largest magnitudes of a plane's subbands.
struct BandPeaks {
  uint32_t low = 0;
  uint32_t high[kMaxLevels][3] = {};  // by level from the coarsest; HL, LH, HH

  void raise(const BandPeaks& other) {
    low = std::max(low, other.low);
    for (int level = 0; level < kMaxLevels; ++level) {
      for (int i = 0; i < 3; ++i) high[level][i] = std::max(high[level][i], other.high[level][i]);
    }
  }
};

// What the inverse transform of any coefficients within those peaks cannot exceed.
struct TransformReach {
  int64_t value = 0;  // a coefficient before, between or after the steps
  int64_t sum = 0;    // the weighted sum of neighbours inside a step

  // Coefficients fit 16 bits; sums of four of them too; weighted sums fit 32 bits.
  bool fitsShort() const { return value <= INT16_MAX; }
  bool fitsNarrowSums() const { return 4 * value + 16 <= INT16_MAX; }
  bool fitsSums() const { return sum <= INT32_MAX; }
};

TransformReach transformReach(const TransformParams& params, const BandPeaks& peaks);

}  // namespace kamaelia::dirac
