// SPDX-License-Identifier: Apache-2.0
// Subbands: geometry, and those of the core syntax: entropy decoding and dequantisation (13).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "picture_header.h"

namespace kamaelia::dirac {

enum class Orientation : uint8_t { kLL, kHL, kLH, kHH };

// One component's coefficients, int16_t or int32_t. All levels lie in one array of the padded size,
// so that the inverse transform works in place: an image's even rows are LL then HL, its odd rows
// LH then HH, each of half the image's width; the LL part is the image of the next coarser level.
template <typename Coefficient>
struct CoefficientPlane {
  int width = 0;  // padded to a multiple of 1 << depth
  int height = 0;
  int depth = 0;
  std::vector<Coefficient> data;
  // By level and orientation: all coefficients are 0, whatever `data` has there.
  bool zero[kMaxDepth + 1][4] = {};

  void configure(int componentWidth, int componentHeight, int transformDepth);
};

template <typename Coefficient>
struct Subband {
  Coefficient* data = nullptr;
  ptrdiff_t stride = 0;
  int width = 0;
  int height = 0;
};

// level 0 is the LL band alone, levels 1 (coarsest) to depth have the other three.
template <typename Coefficient>
Subband<Coefficient> subbandOf(CoefficientPlane<Coefficient>& plane, int level,
                               Orientation orientation);

// One band's part of the picture data unit.
struct CodedBand {
  const uint8_t* bytes = nullptr;
  size_t size = 0;  // 0: all coefficients are 0
  uint32_t quantiser = 0;
  CodeblockCount codeblocks;
  Orientation orientation = Orientation::kLL;
  int component = 0;
  int level = 0;
};

struct BandResult {
  bool good = true;   // false: a quantiser index left its range, and the band is all zero
  uint32_t peak = 0;  // largest magnitude; what is over int16_t is kept modulo 2^16 there
};

// Fills the band; not called for one of size 0. parent: data is nullptr where there is none, or all
// of it is 0. intra chooses the dequantisation offset (13.3).
template <typename Coefficient>
BandResult decodeSubband(const CodedBand& coded, const Subband<Coefficient>& band,
                         const Subband<Coefficient>& parent, bool quantiserPerCodeblock,
                         bool intra);

// Undoes the DC prediction of an intra picture's LL band (13.4). Gives the largest magnitude that
// came about.
template <typename Coefficient>
uint32_t undoDcPrediction(const Subband<Coefficient>& band);

}  // namespace kamaelia::dirac
