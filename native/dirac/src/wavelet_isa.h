// SPDX-License-Identifier: Apache-2.0
// The filters compiled for one instruction set each; a null pointer is left alone.
#pragma once

#include "wavelet.h"

namespace kamaelia::dirac {

using FillWavelets = void(WaveletDsp<int16_t>* narrow, WaveletDsp<int16_t>* careful,
                          WaveletDsp<int32_t>* wide);

FillWavelets fillWaveletsSse41;
FillWavelets fillWaveletsAvx2;
FillWavelets fillWaveletsNeon;

}  // namespace kamaelia::dirac
