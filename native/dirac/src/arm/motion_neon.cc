// SPDX-License-Identifier: Apache-2.0
// Blocks of 8-bit samples, and half-pel filters of such: no compiler finds the instructions of NEON
// that multiply or add bytes into 16 bits, and that shift, round and clip at once. Lanes behind a
// block's width read what is there and add it with a weight of 0.
#include <arm_neon.h>

#include "motion_isa.h"
#include "motion_kernels.h"

namespace kamaelia::dirac {
namespace {

constexpr ptrdiff_t kFew = 8;  // lanes
constexpr ptrdiff_t kMany = 16;

// Calls few(j, i) or many(j, i) for the lanes from column i of row j on, so that all of a block are
// reached.
template <typename Few, typename Many>
void forLanes(ptrdiff_t width, ptrdiff_t height, Few&& few, Many&& many) {
  for (ptrdiff_t j = 0; j < height; ++j) {
    ptrdiff_t i = 0;
    for (; i + kFew < width; i += kMany) many(j, i);
    if (i < width) few(j, i);
  }
}

// few(j, i) and many(j, i) give the predicted samples there. Both axes' weights are 8 at most, so
// their product fits a byte.
template <typename Few, typename Many>
void addSamples(const BlockTarget<int16_t>& target, Few&& few, Many&& many) {
  // Copies: what is stored might else be what describes the target.
  const ptrdiff_t stride = target.stride;
  const uint8_t* const weightX = target.weightX;
  const uint8_t* const weightY = target.weightY;
  auto* const sums = reinterpret_cast<uint16_t*>(target.sums);
  forLanes(
      target.width, target.height,
      [=](ptrdiff_t j, ptrdiff_t i) {
        const uint8x8_t weight = vmul_u8(vld1_u8(weightX + i), vdup_n_u8(weightY[j]));
        uint16_t* const at = sums + j * stride + i;
        vst1q_u16(at, vmlal_u8(vld1q_u16(at), few(j, i), weight));
      },
      [=](ptrdiff_t j, ptrdiff_t i) {
        const uint8x16_t weight = vmulq_u8(vld1q_u8(weightX + i), vdupq_n_u8(weightY[j]));
        const uint8x16_t samples = many(j, i);
        uint16_t* const at = sums + j * stride + i;
        const uint16x8_t low = vmlal_u8(vld1q_u16(at), vget_low_u8(samples), vget_low_u8(weight));
        const uint16x8_t high = vmlal_high_u8(vld1q_u16(at + kFew), samples, weight);
        vst1q_u16(at, low);
        vst1q_u16(at + kFew, high);
      });
}

void addSingleNeon(const BlockTarget<int16_t>& target, BlockView<uint8_t> a) {
  addSamples(
      target, [=](ptrdiff_t j, ptrdiff_t i) { return vld1_u8(a.data + j * a.stride + i); },
      [=](ptrdiff_t j, ptrdiff_t i) { return vld1q_u8(a.data + j * a.stride + i); });
}

void addAverageNeon(const BlockTarget<int16_t>& target, BlockView<uint8_t> a,
                    BlockView<uint8_t> b) {
  addSamples(
      target,
      [=](ptrdiff_t j, ptrdiff_t i) {
        return vrhadd_u8(vld1_u8(a.data + j * a.stride + i), vld1_u8(b.data + j * b.stride + i));
      },
      [=](ptrdiff_t j, ptrdiff_t i) {
        return vrhaddq_u8(vld1q_u8(a.data + j * a.stride + i), vld1q_u8(b.data + j * b.stride + i));
      });
}

// A value may be negative or more than 255.
void addFlatNeon(const BlockTarget<int16_t>& target, int32_t value) {
  const ptrdiff_t stride = target.stride;
  const uint8_t* const weightX = target.weightX;
  const uint8_t* const weightY = target.weightY;
  int16_t* const sums = target.sums;
  const auto weighted = [=](ptrdiff_t j) { return static_cast<int16_t>(value * weightY[j]); };
  const auto add = [](int16_t* at, uint8x8_t weight, int16_t by) {
    const int16x8_t wide = vreinterpretq_s16_u16(vmovl_u8(weight));
    vst1q_s16(at, vmlaq_n_s16(vld1q_s16(at), wide, by));
  };
  forLanes(
      target.width, target.height,
      [=](ptrdiff_t j, ptrdiff_t i) {
        add(sums + j * stride + i, vld1_u8(weightX + i), weighted(j));
      },
      [=](ptrdiff_t j, ptrdiff_t i) {
        const uint8x16_t weight = vld1q_u8(weightX + i);
        int16_t* const at = sums + j * stride + i;
        add(at, vget_low_u8(weight), weighted(j));
        add(at + kFew, vget_high_u8(weight), weighted(j));
      });
}

// kTaps neighbours that have a weight, whose sum is 1 << kShift.
template <int kTaps, int kShift>
void blendTaps(const BlockView<uint8_t> (&from)[kTaps], const int (&weights)[kTaps], int width,
               int height, uint8_t* out) {
  uint8x8_t weight[kTaps];
  for (int k = 0; k < kTaps; ++k) weight[k] = vdup_n_u8(static_cast<uint8_t>(weights[k]));
  const auto at = [&](int k, ptrdiff_t j, ptrdiff_t i) {
    return from[k].data + j * from[k].stride + i;
  };
  forLanes(
      width, height,
      [&](ptrdiff_t j, ptrdiff_t i) {
        uint16x8_t sum = vmull_u8(vld1_u8(at(0, j, i)), weight[0]);
        for (int k = 1; k < kTaps; ++k) sum = vmlal_u8(sum, vld1_u8(at(k, j, i)), weight[k]);
        vst1_u8(out + j * kMaxRun + i, vrshrn_n_u16(sum, kShift));
      },
      [&](ptrdiff_t j, ptrdiff_t i) {
        const uint8x16_t first = vld1q_u8(at(0, j, i));
        uint16x8_t low = vmull_u8(vget_low_u8(first), weight[0]);
        uint16x8_t high = vmull_u8(vget_high_u8(first), weight[0]);
        for (int k = 1; k < kTaps; ++k) {
          const uint8x16_t samples = vld1q_u8(at(k, j, i));
          low = vmlal_u8(low, vget_low_u8(samples), weight[k]);
          high = vmlal_u8(high, vget_high_u8(samples), weight[k]);
        }
        const uint8x8_t blended = vrshrn_n_u16(low, kShift);
        vst1q_u8(out + j * kMaxRun + i, vrshrn_high_n_u16(blended, high, kShift));
      });
}

template <int kShift>
void blendScaled(const BlockView<uint8_t> (&from)[4], int width, int height, int rx, int ry,
                 uint8_t* out) {
  constexpr int scale = 1 << kShift / 2;
  if (rx != 0 && ry != 0) {
    return blendTaps<4, kShift>(
        from, {(scale - rx) * (scale - ry), rx * (scale - ry), (scale - rx) * ry, rx * ry}, width,
        height, out);
  }
  const int r = rx + ry;  // one of them is 0
  blendTaps<2, kShift>({from[0], from[rx != 0 ? 1 : 2]}, {scale * (scale - r), scale * r}, width,
                       height, out);
}

void blendNeon(const BlockView<uint8_t> (&from)[4], int width, int height, int rx, int ry,
               int scale, uint8_t* out) {
  if (scale == 2) return blendScaled<2>(from, width, height, rx, ry, out);
  blendScaled<4>(from, width, height, rx, ry, out);
}

// halfPel() of 8 columns from pairs of equally weighted samples, the middle one first.
uint8x8_t halfPelOf(const uint16x8_t (&pair)[kReach]) {
  uint16x8_t sum = vmulq_n_u16(pair[0], 21);
  sum = vmlsq_n_u16(sum, pair[1], 7);
  sum = vmlaq_n_u16(sum, pair[2], 3);
  sum = vsubq_u16(sum, pair[3]);
  return vqrshrun_n_s16(vreinterpretq_s16_u16(sum), 5);
}

void filterColumns(const uint8_t* const (&rows)[2 * kReach], ptrdiff_t x, uint8_t* out) {
  uint16x8_t low[kReach], high[kReach];
  for (int i = 0; i < kReach; ++i) {
    const uint8x16_t before = vld1q_u8(rows[kReach - 1 - i] + x);
    const uint8x16_t after = vld1q_u8(rows[kReach + i] + x);
    low[i] = vaddl_u8(vget_low_u8(before), vget_low_u8(after));
    high[i] = vaddl_high_u8(before, after);
  }
  vst1q_u8(out + x, vcombine_u8(halfPelOf(low), halfPelOf(high)));
}

// The last lanes overlap the ones before rather than leave a rest; false where there is no room.
bool filterLanes(const uint8_t* const (&rows)[2 * kReach], ptrdiff_t begin, ptrdiff_t end,
                 uint8_t* out) {
  if (end - begin < kMany) return false;
  for (ptrdiff_t x = begin; x + kMany < end; x += kMany) filterColumns(rows, x, out);
  filterColumns(rows, end - kMany, out);
  return true;
}

void filterVerticalNeon(const uint8_t* source, ptrdiff_t stride, int width, int height, int y,
                        int peak, uint8_t* out) {
  const TapRows<uint8_t> taps(source, stride, height, y);
  if (filterLanes(taps.row, 0, width, out)) return;
  filterVertical(source, stride, width, height, y, peak, out);
}

void filterHorizontalNeon(const uint8_t* row, int width, int peak, uint8_t* out) {
  const uint8_t* from[2 * kReach];
  for (int i = 0; i < 2 * kReach; ++i) from[i] = row - kReach + 1 + i;
  if (!filterLanes(from, kReach - 1, width - kReach, out)) {
    return filterHorizontal(row, width, peak, out);
  }
  filterClamped(row, width, peak, 0, kReach - 1, out);
  filterClamped(row, width, peak, width - kReach, width, out);
}

template <typename Coefficient>
void fillBytes(RebuildDsp<uint8_t, Coefficient>* dsp) {
  fillRebuild(dsp);
  dsp->shortBlocks.addFlat = addFlatNeon;
  dsp->shortBlocks.addSingle = addSingleNeon;
  dsp->shortBlocks.addAverage = addAverageNeon;
  dsp->blend = blendNeon;
}

}  // namespace

void fillRebuildNeon(RebuildDsp<uint8_t, int16_t>* dsp) { fillBytes(dsp); }
void fillRebuildNeon(RebuildDsp<uint8_t, int32_t>* dsp) { fillBytes(dsp); }
void fillRebuildNeon(RebuildDsp<uint16_t, int32_t>* dsp) { fillRebuild(dsp); }
void fillUpsampleNeon(UpsampleDsp<uint8_t>* dsp) {
  *dsp = {filterHorizontalNeon, filterVerticalNeon};
}
void fillUpsampleNeon(UpsampleDsp<uint16_t>* dsp) { fillUpsample(dsp); }

}  // namespace kamaelia::dirac
