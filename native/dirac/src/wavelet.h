// SPDX-License-Identifier: Apache-2.0
// Inverse wavelet transform (15; filters in 15.4).
#pragma once

#include <cstddef>
#include <cstdint>

#include "subband.h"

namespace kamaelia::dirac {

// One filter's lifting, in the form in which an instruction set can replace it.
struct WaveletFilter {
  // Undoes the vertical lifting of rows [0, height) of an image in place; height is even, rows are
  // `stride` apart.
  void (*vertical)(int32_t* image, ptrdiff_t stride, int width, int height);
  // Undoes the horizontal lifting of one row of `width` (even) coefficients, low half then high
  // half, and interleaves them with the final rounding shift. scratch: width coefficients.
  void (*horizontal)(int32_t* row, int width, int32_t* scratch);
};

struct WaveletDsp {
  WaveletFilter filter[7];  // by wavelet index
};

void initWavelet(WaveletDsp* dsp, uint32_t cpuFlags);

// Turns the subbands of a plane into samples, in place: row y is at data + y * width. scratch:
// plane.width coefficients.
void inverseWavelet(const WaveletDsp& dsp, uint32_t wavelet, CoefficientPlane* plane,
                    int32_t* scratch);

}  // namespace kamaelia::dirac
