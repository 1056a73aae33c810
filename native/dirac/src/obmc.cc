// SPDX-License-Identifier: Apache-2.0
#include "obmc.h"

#include <algorithm>
#include <cstring>

namespace kamaelia::dirac {
namespace {

constexpr int kMaxBlock = 64;
constexpr int kMidGrey = 128;

uint8_t clip(int32_t value) { return static_cast<uint8_t>(std::clamp(value, 0, 255)); }

// One axis of the window: a ramp of peak 8 on either side where the neighbour overlaps, flat at the
// picture's edges.
struct Window {
  uint8_t weight[kMaxBlock];

  Window(int length, int separation, bool first, bool last) {
    const int overlap = length - separation;
    const int offset = overlap / 2;
    for (int i = 0; i < length; ++i) weight[i] = 8;
    for (int i = 0; i < overlap; ++i) {
      const int ramp = offset == 1 ? (i == 0 ? 3 : 5) : 1 + (6 * i + offset - 1) / (2 * offset - 1);
      if (!first) weight[i] = static_cast<uint8_t>(ramp);
      if (!last) weight[length - 1 - i] = static_cast<uint8_t>(ramp);
    }
  }
};

// A predicted block: samples somewhere, either in a reference or in a scratch of the renderer.
struct Predicted {
  const uint8_t* data;
  ptrdiff_t stride;
};

// Room for one reference's part of a block: a prediction may point into it until the block is
// added.
struct Scratch {
  uint8_t gathered[4][kMaxBlock * kMaxBlock];
  uint8_t blended[kMaxBlock * kMaxBlock];
};

// Samples of every second half-pel position from (x, y), clamped to the grid: beyond the right edge
// the last integer column repeats, not the half-pel one.
void gather(const HalfPelPlanes<uint8_t>& planes, int64_t x, int64_t y, int width, int height,
            uint8_t* out) {
  for (int j = 0; j < height; ++j) {
    const int64_t sy = std::clamp<int64_t>(y + 2 * j, 0, 2 * int64_t{planes.height} - 2);
    for (int i = 0; i < width; ++i) {
      const int64_t sx = std::clamp<int64_t>(x + 2 * i, 0, 2 * int64_t{planes.width} - 2);
      out[j * kMaxBlock + i] =
          planes.plane[(sy & 1) * 2 + (sx & 1)][(sy >> 1) * planes.stride + (sx >> 1)];
    }
  }
}

// Bilinear blend of four half-pel neighbours; rx and ry are 0 to scale - 1 (15.8.10).
void blend(const Predicted (&from)[4], int width, int height, int rx, int ry, int scale,
           uint8_t* out) {
  const int weights[4] = {(scale - rx) * (scale - ry), rx * (scale - ry), (scale - rx) * ry,
                          rx * ry};
  const int round = scale * scale / 2;
  const int shift = scale == 2 ? 2 : 4;
  for (int j = 0; j < height; ++j) {
    const uint8_t* a = from[0].data + j * from[0].stride;
    const uint8_t* b = from[1].data + j * from[1].stride;
    const uint8_t* c = from[2].data + j * from[2].stride;
    const uint8_t* d = from[3].data + j * from[3].stride;
    for (int i = 0; i < width; ++i) {
      const int sum = weights[0] * a[i] + weights[1] * b[i] + weights[2] * c[i] + weights[3] * d[i];
      out[j * kMaxBlock + i] = static_cast<uint8_t>((sum + round) >> shift);
    }
  }
}

// The block of a reference at (x, y) displaced by a vector, 15.8.9.
Predicted fetch(const HalfPelPlanes<uint8_t>& planes, int precision, int x, int y, int width,
                int height, int64_t vectorX, int64_t vectorY, Scratch& scratch) {
  const int64_t subX = (int64_t{x} << precision) + vectorX;
  const int64_t subY = (int64_t{y} << precision) + vectorY;
  const int fine = precision > 1 ? precision - 1 : 0;  // bits below the half-pel grid
  const int64_t halfX = precision == 0 ? subX * 2 : subX >> fine;
  const int64_t halfY = precision == 0 ? subY * 2 : subY >> fine;
  const int scale = 1 << fine;
  const int rx = static_cast<int>(subX & (scale - 1));
  const int ry = static_cast<int>(subY & (scale - 1));
  const int reachX = 2 * (width - 1) + (rx ? 1 : 0);
  const int reachY = 2 * (height - 1) + (ry ? 1 : 0);
  const bool inside = halfX >= 0 && halfY >= 0 && halfX + reachX <= 2 * int64_t{planes.width} - 2 &&
                      halfY + reachY <= 2 * int64_t{planes.height} - 2;
  Predicted from[4];
  for (int i = 0; i < 4; ++i) {
    // A neighbour that has no weight may lie outside: its place is taken by the one that has.
    const int64_t sx = halfX + (rx ? i & 1 : 0);
    const int64_t sy = halfY + (ry ? i >> 1 : 0);
    if (inside) {
      from[i] = {planes.plane[(sy & 1) * 2 + (sx & 1)] + (sy >> 1) * planes.stride + (sx >> 1),
                 planes.stride};
    } else if ((!(i & 1) || rx != 0) && (!(i >> 1) || ry != 0)) {
      gather(planes, sx, sy, width, height, scratch.gathered[i]);
      from[i] = {scratch.gathered[i], kMaxBlock};
    } else {
      from[i] = from[0];
    }
  }
  if (rx == 0 && ry == 0) return from[0];
  blend(from, width, height, rx, ry, scale, scratch.blended);
  return {scratch.blended, kMaxBlock};
}

class Renderer {
 public:
  explicit Renderer(const Compensation& job) : job_(job), params_(*job.params) {
    length_[0] = params_.blockWidth >> job.horizontalShift;
    length_[1] = params_.blockHeight >> job.verticalShift;
    separation_[0] = params_.separationX >> job.horizontalShift;
    separation_[1] = params_.separationY >> job.verticalShift;
    offset_[0] = (length_[0] - separation_[0]) / 2;
    offset_[1] = (length_[1] - separation_[1]) / 2;
    sums_.assign(static_cast<size_t>(job.width) * static_cast<size_t>(length_[1]), 0);
    const int one = 1 << params_.weightPrecision;
    plainSingle_ = params_.weight[0] + params_.weight[1] == one;
    plainDouble_ = params_.weightPrecision == 1 && params_.weight[0] == 1 && params_.weight[1] == 1;
  }

  void render(int firstRow, int lastRow) {
    const int rows = job_.field->blocksY;
    for (int row = std::max(0, firstRow - 1); row < lastRow; ++row) {
      const int top = row * separation_[1] - offset_[1];
      if (top >= job_.height) break;
      addBlockRow(row, top);
      const bool last = row == rows - 1;
      if (row >= firstRow) store(top, last ? length_[1] : separation_[1]);
      const size_t done = static_cast<size_t>(separation_[1]) * static_cast<size_t>(job_.width);
      std::copy(sums_.begin() + static_cast<ptrdiff_t>(done), sums_.end(), sums_.begin());
      std::fill(sums_.end() - static_cast<ptrdiff_t>(done), sums_.end(), 0);
    }
  }

 private:
  void addBlockRow(int row, int top) {
    const int blocksX = job_.field->blocksX;
    const Window windowY(length_[1], separation_[1], row == 0, row == job_.field->blocksY - 1);
    const Window middle(length_[0], separation_[0], false, false);
    const Window first(length_[0], separation_[0], true, blocksX == 1);
    const Window last(length_[0], separation_[0], blocksX == 1, true);
    const int fromY = std::max(top, 0);
    const int toY = std::min(top + length_[1], job_.height);
    for (int column = 0; column < blocksX; ++column) {
      const int left = column * separation_[0] - offset_[0];
      const int fromX = std::max(left, 0);
      const int toX = std::min(left + length_[0], job_.width);
      if (fromX >= toX) break;
      const Window& windowX = column == 0 ? first : (column == blocksX - 1 ? last : middle);
      addBlock(job_.field->at(column, row), fromX, fromY, toX - fromX, toY - fromY,
               windowX.weight + (fromX - left), windowY.weight + (fromY - top),
               sums_.data() + static_cast<ptrdiff_t>(fromY - top) * job_.width + fromX);
    }
  }

  void addBlock(const MotionBlock& block, int x, int y, int width, int height,
                const uint8_t* weightX, const uint8_t* weightY, int32_t* sums) {
    if (block.mode == 0) {
      const int32_t value = block.dc[job_.component] + kMidGrey;
      for (int j = 0; j < height; ++j) {
        int32_t* out = sums + static_cast<ptrdiff_t>(j) * job_.width;
        for (int i = 0; i < width; ++i) out[i] += value * (weightX[i] * weightY[j]);
      }
      return;
    }
    Predicted predicted[2] = {};
    for (int r = 0; r < 2; ++r) {
      if (!(block.mode & (1 << r))) continue;
      predicted[r] = fetch(job_.reference[r], params_.precision, x, y, width, height,
                           block.vector[r].x >> job_.horizontalShift,
                           block.vector[r].y >> job_.verticalShift, scratch_[r]);
    }
    const bool both = block.mode == 3;
    const bool plain = both ? plainDouble_ : plainSingle_;
    const int only = block.mode == 2 ? 1 : 0;
    for (int j = 0; j < height; ++j) {
      int32_t* out = sums + static_cast<ptrdiff_t>(j) * job_.width;
      const uint8_t* a = predicted[only].data + j * predicted[only].stride;
      const uint8_t* b = both ? predicted[1].data + j * predicted[1].stride : a;
      const int weight = weightY[j];
      if (plain && both) {
        for (int i = 0; i < width; ++i) out[i] += ((a[i] + b[i] + 1) >> 1) * (weightX[i] * weight);
      } else if (plain) {
        for (int i = 0; i < width; ++i) out[i] += a[i] * (weightX[i] * weight);
      } else {
        addWeighted(out, a, b, both, width, weightX, weight);
      }
    }
  }

  void addWeighted(int32_t* out, const uint8_t* a, const uint8_t* b, bool both, int width,
                   const uint8_t* weightX, int weightY) {
    const int shift = params_.weightPrecision;
    const int32_t round = shift > 0 ? 1 << (shift - 1) : 0;
    const int32_t w1 = both ? params_.weight[0] : params_.weight[0] + params_.weight[1];
    const int32_t w2 = both ? params_.weight[1] : 0;
    for (int i = 0; i < width; ++i) {
      out[i] += ((w1 * a[i] + w2 * b[i] + round) >> shift) * (weightX[i] * weightY);
    }
  }

  void store(int top, int rows) {
    const int from = std::max(top, 0);
    const int to = std::min(top + rows, job_.height);
    for (int y = from; y < to; ++y) {
      const int32_t* sums = sums_.data() + static_cast<ptrdiff_t>(y - top) * job_.width;
      uint8_t* out = job_.target + y * job_.targetStride;
      if (job_.residual == nullptr) {
        for (int x = 0; x < job_.width; ++x) out[x] = clip((sums[x] + 32) >> 6);
      } else {
        const int32_t* residual = job_.residual + y * job_.residualStride;
        for (int x = 0; x < job_.width; ++x) {
          out[x] = clip(static_cast<int32_t>(clip((sums[x] + 32) >> 6)) + residual[x]);
        }
      }
    }
  }

  const Compensation& job_;
  const PredictionParams& params_;
  int length_[2];
  int separation_[2];
  int offset_[2];
  bool plainSingle_ = false;   // one reference's weights leave its samples as they are
  bool plainDouble_ = false;   // two references are averaged
  std::vector<int32_t> sums_;  // rows of weighted sums, from the top of the block row at work
  Scratch scratch_[2];         // of the two references
};

}  // namespace

void compensate(const Compensation& job, int firstRow, int lastRow) {
  Renderer(job).render(firstRow, lastRow);
}

void storeIntra(const int32_t* residual, ptrdiff_t residualStride, uint8_t* target,
                ptrdiff_t targetStride, int width, int height) {
  for (int y = 0; y < height; ++y) {
    const int32_t* in = residual + y * residualStride;
    uint8_t* out = target + y * targetStride;
    for (int x = 0; x < width; ++x) out[x] = clip(in[x] + kMidGrey);
  }
}

}  // namespace kamaelia::dirac
