// SPDX-License-Identifier: Apache-2.0
// Bands' entropy decoding compiled for one instruction set each; a null pointer is left alone.
#pragma once

#include "subband.h"

namespace kamaelia::dirac {

using FillBands = void(BandDsp<int16_t>* narrow, BandDsp<int32_t>* wide);

FillBands fillBandsAvx2;

}  // namespace kamaelia::dirac
