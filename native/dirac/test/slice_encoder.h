// SPDX-License-Identifier: Apache-2.0
// Makes low delay and high quality pictures for tests, lossless where their slices have the room.
#pragma once

#include <cstdint>
#include <vector>

#include "picture_header.h"
#include "stream_builder.h"

namespace kamaelia::dirac::test {

struct SliceCoding {
  Syntax syntax = Syntax::kHighQuality;
  uint32_t wavelet = 1;
  int depth = 2;
  int slicesX = 4;
  int slicesY = 3;
  uint32_t prefixBytes = 0;
  uint32_t sizeScaler = 1;
  uint32_t bytesNum = 400;  // low delay
  uint32_t bytesDen = 1;
  bool customMatrix = false;  // all zero
  int32_t midGrey = 128;
};

// Parameters as the stream has them, aligned.
Bytes sliceParameters(const SliceCoding& coding);
// One slice after the other, in raster order, of coefficients at quantiser index 0.
std::vector<Bytes> encodeSlices(const Picture& picture, const SliceCoding& coding);
// A whole picture's payload.
Bytes slicePicture(uint32_t number, const Picture& picture, const SliceCoding& coding);

struct FragmentPlace {
  uint32_t x;
  uint32_t y;
};
Bytes parameterFragment(uint32_t number, const SliceCoding& coding);
Bytes sliceFragment(uint32_t number, FragmentPlace place, const std::vector<Bytes>& slices,
                    size_t first, size_t count);

}  // namespace kamaelia::dirac::test
