// SPDX-License-Identifier: Apache-2.0
// Subbands: geometry, and those of the core syntax: entropy decoding and dequantisation (13).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "picture_header.h"

namespace kamaelia::dirac {

enum class Orientation : uint8_t { kLL, kHL, kLH, kHH };

template <typename Coefficient>
struct Subband {
  Coefficient* data = nullptr;
  ptrdiff_t stride = 0;  // between rows
  int width = 0;
  int height = 0;
};

// One component's coefficients, int16_t or int32_t: the LL band, then level by level the others,
// each band's rows one behind the other, so that what neighbours in the picture is in few pages.
template <typename Coefficient>
struct CoefficientPlane {
  int width = 0;   // padded to a multiple of 1 << levels()
  int height = 0;  // and of 1 << depth
  int depth = 0;
  int depthHorizontal = 0;  // of the levels that are horizontal only, the coarsest ones
  std::vector<Coefficient> data;
  // By level and orientation: all coefficients are 0, whatever `data` has there.
  bool zero[kMaxLevels + 1][4] = {};

  void configure(int componentWidth, int componentHeight, int transformDepth,
                 int horizontalDepth = 0);
  int levels() const { return depth + depthHorizontal; }
};

// level 0 is the LL band alone, levels from 1 (coarsest) on have the other three, or HL alone.
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

// What the bands of a picture share.
struct BandCoding {
  bool intra = true;       // chooses the dequantisation offset (13.3)
  bool arithmetic = true;  // or variable length codes
  bool quantiserPerCodeblock = false;
  // Bands of a single codeblock do not send it, as dirac-research and schroedinger up to 1.0.7
  // write them against the specification.
  bool onlyWhereSeveral = false;
};

struct BandResult {
  bool good = true;   // false: a quantiser index left its range, and the band was made zero
  uint32_t peak = 0;  // largest magnitude decoded; what is over int16_t is kept modulo 2^16 there
  int64_t taken =
      0;  // bytes that the coefficients used, rounded up; over the size where they ran out
};

// Fills the band; not called for one of size 0. parent: data is nullptr where there is none, or all
// of it is 0.
template <typename Coefficient>
BandResult decodeSubband(const CodedBand& coded, const Subband<Coefficient>& band,
                         const Subband<Coefficient>& parent, const BandCoding& coding);

// Undoes the DC prediction of an intra picture's LL band (13.4). Gives the largest magnitude that
// came about.
template <typename Coefficient>
uint32_t undoDcPrediction(const Subband<Coefficient>& band);

}  // namespace kamaelia::dirac
