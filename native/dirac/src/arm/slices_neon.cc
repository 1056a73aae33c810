// SPDX-License-Identifier: Apache-2.0
#include "slice_isa.h"
#include "slice_kernels.h"

namespace kamaelia::dirac {

void fillSlicesNeon(SliceDsp<int16_t>* narrow, SliceDsp<int32_t>* wide) {
  if (narrow != nullptr) fillSlices(narrow);
  if (wide != nullptr) fillSlices(wide);
}

}  // namespace kamaelia::dirac
