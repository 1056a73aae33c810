// SPDX-License-Identifier: Apache-2.0
// Block motion data (12).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "picture_header.h"

namespace kamaelia::dirac {

struct Vector {
  int32_t x = 0;
  int32_t y = 0;
};

struct MotionBlock {
  uint8_t mode = 0;           // bit 0: uses reference 1, bit 1: uses reference 2; 0: DC values
  bool global = false;        // moves with the picture instead of by its vectors
  Vector vector[2];           // in units of the vector precision
  int32_t dc[3] = {0, 0, 0};  // signed, around mid-grey
};

struct MotionField {
  int blocksX = 0;  // a multiple of 4
  int blocksY = 0;
  std::vector<MotionBlock> blocks;
  int32_t dcPeak = INT32_MAX;  // no DC value is of larger magnitude

  void configure(int width, int height, const PredictionParams& params);
  const MotionBlock& at(int x, int y) const {
    return blocks[static_cast<size_t>(y) * static_cast<size_t>(blocksX) + static_cast<size_t>(x)];
  }
};

struct MotionCoding {
  int references = 1;
  bool usesGlobal = false;
  bool arithmetic = true;  // or variable length codes
};

// Where the elements of a picture lie: splits, modes, the vectors' two axes for each reference, the
// DC values of each component.
struct CodedMotion {
  struct Element {
    const uint8_t* bytes = nullptr;
    size_t size = 0;
  };
  Element element[9];
};

// The seven (one reference) or nine elements. A length that leaves the unit is kDamaged; what is
// there of its element counts all the same.
Status findMotionData(BitReader& bits, int references, CodedMotion* coded);

// field: configured.
void decodeMotionData(const CodedMotion& coded, const MotionCoding& coding, MotionField* field);

}  // namespace kamaelia::dirac
