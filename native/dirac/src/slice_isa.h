// SPDX-License-Identifier: Apache-2.0
// Slices' kernels compiled for one instruction set each; a null pointer is left alone.
#pragma once

#include "slices.h"

namespace kamaelia::dirac {

using FillSlices = void(SliceDsp<int16_t>* narrow, SliceDsp<int32_t>* wide);

FillSlices fillSlicesSse41;
FillSlices fillSlicesAvx2;
FillSlices fillSlicesNeon;

}  // namespace kamaelia::dirac
