// SPDX-License-Identifier: Apache-2.0
// Subbands of the core syntax: geometry, entropy decoding and dequantisation (13).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "picture_header.h"

namespace kamaelia::dirac {

enum class Orientation : uint8_t { kLL, kHL, kLH, kHH };

// One component's coefficients. All levels lie in one array of the padded size, so that the inverse
// transform works in place: the image of level l has a row stride of `width << (depth - l)`; its
// even rows are LL then HL, its odd rows LH then HH, each of half the level's width.
struct CoefficientPlane {
  int width = 0;  // padded to a multiple of 1 << depth
  int height = 0;
  int depth = 0;
  std::vector<int32_t> data;

  void configure(int componentWidth, int componentHeight, int transformDepth);
};

struct Subband {
  int32_t* data = nullptr;
  ptrdiff_t stride = 0;
  int width = 0;
  int height = 0;
};

// level 0 is the LL band alone, levels 1 (coarsest) to depth have the other three.
Subband subbandOf(CoefficientPlane& plane, int level, Orientation orientation);

// One band's part of the picture data unit.
struct SubbandData {
  const uint8_t* bytes = nullptr;
  size_t size = 0;  // 0: all coefficients are 0
  uint32_t quantiser = 0;
  Subband band;
  Subband parent;  // data is nullptr where there is none
  CodeblockCount codeblocks;
  Orientation orientation = Orientation::kLL;
};

// Fills band.data. intra chooses the dequantisation offset (13.3). False when a quantiser index
// left its range.
bool decodeSubband(const SubbandData& data, bool quantiserPerCodeblock, bool intra);

// Undoes the DC prediction of an intra picture's LL band (13.4).
void undoDcPrediction(const Subband& band);

}  // namespace kamaelia::dirac
