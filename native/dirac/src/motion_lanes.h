// SPDX-License-Identifier: Apache-2.0
// Blocks of 8-bit samples in lanes of 8 or 16, which no compiler makes of loops as short as a block
// is wide. Lanes behind a block's width read what is there and add it with a weight of 0.
#pragma once

#include <cstdint>
#include <cstring>

#include "motion_kernels.h"

namespace kamaelia::dirac {
namespace {

using Bytes8 = uint8_t __attribute__((vector_size(8)));
using Bytes16 = uint8_t __attribute__((vector_size(16)));
using Words8 = uint16_t __attribute__((vector_size(16)));
using Words16 = uint16_t __attribute__((vector_size(32)));

struct Lanes8 {
  using Bytes = Bytes8;
  using Words = Words8;
  static constexpr int count = 8;
};
struct Lanes16 {
  using Bytes = Bytes16;
  using Words = Words16;
  static constexpr int count = 16;
};

template <typename Vector, typename Element>
Vector load(const Element* from) {
  Vector vector;
  std::memcpy(&vector, from, sizeof vector);
  return vector;
}

template <typename Lanes>
typename Lanes::Words widened(const uint8_t* from) {
  return __builtin_convertvector(load<typename Lanes::Bytes>(from), typename Lanes::Words);
}

// Adds value(j, i) of the lanes at column i of row j, with the window's weights.
template <typename Lanes, typename Value>
void addColumns(const BlockTarget<int16_t>& target, ptrdiff_t i, Value&& value) {
  const typename Lanes::Words weightX = widened<Lanes>(target.weightX + i);
  int16_t* out = target.sums + i;
  for (ptrdiff_t j = 0; j < target.height; ++j, out += target.stride) {
    const typename Lanes::Words weight = weightX * uint16_t{target.weightY[j]};
    const auto sum = load<typename Lanes::Words>(out) + value(j, i) * weight;
    std::memcpy(out, &sum, sizeof sum);
  }
}

// make(lanes) gives the function for addColumns.
template <typename Make>
void addInLanes(const BlockTarget<int16_t>& target, Make&& make) {
  const ptrdiff_t width = target.width;
  ptrdiff_t i = 0;
  for (; i + Lanes8::count < width; i += Lanes16::count) {
    addColumns<Lanes16>(target, i, make(Lanes16{}));
  }
  if (i < width) addColumns<Lanes8>(target, i, make(Lanes8{}));
}

void addSingleLanes(const BlockTarget<int16_t>& target, BlockView<uint8_t> a) {
  addInLanes(target, [=]<typename Lanes>(Lanes) {
    return [=](ptrdiff_t j, ptrdiff_t i) { return widened<Lanes>(a.data + j * a.stride + i); };
  });
}

void addAverageLanes(const BlockTarget<int16_t>& target, BlockView<uint8_t> a,
                     BlockView<uint8_t> b) {
  addInLanes(target, [=]<typename Lanes>(Lanes) {
    return [=](ptrdiff_t j, ptrdiff_t i) {
      const auto first = widened<Lanes>(a.data + j * a.stride + i);
      const auto second = widened<Lanes>(b.data + j * b.stride + i);
      return (first + second + 1) >> 1;
    };
  });
}

void addFlatLanes(const BlockTarget<int16_t>& target, int32_t value) {
  addInLanes(target, [=]<typename Lanes>(Lanes) {
    return [=](ptrdiff_t, ptrdiff_t) {
      return typename Lanes::Words{} + static_cast<uint16_t>(value);
    };
  });
}

template <typename Lanes>
void blendColumns(const BlockView<uint8_t> (&from)[4], ptrdiff_t i, int height,
                  const uint16_t (&weights)[4], uint16_t round, int shift, uint8_t* out) {
  const uint8_t* at[4];
  for (int k = 0; k < 4; ++k) at[k] = from[k].data + i;
  for (ptrdiff_t j = 0; j < height; ++j) {
    typename Lanes::Words sum = typename Lanes::Words{} + round;
    for (int k = 0; k < 4; ++k) sum += widened<Lanes>(at[k] + j * from[k].stride) * weights[k];
    const auto bytes = __builtin_convertvector(sum >> shift, typename Lanes::Bytes);
    std::memcpy(out + j * kMaxBlock + i, &bytes, sizeof bytes);
  }
}

// Sums of at most 16 * 255 + 8.
void blendLanes(const BlockView<uint8_t> (&from)[4], int width, int height, int rx, int ry,
                int scale, uint8_t* out) {
  const uint16_t weights[4] = {
      static_cast<uint16_t>((scale - rx) * (scale - ry)), static_cast<uint16_t>(rx * (scale - ry)),
      static_cast<uint16_t>((scale - rx) * ry), static_cast<uint16_t>(rx * ry)};
  const auto round = static_cast<uint16_t>(scale * scale / 2);
  const int shift = scale == 2 ? 2 : 4;
  ptrdiff_t i = 0;
  for (; i + Lanes8::count < width; i += Lanes16::count) {
    blendColumns<Lanes16>(from, i, height, weights, round, shift, out);
  }
  if (i < width) blendColumns<Lanes8>(from, i, height, weights, round, shift, out);
}

// One instruction set's share of initRebuild() and initUpsample().
template <typename Coefficient>
void fillRebuildInLanes(RebuildDsp<uint8_t, Coefficient>* dsp) {
  fillRebuild(dsp);
  dsp->shortBlocks.addFlat = addFlatLanes;
  dsp->shortBlocks.addSingle = addSingleLanes;
  dsp->shortBlocks.addAverage = addAverageLanes;
  dsp->blend = blendLanes;
}

}  // namespace
}  // namespace kamaelia::dirac
