// SPDX-License-Identifier: Apache-2.0
#include "wavelet_isa.h"
#include "wavelet_kernels.h"

namespace kamaelia::dirac {

void fillWaveletsNeon(WaveletDsp<int16_t>* narrow, WaveletDsp<int16_t>* careful,
                      WaveletDsp<int32_t>* wide) {
  fillWavelets(narrow, careful, wide);
}

}  // namespace kamaelia::dirac
