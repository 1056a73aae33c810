// SPDX-License-Identifier: Apache-2.0
// Overlapped block motion compensation (15.8) and reconstruction.
#pragma once

#include <cstdint>
#include <vector>

#include "motion_data.h"
#include "reference_picture.h"

namespace kamaelia::dirac {

// What one component of an inter picture is rebuilt from.
struct Compensation {
  const PredictionParams* params = nullptr;
  const MotionField* field = nullptr;
  HalfPelPlanes<uint8_t> reference[2];
  int references = 0;
  int component = 0;
  int horizontalShift = 0;  // of this component against luma
  int verticalShift = 0;
  const int32_t* residual = nullptr;  // nullptr: zero
  ptrdiff_t residualStride = 0;
  uint8_t* target = nullptr;
  ptrdiff_t targetStride = 0;
  int width = 0;
  int height = 0;
};

// Rebuilds the picture rows that block rows [firstRow, lastRow) complete; together, all block rows
// make the picture. Different ranges may be rebuilt at the same time.
void compensate(const Compensation& job, int firstRow, int lastRow);

// Rows of an intra picture, or of one whose prediction is mid-grey: residual + mid-grey, clipped.
void storeIntra(const int32_t* residual, ptrdiff_t residualStride, uint8_t* target,
                ptrdiff_t targetStride, int width, int height);

}  // namespace kamaelia::dirac
