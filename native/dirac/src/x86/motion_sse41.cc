// SPDX-License-Identifier: Apache-2.0
#include "motion_isa.h"
#include "motion_lanes.h"

namespace kamaelia::dirac {

void fillRebuildSse41(RebuildDsp<uint8_t, int16_t>* dsp) { fillRebuildInLanes(dsp); }
void fillRebuildSse41(RebuildDsp<uint8_t, int32_t>* dsp) { fillRebuildInLanes(dsp); }
void fillRebuildSse41(RebuildDsp<uint16_t, int32_t>* dsp) { fillRebuild(dsp); }
void fillUpsampleSse41(UpsampleDsp<uint8_t>* dsp) { fillUpsampleInLanes(dsp); }
void fillUpsampleSse41(UpsampleDsp<uint16_t>* dsp) { fillUpsample(dsp); }

}  // namespace kamaelia::dirac
