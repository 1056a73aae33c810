// SPDX-License-Identifier: Apache-2.0
// Inverse wavelet transform (15; filters in 15.4).
#pragma once

#include <cstddef>
#include <cstdint>

#include "subband.h"

namespace kamaelia::dirac {

// One filter's lifting, in the form in which an instruction set can replace it. Where Coefficient
// is int16_t, transformReach() has shown that every coefficient, between the steps too, fits; the
// sum of neighbours inside a step may need more bits. Anything else wraps around.
template <typename Coefficient>
struct WaveletFilter {
  // Undoes the vertical lifting of rows [0, height) of an image in place; height is even, rows are
  // `stride` apart.
  void (*vertical)(Coefficient* image, ptrdiff_t stride, int width, int height);
  // Undoes the horizontal lifting of one row of `width` (even) coefficients, low half then high
  // half, and interleaves them with the final rounding shift. scratch: width coefficients.
  void (*horizontal)(Coefficient* row, int width, Coefficient* scratch);
};

template <typename Coefficient>
struct WaveletDsp {
  WaveletFilter<Coefficient> filter[7];  // by wavelet index
};

// int16_t or int32_t; sums inside a step are of 32 bits.
template <typename Coefficient>
void initWavelet(WaveletDsp<Coefficient>* dsp, uint32_t cpuFlags);

// Scalar, with sums of 64 bits: for samples of many bits and filters of large weights.
void initWideWavelet(WaveletDsp<int32_t>* dsp);

// Turns the subbands of a plane into samples, in place: row y is at data + y * width. scratch:
// plane.width coefficients.
template <typename Coefficient>
void inverseWavelet(const WaveletDsp<Coefficient>& dsp, uint32_t wavelet,
                    CoefficientPlane<Coefficient>* plane, Coefficient* scratch);

// Largest magnitudes of a plane's subbands.
struct BandPeaks {
  uint32_t low = 0;
  uint32_t high[kMaxDepth][3] = {};  // by level from the coarsest; HL, LH, HH
};

// What the inverse transform of any coefficients within those peaks cannot exceed.
struct TransformReach {
  int64_t value = 0;  // a coefficient before, between or after the steps
  int64_t sum = 0;    // the weighted sum of neighbours inside a step

  bool fitsShort() const { return value <= INT16_MAX; }
  bool fitsSums() const { return sum <= INT32_MAX; }
};

TransformReach transformReach(uint32_t wavelet, int depth, const BandPeaks& peaks);

}  // namespace kamaelia::dirac
