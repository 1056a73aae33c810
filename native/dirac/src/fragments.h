// SPDX-License-Identifier: Apache-2.0
// Headers of picture fragments (ST 2042-1, 14).
#pragma once

#include <cstdint>

#include "common/bit_reader.h"

namespace kamaelia::dirac {

struct FragmentHeader {
  uint32_t picture = 0;
  uint32_t bytes = 0;   // of the data behind the header
  uint32_t slices = 0;  // 0: transform parameters follow instead
  uint32_t x = 0;       // of the first slice
  uint32_t y = 0;
};

// False where the unit is too short for it.
bool readFragmentHeader(BitReader& bits, FragmentHeader* header);

}  // namespace kamaelia::dirac
