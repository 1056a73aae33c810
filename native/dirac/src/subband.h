// SPDX-License-Identifier: Apache-2.0
// Subbands: geometry, and those of the core syntax: entropy decoding and dequantisation (13).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "picture_header.h"

namespace kamaelia::dirac {

enum class Orientation : uint8_t { kLL, kHL, kLH, kHH };

// What is known of a band's memory from the picture before: most codeblocks are zero in every
// picture, and need not be cleared again.
struct ZeroCodeblocks {
  CodeblockCount count{0, 0};  // 0: nothing is known
  std::vector<uint8_t> zero;   // of each codeblock, whether it holds zeros, 1 or 0

  void forget() { count = {0, 0}; }
  // Flags for that many codeblocks, which are those of before if there were as many.
  uint8_t* of(const CodeblockCount& wanted);
};

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
  ZeroCodeblocks zeroCodeblocks[kMaxLevels + 1][4];

  void configure(int componentWidth, int componentHeight, int transformDepth,
                 int horizontalDepth = 0);
  // For whoever writes coefficients by another way than decodeSubband().
  void forgetZeroCodeblocks();
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

// Entropy decoding of one band, in the form in which an instruction set can replace it.
template <typename Coefficient>
struct BandDsp {
  // As decodeSubband(), but leaves what a bad band has so far. zero: of each codeblock, whether it
  // is known to hold zeros, 1 or 0; kept up to date.
  BandResult (*arithmetic)(const CodedBand& coded, const Subband<Coefficient>& band,
                           const Subband<Coefficient>& parent, const BandCoding& coding,
                           uint8_t* zero) = nullptr;
};

// int16_t or int32_t.
template <typename Coefficient>
void initBands(BandDsp<Coefficient>* dsp, uint32_t cpuFlags);

// Fills the band; not called for one of size 0. parent: data is nullptr where there is none, or all
// of it is 0. zeros: of this band, or nullptr where nothing is known of what is in it.
template <typename Coefficient>
BandResult decodeSubband(const BandDsp<Coefficient>& dsp, const CodedBand& coded,
                         const Subband<Coefficient>& band, const Subband<Coefficient>& parent,
                         const BandCoding& coding, ZeroCodeblocks* zeros = nullptr);

// Undoes the DC prediction of an intra picture's LL band (13.4). Gives the largest magnitude that
// came about.
template <typename Coefficient>
uint32_t undoDcPrediction(const Subband<Coefficient>& band);

}  // namespace kamaelia::dirac
