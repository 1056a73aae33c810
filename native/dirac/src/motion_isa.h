// SPDX-License-Identifier: Apache-2.0
// Motion compensation and reconstruction compiled for one instruction set each.
#pragma once

#include "obmc.h"
#include "reference_picture.h"

namespace kamaelia::dirac {

#define KAMAELIA_MOTION_ISA(Name)                         \
  void fillRebuild##Name(RebuildDsp<uint8_t, int16_t>*);  \
  void fillRebuild##Name(RebuildDsp<uint8_t, int32_t>*);  \
  void fillRebuild##Name(RebuildDsp<uint16_t, int32_t>*); \
  void fillUpsample##Name(UpsampleDsp<uint8_t>*);         \
  void fillUpsample##Name(UpsampleDsp<uint16_t>*);
KAMAELIA_MOTION_ISA(Sse41)
KAMAELIA_MOTION_ISA(Avx2)
KAMAELIA_MOTION_ISA(Neon)
#undef KAMAELIA_MOTION_ISA

}  // namespace kamaelia::dirac
