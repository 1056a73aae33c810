// SPDX-License-Identifier: Apache-2.0
// Everything in front of a picture's coded data (11.1 to 11.3).
#pragma once

#include <cstdint>

#include "common/bit_reader.h"
#include "dirac/stream_parser.h"

namespace kamaelia::dirac {

constexpr int kMaxDepth = 6;

struct PictureHeader {
  uint32_t number = 0;
  int references = 0;
  bool isReference = false;
  uint32_t reference[2] = {0, 0};  // picture numbers
  bool retires = false;
  uint32_t retired = 0;
};

// Picture prediction parameters (11.2).
struct PredictionParams {
  int blockWidth = 0;  // luma; xblen
  int blockHeight = 0;
  int separationX = 0;  // xbsep
  int separationY = 0;
  int precision = 0;  // of vectors: 0 pel to 3 eighth pel
  bool usesGlobal = false;
  int weightPrecision = 1;
  int weight[2] = {1, 1};
};

struct CodeblockCount {
  int x = 1;
  int y = 1;
};

// Transform parameters of the core syntax (11.3).
struct TransformParams {
  bool present = false;  // or the residual is zero
  uint32_t wavelet = 0;
  int depth = 0;
  CodeblockCount codeblocks[kMaxDepth + 1];
  bool quantiserPerCodeblock = false;
};

// code: of a picture of the core syntax, so of at most two references.
void readPictureHeader(BitReader& bits, uint8_t code, PictureHeader* header);
Status readPredictionParams(BitReader& bits, int references, PredictionParams* params);
Status readTransformParams(BitReader& bits, TransformParams* params);

}  // namespace kamaelia::dirac
