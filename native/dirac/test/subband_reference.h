// SPDX-License-Identifier: Apache-2.0
// A band of the core syntax as the specification reads it (13.4), one coefficient at a time.
#pragma once

#include <cstdint>

#include "bit_writer.h"
#include "subband.h"
#include "wavelet_reference.h"

namespace kamaelia::dirac::test {

struct ReferenceBand {
  Grid band;
  bool good = true;
  bool overflows = false;  // a coefficient leaves 32 bits
  uint32_t peak = 0;
  int64_t taken = 0;  // bytes
};

// parent: nullptr where there is none.
ReferenceBand decodeReference(const Bytes& bytes, int width, int height, const CodedBand& coded,
                              const Grid* parent, const BandCoding& coding);

}  // namespace kamaelia::dirac::test
