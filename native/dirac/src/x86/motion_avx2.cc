// SPDX-License-Identifier: Apache-2.0
#include "motion_isa.h"
#include "motion_lanes.h"

namespace kamaelia::dirac {

void fillRebuildAvx2(RebuildDsp<uint8_t, int16_t>* dsp) { fillRebuildInLanes(dsp); }
void fillRebuildAvx2(RebuildDsp<uint8_t, int32_t>* dsp) { fillRebuildInLanes(dsp); }
void fillRebuildAvx2(RebuildDsp<uint16_t, int32_t>* dsp) { fillRebuild(dsp); }
void fillUpsampleAvx2(UpsampleDsp<uint8_t>* dsp) { fillUpsampleInLanes(dsp); }
void fillUpsampleAvx2(UpsampleDsp<uint16_t>* dsp) { fillUpsample(dsp); }

}  // namespace kamaelia::dirac
