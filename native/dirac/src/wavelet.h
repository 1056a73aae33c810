// SPDX-License-Identifier: Apache-2.0
// Inverse wavelet transform (15; filters in 15.4), rows on demand.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "residual_rows.h"
#include "row_parts.h"
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
  // margins of the halves change. scratch: room for a row whose high half is highOffset(half)
  // behind the low one, with its margins.
  void (*horizontal)(Coefficient* low, Coefficient* high, int half, Coefficient* scratch,
                     Coefficient* out) = nullptr;
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
  // Of a band that has the type itself, or 16 bits; all of it is zero where its data is nullptr.
  // zeros: what is known of its codeblocks; it must stay as long as rows are taken.
  BandRows() = default;
  BandRows(const Subband<Coefficient>& band, const ZeroCodeblocks& zeros);
  BandRows(const Subband<int16_t>& band, const ZeroCodeblocks& zeros,
           const WaveletDsp<Coefficient>& dsp);

  int width() const { return width_; }
  int height() const { return height_; }
  // Makes `out` the row. held: its parts that may hold something; the others are zero already.
  // Gives those that do so now.
  RowParts load(int row, int shift, RowParts held, Coefficient* out);
  // Rows are looked at for zeros, which pays where what is made of them is much larger.
  void inspect() { inspects_ = true; }

 private:
  RowParts codedParts(int row, int shift);
  template <typename Kept>
  void copy(int row, int begin, int end, Coefficient* out) const;

  const void* data_ = nullptr;  // nullptr where all is zero
  ptrdiff_t stride_ = 0;        // in coefficients
  int width_ = 0;
  int height_ = 0;
  void (*fromShort_)(const int16_t* from, int count, Coefficient* out) = nullptr;
  bool inspects_ = false;
  CodeblockCount codeblocks_{0, 0};  // 0: nothing is known of them
  const uint8_t* zero_ = nullptr;    // by codeblock
  // Of the row of codeblocks looked at last: its rows, and where it is not zero.
  int top_ = 0;
  int bottom_ = 0;
  RowParts parts_ = 0;
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
  // Makes `out` the next row: as many coefficients as two bands are wide. shift, held and what it
  // gives: as BandRows::load(). Parts of `out` are at most outShift() wide.
  RowParts next(int shift, RowParts held, Coefficient* out);
  int outShift() const { return shift_ + 1; }
  size_t memory() const { return ring_.capacity() * sizeof(Coefficient); }

 private:
  static constexpr int kMostRing = 16;

  // Where a row of the ring is, and what is in it: its parts are those of both halves together.
  struct RingRow {
    Coefficient* data;
    RowParts* parts;
  };

  RingRow ringRow(int n) {
    const int at = n & (2 * ringMask_ + 1);
    return {ring_.data() + kRowMargin + at * rowSize_, &parts_[at]};
  }
  RingRow even(int n) { return ringRow(2 * n); }
  RingRow odd(int n) { return ringRow(2 * n + 1); }
  RowParts lowParts(RowParts parts) const { return parts & firstParts(highAt_ >> shift_); }
  RowParts highParts(RowParts parts) const { return parts >> (highAt_ >> shift_); }
  void loadHalves(BandRows<Coefficient>* low, BandRows<Coefficient>* high, int n, RingRow row);
  void load(int n);
  void advance();

  const WaveletFilter<Coefficient>* vertical_ = nullptr;
  const WaveletFilter<Coefficient>* horizontal_ = nullptr;
  WaveletLevel* coarser_ = nullptr;
  BandRows<Coefficient> band_[4];
  int half_ = 0;   // coefficients of a row's half
  int pairs_ = 0;  // of rows
  ptrdiff_t rowSize_ = 0;
  int shift_ = 0;   // of the parts of rows
  int highAt_ = 0;  // where a row's high half begins, at a part of its own
  int ringMask_ = 0;
  std::vector<Coefficient> ring_;                          // pairs of rows, then one row of scratch
  RowParts parts_[2 * kMostRing] = {};                     // of the rows of the ring
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
  // Bytes of rows in the making.
  size_t memory() const;

 private:
  int levels_ = 0;
  WaveletLevel<Coefficient> level_[kMaxLevels];
  BandRows<Coefficient> only_;  // without any level
  std::vector<Coefficient> row_;
  RowParts parts_ = 0;  // of row_
  int shift_ = 0;
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
