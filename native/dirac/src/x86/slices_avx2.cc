// SPDX-License-Identifier: Apache-2.0
#include "slice_isa.h"
#include "slice_kernels.h"

namespace kamaelia::dirac {

void fillSlicesAvx2(SliceDsp<int16_t>* narrow, SliceDsp<int32_t>* wide) {
  if (narrow != nullptr) narrow->dequantise = dequantise<int16_t>;
  if (wide != nullptr) wide->dequantise = dequantise<int32_t>;
}

}  // namespace kamaelia::dirac
