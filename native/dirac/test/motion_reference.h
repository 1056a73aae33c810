// SPDX-License-Identifier: Apache-2.0
// Motion compensation as the text of the specification has it, one sample at a time.
#pragma once

#include "motion_data.h"
#include "wavelet_reference.h"

namespace kamaelia::dirac::test {

// The half-pel picture of 2w - 1 by 2h - 1 samples (15.8.11).
Grid halfPel(const Grid& picture, int bitDepth = 8);

// What is predicted for one component.
struct PredictionInput {
  const PredictionParams* params;
  const MotionField* field;
  const Grid* reference[2];
  int component;
  int horizontalShift;
  int verticalShift;
  int width;
  int height;
  int bitDepth = 8;
};

Grid predict(const PredictionInput& input);

}  // namespace kamaelia::dirac::test
