// SPDX-License-Identifier: Apache-2.0
// What motion compensation and reconstruction do with every sample (15.8), written once. Everything
// here has internal linkage: each file that includes it compiles the templates for one instruction
// set. Indices are ptrdiff_t: under -fwrapv no loop with an int one is vectorised.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "obmc.h"
#include "reference_picture.h"

namespace kamaelia::dirac {
namespace {

constexpr int kReach = 4;  // half-pel taps on either side

// Half-pel taps from the middle outwards, sums of 16 bits where samples have 8: at most
// 255 * (21 + 3) * 2 + 16.
template <typename Sample, typename Neighbour>
Sample halfPel(Neighbour&& sample, int peak) {
  using Sum = std::conditional_t<sizeof(Sample) == 1, int16_t, int32_t>;
  const auto pair = [&](int i) {
    return static_cast<Sum>(static_cast<Sum>(sample(3 - i)) + static_cast<Sum>(sample(4 + i)));
  };
  const auto near = static_cast<Sum>(21 * pair(0) - 7 * pair(1));
  const auto sum = static_cast<Sum>(near + 3 * pair(2) - pair(3) + 16);
  // A limit known at compile time is faster.
  const auto limit = static_cast<Sum>(sizeof(Sample) == 1 ? 255 : peak);
  return static_cast<Sample>(std::clamp<Sum>(static_cast<Sum>(sum >> 5), 0, limit));
}

// The rows that half-pel samples below row y lie between, from the uppermost.
template <typename Sample>
struct TapRows {
  TapRows(const Sample* source, ptrdiff_t stride, int height, int y) {
    for (int i = 0; i < 2 * kReach; ++i) {
      row[i] = source + std::clamp(y - kReach + 1 + i, 0, height - 1) * stride;
    }
  }

  const Sample* row[2 * kReach];
};

template <typename Sample>
void filterVertical(const Sample* source, ptrdiff_t stride, int width, int height, int y, int peak,
                    Sample* out) {
  const TapRows<Sample> taps(source, stride, height, y);
  const ptrdiff_t end = width;
#pragma GCC ivdep
  for (ptrdiff_t x = 0; x < end; ++x) {
    out[x] = halfPel<Sample>([&](int i) { return taps.row[i][x]; }, peak);
  }
}

// Columns [begin, end) of a row, beyond whose ends its edges repeat.
template <typename Sample>
void filterClamped(const Sample* row, int width, int peak, int begin, int end, Sample* out) {
  for (int x = begin; x < end; ++x) {
    out[x] = halfPel<Sample>(
        [&](int i) { return row[std::clamp(x - kReach + 1 + i, 0, width - 1)]; }, peak);
  }
}

template <typename Sample>
void filterHorizontal(const Sample* row, int width, int peak, Sample* out) {
  const int begin = std::min(width, kReach - 1);
  const int inner = std::max(begin, width - kReach);
  filterClamped(row, width, peak, 0, begin, out);
  const Sample* from[2 * kReach];
  for (int i = 0; i < 2 * kReach; ++i) from[i] = row - kReach + 1 + i;
  const ptrdiff_t end = inner;
#pragma GCC ivdep
  for (ptrdiff_t x = begin; x < end; ++x) {
    out[x] = halfPel<Sample>([&](int i) { return from[i][x]; }, peak);
  }
  filterClamped(row, width, peak, inner, width, out);
}

template <typename Sample>
void blendBlocks(const BlockView<Sample> (&from)[4], int width, int height, int rx, int ry,
                 int scale, Sample* out) {
  const int weights[4] = {(scale - rx) * (scale - ry), rx * (scale - ry), (scale - rx) * ry,
                          rx * ry};
  const int round = scale * scale / 2;
  const int shift = scale == 2 ? 2 : 4;
  for (int j = 0; j < height; ++j) {
    const Sample* a = from[0].data + j * from[0].stride;
    const Sample* b = from[1].data + j * from[1].stride;
    const Sample* c = from[2].data + j * from[2].stride;
    const Sample* d = from[3].data + j * from[3].stride;
    for (ptrdiff_t i = 0; i < width; ++i) {
      const int sum = weights[0] * a[i] + weights[1] * b[i] + weights[2] * c[i] + weights[3] * d[i];
      out[j * kMaxRun + i] = static_cast<Sample>((sum + round) >> shift);
    }
  }
}

// What every kernel does with each sample; `value(j, i)` is what is predicted there.
template <typename Sum, typename Value>
void addBlock(const BlockTarget<Sum>& target, Value&& value) {
  for (int j = 0; j < target.height; ++j) {
    Sum* out = target.sums + j * target.stride;
    const int weight = target.weightY[j];
    const auto row = value(j);
    for (ptrdiff_t i = 0; i < target.width; ++i) {
      out[i] = static_cast<Sum>(out[i] + row(i) * (target.weightX[i] * weight));
    }
  }
}

template <typename Sum>
void addFlat(const BlockTarget<Sum>& target, int32_t value) {
  addBlock(target, [=](int) { return [=](ptrdiff_t) { return value; }; });
}

template <typename Sample, typename Sum>
void addSingle(const BlockTarget<Sum>& target, BlockView<Sample> a) {
  addBlock(target, [=](int j) {
    const Sample* row = a.data + j * a.stride;
    return [=](ptrdiff_t i) { return static_cast<int32_t>(row[i]); };
  });
}

template <typename Sample, typename Sum>
void addAverage(const BlockTarget<Sum>& target, BlockView<Sample> a, BlockView<Sample> b) {
  addBlock(target, [=](int j) {
    const Sample* first = a.data + j * a.stride;
    const Sample* second = b.data + j * b.stride;
    return [=](ptrdiff_t i) { return (first[i] + second[i] + 1) >> 1; };
  });
}

template <typename Sample, typename Sum>
void addWeighted(const BlockTarget<Sum>& target, BlockView<Sample> a, BlockView<Sample> b,
                 const ReferenceWeights& weights) {
  const int32_t round = weights.shift > 0 ? 1 << (weights.shift - 1) : 0;
  addBlock(target, [=, &weights](int j) {
    const Sample* first = a.data + j * a.stride;
    const Sample* second = b.data + j * b.stride;
    return [=, &weights](ptrdiff_t i) {
      return (weights.first * first[i] + weights.second * second[i] + round) >> weights.shift;
    };
  });
}

// clip((sum + 32) >> 6), in 16 bits where that is enough.
template <typename Sample, typename Sum>
auto predictedSample(Sum sum, int peak) {
  using Narrow = std::conditional_t<sizeof(Sample) == 1 && sizeof(Sum) == 2, int16_t, int32_t>;
  const auto limit = static_cast<Narrow>(sizeof(Sample) == 1 ? 255 : peak);
  return std::clamp<Narrow>(static_cast<Narrow>(static_cast<Narrow>(sum + 32) >> 6), 0, limit);
}

template <typename Sample, typename Sum>
void predictedRow(const Sum* sums, int width, int peak, Sample* out) {
  const ptrdiff_t end = width;
#pragma GCC ivdep
  for (ptrdiff_t x = 0; x < end; ++x) {
    out[x] = static_cast<Sample>(predictedSample<Sample>(sums[x], peak));
  }
}

template <typename Sample, typename Coefficient, typename Sum>
void sumRow(const Sum* sums, const Coefficient* residual, int width, int peak, Sample* out) {
  // Limits beyond which a residual makes no difference, so that the sum fits.
  const auto most = static_cast<Coefficient>(sizeof(Sample) == 1 ? 255 : peak);
  const auto least = static_cast<Coefficient>(-most);
  const ptrdiff_t end = width;
#pragma GCC ivdep
  for (ptrdiff_t x = 0; x < end; ++x) {
    const auto change = std::clamp<Coefficient>(residual[x], least, most);
    const auto sum = static_cast<Coefficient>(predictedSample<Sample>(sums[x], peak) + change);
    out[x] = static_cast<Sample>(std::clamp<Coefficient>(sum, 0, most));
  }
}

template <typename Sample, typename Coefficient>
void intraRow(const Coefficient* residual, int width, int peak, Sample* out) {
  const auto most = static_cast<Coefficient>(sizeof(Sample) == 1 ? 255 : peak);
  const auto midGrey = static_cast<Coefficient>(sizeof(Sample) == 1 ? 128 : (peak + 1) / 2);
  const ptrdiff_t end = width;
#pragma GCC ivdep
  for (ptrdiff_t x = 0; x < end; ++x) {
    const auto low = static_cast<Coefficient>(-midGrey);
    const auto high = static_cast<Coefficient>(most - midGrey);
    const auto clipped = std::clamp<Coefficient>(residual[x], low, high);
    out[x] = static_cast<Sample>(static_cast<Coefficient>(clipped + midGrey));
  }
}

template <typename Sample, typename Coefficient>
void fillRebuild(RebuildDsp<Sample, Coefficient>* dsp) {
  dsp->shortBlocks = {addFlat<int16_t>, addSingle<Sample, int16_t>, addAverage<Sample, int16_t>,
                      addWeighted<Sample, int16_t>};
  dsp->blocks = {addFlat<int32_t>, addSingle<Sample, int32_t>, addAverage<Sample, int32_t>,
                 addWeighted<Sample, int32_t>};
  dsp->blend = blendBlocks<Sample>;
  dsp->shortRows = {predictedRow<Sample, int16_t>, sumRow<Sample, Coefficient, int16_t>};
  dsp->rows = {predictedRow<Sample, int32_t>, sumRow<Sample, Coefficient, int32_t>};
  dsp->intraRow = intraRow<Sample, Coefficient>;
}

template <typename Sample>
void fillUpsample(UpsampleDsp<Sample>* dsp) {
  *dsp = {filterHorizontal<Sample>, filterVertical<Sample>};
}

}  // namespace
}  // namespace kamaelia::dirac
