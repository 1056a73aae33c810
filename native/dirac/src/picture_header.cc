// SPDX-License-Identifier: Apache-2.0
#include "picture_header.h"

namespace kamaelia::dirac {
namespace {

struct BlockPreset {
  int length;
  int separation;
};

constexpr BlockPreset kBlockPresets[] = {{0, 0}, {8, 4}, {12, 8}, {16, 12}, {24, 16}};
constexpr uint32_t kMaxBlock = 64;
constexpr uint32_t kMaxCodeblocks = 1u << 16;

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

}  // namespace

void readPictureHeader(BitReader& bits, uint8_t code, PictureHeader* header) {
  header->references = referenceCount(code);
  header->isReference = isReference(code);
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
    return {Code::kUnsupported, bits.bytePosition(), "global motion"};
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

Status readTransformParams(BitReader& bits, TransformParams* params) {
  params->wavelet = bits.unsignedGolomb();
  if (params->wavelet > 6) return damaged(bits, "wavelet index");
  const uint32_t depth = bits.unsignedGolomb();
  if (depth > kMaxDepth) return damaged(bits, "transform depth");
  params->depth = static_cast<int>(depth);
  if (bits.bit()) {
    for (uint32_t level = 0; level <= depth; ++level) {
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
  }
  if (bits.overrun()) return damaged(bits, "transform parameters too short");
  return {};
}

}  // namespace kamaelia::dirac
