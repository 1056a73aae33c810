// SPDX-License-Identifier: Apache-2.0
#include "subband_isa.h"
#include "subband_kernels.h"

namespace kamaelia::dirac {

void fillBandsAvx2(BandDsp<int16_t>* narrow, BandDsp<int32_t>* wide) {
  if (narrow != nullptr) narrow->arithmetic = decodeArithmetic<int16_t>;
  if (wide != nullptr) wide->arithmetic = decodeArithmetic<int32_t>;
}

}  // namespace kamaelia::dirac
