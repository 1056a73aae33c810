// SPDX-License-Identifier: Apache-2.0
#include "picture_header.h"

#include "tables/quantisation_matrices.h"

namespace kamaelia::dirac {
namespace {

struct BlockPreset {
  int length;
  int separation;
};

constexpr BlockPreset kBlockPresets[] = {{0, 0}, {8, 4}, {12, 8}, {16, 12}, {24, 16}};
constexpr uint32_t kMaxBlock = 64;
constexpr uint32_t kMaxCodeblocks = 1u << 16;
// Along a side; the picture's size limits them further.
constexpr uint32_t kMaxSlices = 1u << 16;
constexpr uint32_t kMaxSliceBytes = 1u << 24;
constexpr uint32_t kMaxMatrix = 255;

Status damaged(const BitReader& bits, const char* detail) {
  return {Code::kDamaged, bits.bytePosition(), detail};
}

bool validBlock(uint32_t length, uint32_t separation) {
  return separation >= 4 && separation % 4 == 0 && length % 4 == 0 && length >= separation &&
         length <= 2 * separation && length <= kMaxBlock;
}

Status readBlockSize(BitReader& bits, PredictionParams* params) {
  const uint32_t index = bits.unsignedGolomb();
  if (index > 4) return damaged(bits, "block parameters index");
  if (index > 0) {
    params->blockWidth = params->blockHeight = kBlockPresets[index].length;
    params->separationX = params->separationY = kBlockPresets[index].separation;
    return {};
  }
  const uint32_t width = bits.unsignedGolomb();
  const uint32_t height = bits.unsignedGolomb();
  const uint32_t separationX = bits.unsignedGolomb();
  const uint32_t separationY = bits.unsignedGolomb();
  if (!validBlock(width, separationX) || !validBlock(height, separationY)) {
    return damaged(bits, "block size");
  }
  params->blockWidth = static_cast<int>(width);
  params->blockHeight = static_cast<int>(height);
  params->separationX = static_cast<int>(separationX);
  params->separationY = static_cast<int>(separationY);
  return {};
}

// False for exponents that no picture needs.
bool readGlobalMotion(BitReader& bits, GlobalMotion* motion) {
  if (bits.bit()) {
    motion->pan[0] = bits.signedGolomb();
    motion->pan[1] = bits.signedGolomb();
  }
  if (bits.bit()) {
    motion->matrixExponent = bits.unsignedGolomb();
    for (auto& row : motion->matrix) {
      for (int32_t& element : row) element = bits.signedGolomb();
    }
  }
  if (bits.bit()) {
    motion->perspectiveExponent = bits.unsignedGolomb();
    for (int32_t& element : motion->perspective) element = bits.signedGolomb();
  }
  return motion->matrixExponent <= 16 && motion->perspectiveExponent <= 16;
}

Status readCodeblocks(BitReader& bits, TransformParams* params) {
  if (!bits.bit()) return {};
  for (int level = 0; level <= params->depth; ++level) {
    const uint32_t x = bits.unsignedGolomb();
    const uint32_t y = bits.unsignedGolomb();
    if (x == 0 || y == 0 || x > kMaxCodeblocks || y > kMaxCodeblocks) {
      return damaged(bits, "number of codeblocks");
    }
    params->codeblocks[level] = {static_cast<int>(x), static_cast<int>(y)};
  }
  const uint32_t mode = bits.unsignedGolomb();
  if (mode > 1) return damaged(bits, "codeblock mode");
  params->quantiserPerCodeblock = mode == 1;
  return {};
}

Status readMatrix(BitReader& bits, TransformParams* params) {
  uint32_t* matrix = params->slices.matrix;
  if (bits.bit()) {
    for (int level = 0; level <= params->levels(); ++level) {
      for (int i = 0; i < params->bandsAt(level); ++i) {
        *matrix = bits.unsignedGolomb();
        if (*matrix++ > kMaxMatrix) return damaged(bits, "quantisation matrix");
      }
    }
    return {};
  }
  if (params->depthHorizontal > 0 || params->wavelet != params->waveletHorizontal) {
    return {Code::kUnsupported, bits.bytePosition(),
            "the default quantisation matrix of an asymmetric transform"};
  }
  if (params->depth > kDefaultMatrixDepth) {
    return damaged(bits, "default quantisation matrix of more than four levels");
  }
  const DefaultMatrix& preset = kDefaultMatrices[params->wavelet][params->depth];
  *matrix++ = preset.low;
  for (int level = 0; level < params->depth; ++level) {
    *matrix++ = preset.high[level][0];
    *matrix++ = preset.high[level][0];
    *matrix++ = preset.high[level][1];
  }
  return {};
}

Status readSliceParams(BitReader& bits, TransformParams* params) {
  SliceParams& slices = params->slices;
  const uint32_t x = bits.unsignedGolomb();
  const uint32_t y = bits.unsignedGolomb();
  if (x == 0 || y == 0 || x > kMaxSlices || y > kMaxSlices) return damaged(bits, "slices");
  slices.x = static_cast<int>(x);
  slices.y = static_cast<int>(y);
  if (params->syntax == Syntax::kLowDelay) {
    slices.bytesNum = bits.unsignedGolomb();
    slices.bytesDen = bits.unsignedGolomb();
    if (slices.bytesDen == 0 || slices.bytesNum / slices.bytesDen > kMaxSliceBytes) {
      return damaged(bits, "slice size");
    }
  } else {
    slices.prefixBytes = bits.unsignedGolomb();
    slices.sizeScaler = bits.unsignedGolomb();
    if (slices.prefixBytes > kMaxSliceBytes || slices.sizeScaler > kMaxSliceBytes) {
      return damaged(bits, "slice size");
    }
  }
  return readMatrix(bits, params);
}

}  // namespace

void readPictureHeader(BitReader& bits, uint8_t code, PictureHeader* header) {
  // Low delay pictures may be references for others to come, VC-2's are always intra.
  header->references = isCore(code) ? referenceCount(code) : 0;
  header->isReference = isReference(code) && !isHighQuality(code);
  header->number = bits.literal(32);
  for (int i = 0; i < header->references; ++i) {
    header->reference[i] = header->number + static_cast<uint32_t>(bits.signedGolomb());
  }
  if (header->isReference) {
    const int32_t offset = bits.signedGolomb();
    header->retires = offset != 0;
    header->retired = header->number + static_cast<uint32_t>(offset);
  }
}

Status readPredictionParams(BitReader& bits, int references, PredictionParams* params) {
  if (const Status status = readBlockSize(bits, params); !status.ok()) return status;
  const uint32_t precision = bits.unsignedGolomb();
  if (precision > 3) return damaged(bits, "motion vector precision");
  params->precision = static_cast<int>(precision);
  params->usesGlobal = bits.bit() != 0;
  if (params->usesGlobal) {
    for (int i = 0; i < references; ++i) {
      if (!readGlobalMotion(bits, &params->global[i])) return damaged(bits, "global motion");
    }
  }
  if (bits.unsignedGolomb() != 0) return damaged(bits, "picture prediction mode");
  if (bits.bit()) {
    const uint32_t weightPrecision = bits.unsignedGolomb();
    if (weightPrecision > 16) return damaged(bits, "reference weight precision");
    params->weightPrecision = static_cast<int>(weightPrecision);
    params->weight[0] = bits.signedGolomb();
    params->weight[1] = references == 2 ? bits.signedGolomb() : 1;
    for (const int weight : params->weight) {
      if (weight > 1 << 16 || weight < -(1 << 16)) return damaged(bits, "reference weight");
    }
  }
  if (bits.overrun()) return damaged(bits, "prediction parameters too short");
  return {};
}

Status readTransformParams(BitReader& bits, Syntax syntax, bool asymmetric,
                           TransformParams* params) {
  params->syntax = syntax;
  params->wavelet = bits.unsignedGolomb();
  if (params->wavelet > 6) return damaged(bits, "wavelet index");
  const uint32_t depth = bits.unsignedGolomb();
  if (depth > kMaxDepth) return damaged(bits, "transform depth");
  params->depth = static_cast<int>(depth);
  params->waveletHorizontal = params->wavelet;
  if (asymmetric && syntax != Syntax::kCore) {
    if (bits.bit()) params->waveletHorizontal = bits.unsignedGolomb();
    if (params->waveletHorizontal > 6) return damaged(bits, "horizontal wavelet index");
    const uint32_t horizontal = bits.bit() ? bits.unsignedGolomb() : 0;
    if (horizontal > kMaxLevels - depth) return damaged(bits, "horizontal transform depth");
    params->depthHorizontal = static_cast<int>(horizontal);
  }
  const Status status =
      syntax == Syntax::kCore ? readCodeblocks(bits, params) : readSliceParams(bits, params);
  if (status.ok() && bits.overrun()) return damaged(bits, "transform parameters too short");
  return status;
}

}  // namespace kamaelia::dirac
