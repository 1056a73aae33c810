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

// Motion of a whole picture against one reference (11.2.6).
struct GlobalMotion {
  int32_t pan[2] = {0, 0};
  uint32_t matrixExponent = 0;
  int32_t matrix[2][2] = {{1, 0}, {0, 1}};
  uint32_t perspectiveExponent = 0;
  int32_t perspective[2] = {0, 0};
};

// Picture prediction parameters (11.2).
struct PredictionParams {
  int blockWidth = 0;  // luma; xblen
  int blockHeight = 0;
  int separationX = 0;  // xbsep
  int separationY = 0;
  int precision = 0;  // of vectors: 0 pel to 3 eighth pel
  bool usesGlobal = false;
  GlobalMotion global[2];
  int weightPrecision = 1;
  int weight[2] = {1, 1};
};

struct CodeblockCount {
  int x = 1;
  int y = 1;
};

// How a picture's coefficients are coded.
enum class Syntax : uint8_t { kCore, kLowDelay, kHighQuality };

constexpr int kMaxLevels = 8;  // with those that are horizontal only
// Elements of a quantisation matrix: LL, one for each horizontal level, three for each other.
constexpr int kMatrixSize = 1 + 3 * kMaxLevels;

// Slices of low delay and high quality pictures.
struct SliceParams {
  int x = 0;  // how many
  int y = 0;
  uint32_t bytesNum = 0;  // low delay: mean size
  uint32_t bytesDen = 1;
  uint32_t prefixBytes = 0;  // high quality
  uint32_t sizeScaler = 1;
  uint32_t matrix[kMatrixSize] = {};  // in the order of the stream
};

// Transform parameters (11.3; ST 2042-1, 12.4). Levels go from the coarsest, first those that are
// horizontal only.
struct TransformParams {
  bool present = false;  // or the residual is zero
  Syntax syntax = Syntax::kCore;
  uint32_t wavelet = 0;
  uint32_t waveletHorizontal = 0;
  int depth = 0;
  int depthHorizontal = 0;  // of levels that are horizontal only
  // Core syntax.
  CodeblockCount codeblocks[kMaxDepth + 1];
  bool quantiserPerCodeblock = false;
  // The others.
  SliceParams slices;

  int levels() const { return depth + depthHorizontal; }
  int bandsAt(int level) const { return level == 0 || level <= depthHorizontal ? 1 : 3; }
};

// code: of a picture, so of at most two references.
void readPictureHeader(BitReader& bits, uint8_t code, PictureHeader* header);
Status readPredictionParams(BitReader& bits, int references, PredictionParams* params);
// asymmetric: whether the version of the stream has horizontal levels of their own (VC-2 3).
Status readTransformParams(BitReader& bits, Syntax syntax, bool asymmetric,
                           TransformParams* params);

}  // namespace kamaelia::dirac
