// SPDX-License-Identifier: Apache-2.0
#include "fragments.h"

namespace kamaelia::dirac {

bool readFragmentHeader(BitReader& bits, FragmentHeader* header) {
  header->picture = bits.literal(32);
  header->bytes = bits.literal(16);
  header->slices = bits.literal(16);
  if (header->slices > 0) {
    header->x = bits.literal(16);
    header->y = bits.literal(16);
  }
  return !bits.overrun();
}

}  // namespace kamaelia::dirac
