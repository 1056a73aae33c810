// SPDX-License-Identifier: Apache-2.0
#include "motion_reference.h"

#include <algorithm>

namespace kamaelia::dirac::test {
namespace {

int32_t clamped(const Grid& grid, int x, int y) {
  return grid.at(std::clamp(x, 0, grid.width - 1), std::clamp(y, 0, grid.height - 1));
}

// Between the fourth and the fifth of eight samples.
template <typename Sample>
int32_t between(Sample&& sample, int bitDepth) {
  constexpr int kWeights[8] = {-1, 3, -7, 21, 21, -7, 3, -1};
  int32_t sum = 16;
  for (int i = 0; i < 8; ++i) sum += kWeights[i] * sample(i - 3);
  return std::clamp(sum >> 5, 0, (1 << bitDepth) - 1);
}

// A sample of a reference, displaced by a vector in units of 1 / 2^precision.
int32_t displaced(const Grid& reference, const Grid& half, int precision, int x, int y,
                  Vector vector) {
  const int px = (x << precision) + vector.x, py = (y << precision) + vector.y;
  if (precision == 0) return clamped(reference, px, py);
  if (precision == 1) return clamped(half, px, py);
  const int fine = precision - 1, scale = 1 << fine;
  const int rx = px & (scale - 1), ry = py & (scale - 1);
  int32_t sum = scale * scale / 2;
  for (int j = 0; j < 2; ++j) {
    for (int i = 0; i < 2; ++i) {
      const int weight = (i ? rx : scale - rx) * (j ? ry : scale - ry);
      sum += weight * clamped(half, (px >> fine) + i, (py >> fine) + j);
    }
  }
  return sum >> (2 * fine);
}

// The weight of a block at a sample along one axis; 0 outside the block.
int weightAt(int sample, int block, int blocks, int length, int separation) {
  const int offset = (length - separation) / 2;
  const int at = sample - (block * separation - offset);
  if (at < 0 || at >= length) return 0;
  const auto ramp = [&](int k) {
    if (offset == 1) return k == 0 ? 3 : 5;
    return 1 + (6 * k + offset - 1) / (2 * offset - 1);
  };
  if (at < 2 * offset && block > 0) return ramp(at);
  if (length - 1 - at < 2 * offset && block < blocks - 1) return ramp(length - 1 - at);
  return 8;
}

}  // namespace

Grid halfPel(const Grid& picture, int bitDepth) {
  Grid rows(picture.width, 2 * picture.height - 1);
  for (int y = 0; y < rows.height; ++y) {
    for (int x = 0; x < rows.width; ++x) {
      rows.at(x, y) =
          y % 2 == 0 ? picture.at(x, y / 2)
                     : between([&](int i) { return clamped(picture, x, y / 2 + i); }, bitDepth);
    }
  }
  Grid out(2 * picture.width - 1, rows.height);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      out.at(x, y) = x % 2 == 0
                         ? rows.at(x / 2, y)
                         : between([&](int i) { return clamped(rows, x / 2 + i, y); }, bitDepth);
    }
  }
  return out;
}

Grid predict(const PredictionInput& input) {
  const PredictionParams& params = *input.params;
  const int lengthX = params.blockWidth >> input.horizontalShift;
  const int lengthY = params.blockHeight >> input.verticalShift;
  const int separationX = params.separationX >> input.horizontalShift;
  const int separationY = params.separationY >> input.verticalShift;
  Grid half[2];
  for (int r = 0; r < 2; ++r) {
    if (input.reference[r] != nullptr) half[r] = halfPel(*input.reference[r], input.bitDepth);
  }
  const int precision = params.weightPrecision;
  const int32_t round = precision > 0 ? 1 << (precision - 1) : 0;
  Grid out(input.width, input.height);
  for (int y = 0; y < input.height; ++y) {
    for (int x = 0; x < input.width; ++x) {
      int32_t sum = 0;
      for (int by = 0; by < input.field->blocksY; ++by) {
        const int wy = weightAt(y, by, input.field->blocksY, lengthY, separationY);
        if (wy == 0) continue;
        for (int bx = 0; bx < input.field->blocksX; ++bx) {
          const int wx = weightAt(x, bx, input.field->blocksX, lengthX, separationX);
          if (wx == 0) continue;
          const MotionBlock& block = input.field->at(bx, by);
          int32_t value = block.dc[input.component] + (1 << (input.bitDepth - 1));
          int32_t sample[2] = {};
          for (int r = 0; r < 2; ++r) {
            if (!(block.mode >> r & 1)) continue;
            const Vector vector = {block.vector[r].x >> input.horizontalShift,
                                   block.vector[r].y >> input.verticalShift};
            sample[r] = displaced(*input.reference[r], half[r], params.precision, x, y, vector);
          }
          const int32_t w1 = params.weight[0], w2 = params.weight[1];
          if (block.mode == 1) value = ((w1 + w2) * sample[0] + round) >> precision;
          if (block.mode == 2) value = ((w1 + w2) * sample[1] + round) >> precision;
          if (block.mode == 3) value = (w1 * sample[0] + w2 * sample[1] + round) >> precision;
          sum += wx * wy * value;
        }
      }
      out.at(x, y) = std::clamp((sum + 32) >> 6, 0, (1 << input.bitDepth) - 1);
    }
  }
  return out;
}

}  // namespace kamaelia::dirac::test
