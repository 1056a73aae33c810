// SPDX-License-Identifier: Apache-2.0
// Blocks of 8-bit samples in lanes of 8 or 16, which no compiler makes of loops as short as a block
// is wide. Lanes behind a block's width read what is there and add it with a weight of 0.
#pragma once

#include <cstdint>
#include <cstring>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

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

#if defined(__AVX2__)
// GCC 12 makes five instructions of it.
template <>
Words16 widened<Lanes16>(const uint8_t* from) {
  return reinterpret_cast<Words16>(_mm256_cvtepu8_epi16(load<__m128i>(from)));
}
#endif

// Adds value(j, i) of the lanes at column i of row j, with the window's weights.
template <typename Lanes, typename Value>
void addColumns(int16_t* out, const uint8_t* weightX, uint16_t weightY, ptrdiff_t j, ptrdiff_t i,
                Value&& value) {
  const typename Lanes::Words weight = widened<Lanes>(weightX + i) * weightY;
  const auto sum = load<typename Lanes::Words>(out + i) + value(j, i) * weight;
  std::memcpy(out + i, &sum, sizeof sum);
}

// make(lanes) gives the function for addColumns.
template <typename Make>
void addInLanes(const BlockTarget<int16_t>& target, Make&& make) {
  // Copies: what is stored might else be what describes the target.
  const ptrdiff_t width = target.width, height = target.height, stride = target.stride;
  const uint8_t* const weightX = target.weightX;
  const uint8_t* const weightY = target.weightY;
  int16_t* out = target.sums;
  const auto wide = make(Lanes16{});
  const auto narrow = make(Lanes8{});
  for (ptrdiff_t j = 0; j < height; ++j, out += stride) {
    const uint16_t weight = weightY[j];
    ptrdiff_t i = 0;
    for (; i + Lanes8::count < width; i += Lanes16::count) {
      addColumns<Lanes16>(out, weightX, weight, j, i, wide);
    }
    if (i < width) addColumns<Lanes8>(out, weightX, weight, j, i, narrow);
  }
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

// Planes that have a weight.
template <int kTaps>
struct Taps {
  BlockView<uint8_t> from[kTaps];
  uint16_t weight[kTaps];
  uint16_t round;
  int shift;
};

template <typename Lanes, int kTaps>
void blendColumns(const Taps<kTaps>& taps, ptrdiff_t j, ptrdiff_t i, uint8_t* out) {
  typename Lanes::Words sum = typename Lanes::Words{} + taps.round;
  for (int k = 0; k < kTaps; ++k) {
    sum += widened<Lanes>(taps.from[k].data + j * taps.from[k].stride + i) * taps.weight[k];
  }
  const auto bytes = __builtin_convertvector(sum >> taps.shift, typename Lanes::Bytes);
  std::memcpy(out + i, &bytes, sizeof bytes);
}

template <int kTaps>
void blendRows(const Taps<kTaps> taps, int width, int height, uint8_t* out) {
  for (ptrdiff_t j = 0; j < height; ++j, out += kMaxRun) {
    ptrdiff_t i = 0;
    for (; i + Lanes8::count < width; i += Lanes16::count) blendColumns<Lanes16>(taps, j, i, out);
    if (i < width) blendColumns<Lanes8>(taps, j, i, out);
  }
}

// Sums of at most 16 * 255 + 8.
void blendLanes(const BlockView<uint8_t> (&from)[4], int width, int height, int rx, int ry,
                int scale, uint8_t* out) {
  const auto weight = [](int product) { return static_cast<uint16_t>(product); };
  const uint16_t round = weight(scale * scale / 2);
  const int shift = scale == 2 ? 2 : 4;
  if (rx != 0 && ry != 0) {
    return blendRows<4>({{from[0], from[1], from[2], from[3]},
                         {weight((scale - rx) * (scale - ry)), weight(rx * (scale - ry)),
                          weight((scale - rx) * ry), weight(rx * ry)},
                         round,
                         shift},
                        width, height, out);
  }
  const int r = rx + ry;  // one of them is 0
  blendRows<2>({{from[0], from[rx != 0 ? 1 : 2]},
                {weight(scale * (scale - r)), weight(scale * r)},
                round,
                shift},
               width, height, out);
}

// halfPel() of 16 columns from x on.
void filterColumns(const uint8_t* const (&rows)[2 * kReach], ptrdiff_t x, uint8_t* out) {
  using Sums = int16_t __attribute__((vector_size(32)));
  const auto pair = [&](int i) {
    return reinterpret_cast<Sums>(widened<Lanes16>(rows[3 - i] + x) +
                                  widened<Lanes16>(rows[4 + i] + x));
  };
  Sums sum = (21 * pair(0) - 7 * pair(1) + 3 * pair(2) - pair(3) + 16) >> 5;
  sum = sum < 0 ? Sums{} : sum;
  sum = sum > 255 ? Sums{} + 255 : sum;
  const auto bytes = __builtin_convertvector(reinterpret_cast<Words16>(sum), Bytes16);
  std::memcpy(out + x, &bytes, sizeof bytes);
}

#if defined(__AVX2__)
// halfPel() of 32 columns from x on: two taps of one weight are multiplied and added at once.
void filterWideColumns(const uint8_t* const (&rows)[2 * kReach], ptrdiff_t x, uint8_t* out) {
  constexpr int8_t kWeights[kReach] = {21, -7, 3, -1};  // from the middle outwards
  __m256i low = _mm256_set1_epi16(16);
  __m256i high = low;
  for (int i = 0; i < kReach; ++i) {
    const auto a = load<__m256i>(rows[3 - i] + x);
    const auto b = load<__m256i>(rows[4 + i] + x);
    const __m256i weight = _mm256_set1_epi8(kWeights[i]);
    low = _mm256_add_epi16(low, _mm256_maddubs_epi16(_mm256_unpacklo_epi8(a, b), weight));
    high = _mm256_add_epi16(high, _mm256_maddubs_epi16(_mm256_unpackhi_epi8(a, b), weight));
  }
  const __m256i bytes = _mm256_packus_epi16(_mm256_srai_epi16(low, 5), _mm256_srai_epi16(high, 5));
  std::memcpy(out + x, &bytes, sizeof bytes);
}
#endif

// The last lanes overlap the ones before rather than leave a rest; false where there is no room.
bool filterLanes(const uint8_t* const (&rows)[2 * kReach], ptrdiff_t begin, ptrdiff_t end,
                 uint8_t* out) {
  constexpr ptrdiff_t count = Lanes16::count;
  if (end - begin < count) return false;
  ptrdiff_t x = begin;
#if defined(__AVX2__)
  for (; x + 2 * count < end; x += 2 * count) filterWideColumns(rows, x, out);
#endif
  for (; x + count < end; x += count) filterColumns(rows, x, out);
  filterColumns(rows, end - count, out);
  return true;
}

void filterVerticalLanes(const uint8_t* source, ptrdiff_t stride, int width, int height, int y,
                         int peak, uint8_t* out) {
  const TapRows<uint8_t> taps(source, stride, height, y);
  if (filterLanes(taps.row, 0, width, out)) return;
  filterVertical(source, stride, width, height, y, peak, out);
}

void filterHorizontalLanes(const uint8_t* row, int width, int peak, uint8_t* out) {
  const uint8_t* from[2 * kReach];
  for (int i = 0; i < 2 * kReach; ++i) from[i] = row - kReach + 1 + i;
  if (!filterLanes(from, kReach - 1, width - kReach, out)) {
    return filterHorizontal(row, width, peak, out);
  }
  filterClamped(row, width, peak, 0, kReach - 1, out);
  filterClamped(row, width, peak, width - kReach, width, out);
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

void fillUpsampleInLanes(UpsampleDsp<uint8_t>* dsp) {
  *dsp = {filterHorizontalLanes, filterVerticalLanes};
}

}  // namespace
}  // namespace kamaelia::dirac
