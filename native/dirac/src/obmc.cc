// SPDX-License-Identifier: Apache-2.0
#include "obmc.h"

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <vector>

#include "common/cpu_flags.h"
#include "motion_isa.h"
#include "motion_kernels.h"

namespace kamaelia::dirac {
namespace {

// With DC values within this, the weighted sums of 8-bit samples fit int16_t.
constexpr int32_t kShortDc = 300;
// No picture reaches as far.
constexpr int64_t kMaxGlobal = 1 << 24;

// One axis of the window: a ramp of peak 8 on either side where the neighbour overlaps, flat at the
// picture's edges, and 0 behind the block.
struct Window {
  uint8_t weight[kMaxRun + kBlockSlack] = {};

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

// Room for one reference's part of a block: a prediction may point into it until the block is
// added.
template <typename Sample>
struct Scratch {
  Sample gathered[4][kMaxRun * kMaxBlock + kBlockSlack];
  Sample blended[kMaxRun * kMaxBlock + kBlockSlack];
  Sample global[kMaxRun * kMaxBlock + kBlockSlack];
};

// Samples of every second half-pel position from (x, y), clamped to the grid: beyond the right edge
// the last integer column repeats, not the half-pel one.
template <typename Sample>
void gather(const HalfPelPlanes<Sample>& planes, int64_t x, int64_t y, int width, int height,
            Sample* out) {
  for (int j = 0; j < height; ++j) {
    const int64_t sy = std::clamp<int64_t>(y + 2 * j, 0, 2 * int64_t{planes.height} - 2);
    for (int i = 0; i < width; ++i) {
      const int64_t sx = std::clamp<int64_t>(x + 2 * i, 0, 2 * int64_t{planes.width} - 2);
      out[j * kMaxRun + i] =
          planes.plane[(sy & 1) * 2 + (sx & 1)][(sy >> 1) * planes.stride + (sx >> 1)];
    }
  }
}

// Where a block lies in a reference: on the half-pel grid, and between its positions in parts of
// `scale`.
struct Located {
  int64_t halfX, halfY;
  int rx, ry, scale;
  bool inside;
};

// The block at (x, y) displaced by a vector, 15.8.9.
template <typename Sample>
Located locate(const HalfPelPlanes<Sample>& planes, int precision, int x, int y, int width,
               int height, int64_t vectorX, int64_t vectorY) {
  const int64_t subX = (int64_t{x} << precision) + vectorX;
  const int64_t subY = (int64_t{y} << precision) + vectorY;
  const int fine = precision > 1 ? precision - 1 : 0;  // bits below the half-pel grid
  Located at;
  at.halfX = precision == 0 ? subX * 2 : subX >> fine;
  at.halfY = precision == 0 ? subY * 2 : subY >> fine;
  at.scale = 1 << fine;
  at.rx = static_cast<int>(subX & (at.scale - 1));
  at.ry = static_cast<int>(subY & (at.scale - 1));
  const int reachX = 2 * (width - 1) + (at.rx ? 1 : 0);
  const int reachY = 2 * (height - 1) + (at.ry ? 1 : 0);
  at.inside = at.halfX >= 0 && at.halfY >= 0 &&
              at.halfX + reachX <= 2 * int64_t{planes.width} - 2 &&
              at.halfY + reachY <= 2 * int64_t{planes.height} - 2;
  return at;
}

template <typename Sample>
const Sample* sampleAt(const HalfPelPlanes<Sample>& planes, int64_t halfX, int64_t halfY) {
  return planes.plane[(halfY & 1) * 2 + (halfX & 1)] + (halfY >> 1) * planes.stride + (halfX >> 1);
}

template <typename Sample>
BlockView<Sample> fetch(const HalfPelPlanes<Sample>& planes, Blend<Sample> blend, const Located& at,
                        int width, int height, Scratch<Sample>& scratch) {
  BlockView<Sample> from[4];
  for (int i = 0; i < 4; ++i) {
    // A neighbour that has no weight may lie outside: its place is taken by the one that has.
    const int64_t sx = at.halfX + (at.rx ? i & 1 : 0);
    const int64_t sy = at.halfY + (at.ry ? i >> 1 : 0);
    if (at.inside) {
      from[i] = {sampleAt(planes, sx, sy), planes.stride};
      if (at.rx == 0 && at.ry == 0) return from[0];
    } else if ((!(i & 1) || at.rx != 0) && (!(i >> 1) || at.ry != 0)) {
      gather(planes, sx, sy, width, height, scratch.gathered[i]);
      from[i] = {scratch.gathered[i], kMaxRun};
    } else {
      from[i] = from[0];
    }
  }
  if (at.rx == 0 && at.ry == 0) return from[0];
  blend(from, width, height, at.rx, at.ry, at.scale, scratch.blended);
  return {scratch.blended, kMaxRun};
}

// The vector of a global block at a component's sample (15.8.8).
Vector globalVector(const GlobalMotion& motion, int x, int y) {
  const int64_t scale = (int64_t{1} << motion.perspectiveExponent) -
                        (int64_t{motion.perspective[0]} * x + int64_t{motion.perspective[1]} * y);
  const int shift = static_cast<int>(motion.matrixExponent + motion.perspectiveExponent);
  int32_t moved[2];
  for (int axis = 0; axis < 2; ++axis) {
    const int64_t linear = int64_t{motion.matrix[axis][0]} * x +
                           int64_t{motion.matrix[axis][1]} * y +
                           (int64_t{motion.pan[axis]} << motion.matrixExponent);
    // A product of 64 bits only a hostile stream has; any vector will do then.
    const int64_t vector =
        static_cast<int64_t>(static_cast<uint64_t>(scale) * static_cast<uint64_t>(linear)) >> shift;
    moved[axis] = static_cast<int32_t>(std::clamp<int64_t>(vector, -kMaxGlobal, kMaxGlobal));
  }
  return {moved[0], moved[1]};
}

// Whether two blocks predict a sample the same, wherever it lies in them.
bool alike(const MotionBlock& a, const MotionBlock& b, int component) {
  if (a.mode != b.mode || a.global || b.global) return false;
  if (a.mode == 0) return a.dc[component] == b.dc[component];
  for (int r = 0; r < 2; ++r) {
    if ((a.mode >> r & 1) == 0) continue;
    if (a.vector[r].x != b.vector[r].x || a.vector[r].y != b.vector[r].y) return false;
  }
  return true;
}

// Two references are averaged, one is taken as it is.
bool plainWeights(const PredictionParams& params) {
  return params.weightPrecision == 1 && params.weight[0] == 1 && params.weight[1] == 1;
}

template <typename Sample, typename Coefficient, typename Sum>
class Renderer {
 public:
  Renderer(const RebuildDsp<Sample, Coefficient>& dsp, const Compensation<Sample, Coefficient>& job,
           ResidualRows<Coefficient>* residual)
      : dsp_(dsp), job_(job), residual_(residual), params_(*job.params) {
    if constexpr (std::is_same_v<Sum, int16_t>) {
      blocks_ = &dsp.shortBlocks;
      rows_ = &dsp.shortRows;
    } else {
      blocks_ = &dsp.blocks;
      rows_ = &dsp.rows;
    }
    length_[0] = params_.blockWidth >> job.horizontalShift;
    length_[1] = params_.blockHeight >> job.verticalShift;
    separation_[0] = params_.separationX >> job.horizontalShift;
    separation_[1] = params_.separationY >> job.verticalShift;
    offset_[0] = (length_[0] - separation_[0]) / 2;
    offset_[1] = (length_[1] - separation_[1]) / 2;
    stride_ = job.width + kMaxBlock + kBlockSlack;
    for (int count = 1; count == 1 || runLength(count) <= kMaxRun; ++count) {
      middle_.push_back(window(count, false, false));
    }
    sums_.assign(static_cast<size_t>(stride_) * static_cast<size_t>(length_[1]), 0);
    const int one = 1 << params_.weightPrecision;
    plainSingle_ = params_.weight[0] + params_.weight[1] == one;
    plainDouble_ = plainWeights(params_);
  }

  void render(int firstRow, int lastRow) {
    const int rows = job_.field->blocksY;
    if (residual_ != nullptr) {
      residual_->seek(std::clamp(firstRow * separation_[1] - offset_[1], 0, job_.height));
    }
    for (int row = std::max(0, firstRow - 1); row < lastRow; ++row) {
      const int top = row * separation_[1] - offset_[1];
      if (top >= job_.height) break;
      addBlockRow(row, top);
      const bool last = row == rows - 1;
      if (row >= firstRow) store(top, last ? length_[1] : separation_[1]);
      const size_t done = static_cast<size_t>(separation_[1]) * static_cast<size_t>(stride_);
      std::copy(sums_.begin() + static_cast<ptrdiff_t>(done), sums_.end(), sums_.begin());
      std::fill(sums_.end() - static_cast<ptrdiff_t>(done), sums_.end(), Sum{0});
    }
  }

 private:
  // Neighbours that are alike are added as one wide block: where they overlap their weights add up
  // to those of its inner part.
  void addBlockRow(int row, int top) {
    const int blocksX = job_.field->blocksX;
    const Window windowY(length_[1], separation_[1], row == 0, row == job_.field->blocksY - 1);
    const int fromY = std::max(top, 0);
    const int toY = std::min(top + length_[1], job_.height);
    for (int column = 0, count = 0; column < blocksX; column += count) {
      const int left = column * separation_[0] - offset_[0];
      const int fromX = std::max(left, 0);
      if (fromX >= job_.width) break;
      count = runFrom(column, row);
      const int toX = std::min(left + runLength(count), job_.width);
      if (fromX >= toX) continue;
      const bool first = column == 0;
      const bool last = column + count == blocksX;
      if (first || last) edge_ = window(count, first, last);
      const Window& windowX = first || last ? edge_ : middle_[static_cast<size_t>(count) - 1];
      addMotionBlock(
          job_.field->at(column, row), fromX, fromY,
          {sums_.data() + (fromY - top) * stride_ + fromX, stride_, windowX.weight + (fromX - left),
           windowY.weight + (fromY - top), toX - fromX, toY - fromY});
    }
  }

  int runFrom(int column, int row) const {
    const MotionBlock& block = job_.field->at(column, row);
    const int most = std::min(job_.field->blocksX - column, static_cast<int>(middle_.size()));
    int count = 1;
    while (count < most && alike(block, job_.field->at(column + count, row), job_.component)) {
      ++count;
    }
    return count;
  }

  int runLength(int count) const { return length_[0] + (count - 1) * separation_[0]; }

  Window window(int count, bool first, bool last) const {
    return {runLength(count), count * separation_[0], first, last};
  }

  void addMotionBlock(const MotionBlock& block, int x, int y, const BlockTarget<Sum>& target) {
    if (block.mode == 0) {
      blocks_->addFlat(target, block.dc[job_.component] + (1 << (job_.bitDepth - 1)));
      return;
    }
    BlockView<Sample> predicted[2] = {};
    for (int r = 0; r < 2; ++r) {
      if (!(block.mode & (1 << r))) continue;
      if (block.global) {
        predicted[r] = fetchGlobal(r, x, y, target.width, target.height);
        continue;
      }
      const Located at = locate(job_.reference[r], params_.precision, x, y, target.width,
                                target.height, block.vector[r].x >> job_.horizontalShift,
                                block.vector[r].y >> job_.verticalShift);
      predicted[r] =
          fetch(job_.reference[r], dsp_.blend, at, target.width, target.height, scratch_[r]);
    }
    if (block.mode == 3) {
      if (plainDouble_) return blocks_->addAverage(target, predicted[0], predicted[1]);
      return blocks_->addWeighted(target, predicted[0], predicted[1],
                                  {params_.weight[0], params_.weight[1], params_.weightPrecision});
    }
    const BlockView<Sample>& only = predicted[block.mode - 1];
    if (plainSingle_) return blocks_->addSingle(target, only);
    blocks_->addWeighted(target, only, only,
                         {params_.weight[0] + params_.weight[1], 0, params_.weightPrecision});
  }

  // Each sample of a global block has a vector of its own.
  BlockView<Sample> fetchGlobal(int r, int x, int y, int width, int height) {
    Scratch<Sample>& scratch = scratch_[r];
    for (int j = 0; j < height; ++j) {
      for (int i = 0; i < width; ++i) {
        const Vector vector = globalVector(params_.global[r], x + i, y + j);
        const Located at = locate(job_.reference[r], params_.precision, x + i, y + j, 1, 1,
                                  vector.x >> job_.horizontalShift, vector.y >> job_.verticalShift);
        scratch.global[j * kMaxRun + i] =
            *fetch(job_.reference[r], dsp_.blend, at, 1, 1, scratch).data;
      }
    }
    return {scratch.global, kMaxRun};
  }

  void store(int top, int rows) {
    const int from = std::max(top, 0);
    const int to = std::min(top + rows, job_.height);
    const int peak = (1 << job_.bitDepth) - 1;
    for (int y = from; y < to; ++y) {
      const Sum* sums = sums_.data() + (y - top) * stride_;
      Sample* out = job_.target + y * job_.targetStride;
      if (residual_ == nullptr) {
        rows_->predicted(sums, job_.width, peak, out);
      } else {
        rows_->sum(sums, residual_->next(), job_.width, peak, out);
      }
    }
  }

  const RebuildDsp<Sample, Coefficient>& dsp_;
  const ObmcDsp<Sample, Sum>* blocks_;
  const ReconstructDsp<Sample, Coefficient, Sum>* rows_;
  const Compensation<Sample, Coefficient>& job_;
  ResidualRows<Coefficient>* residual_;
  const PredictionParams& params_;
  int length_[2];
  int separation_[2];
  int offset_[2];
  bool plainSingle_ = false;    // one reference's weights leave its samples as they are
  bool plainDouble_ = false;    // two references are averaged
  std::vector<Window> middle_;  // of runs of 1, 2 and more blocks inside the picture
  Window edge_{0, 0, true, true};
  ptrdiff_t stride_ = 0;        // of the sums: blocks at the right edge may write behind it
  std::vector<Sum> sums_;       // rows of weighted sums, from the top of the block row at work
  Scratch<Sample> scratch_[2];  // of the two references
};

}  // namespace

template <typename Sample, typename Coefficient>
void initRebuild(RebuildDsp<Sample, Coefficient>* dsp, uint32_t cpuFlags) {
  fillRebuild(dsp);
#if defined(__x86_64__)
  if (cpuFlags & kCpuSse41) fillRebuildSse41(dsp);
  if (cpuFlags & kCpuAvx2) fillRebuildAvx2(dsp);
#elif defined(__aarch64__)
  if (cpuFlags & kCpuNeon) fillRebuildNeon(dsp);
#else
  static_cast<void>(cpuFlags);
#endif
}

template <typename Sample, typename Coefficient>
void compensate(const RebuildDsp<Sample, Coefficient>& dsp,
                const Compensation<Sample, Coefficient>& job, int firstRow, int lastRow,
                ResidualRows<Coefficient>* residual) {
  const bool fitsShort =
      job.bitDepth == 8 && plainWeights(*job.params) && job.field->dcPeak <= kShortDc;
  if (fitsShort) {
    Renderer<Sample, Coefficient, int16_t>(dsp, job, residual).render(firstRow, lastRow);
  } else {
    Renderer<Sample, Coefficient, int32_t>(dsp, job, residual).render(firstRow, lastRow);
  }
}

template <typename Sample, typename Coefficient>
void storeIntra(const RebuildDsp<Sample, Coefficient>& dsp,
                const Compensation<Sample, Coefficient>& job, int firstRow, int lastRow,
                ResidualRows<Coefficient>* residual) {
  const int peak = (1 << job.bitDepth) - 1;
  residual->seek(firstRow);
  for (int y = firstRow; y < lastRow; ++y) {
    dsp.intraRow(residual->next(), job.width, peak, job.target + y * job.targetStride);
  }
}

#define KAMAELIA_REBUILD(Sample, Coefficient)                                  \
  template void initRebuild(RebuildDsp<Sample, Coefficient>*, uint32_t);       \
  template void compensate(const RebuildDsp<Sample, Coefficient>&,             \
                           const Compensation<Sample, Coefficient>&, int, int, \
                           ResidualRows<Coefficient>*);                        \
  template void storeIntra(const RebuildDsp<Sample, Coefficient>&,             \
                           const Compensation<Sample, Coefficient>&, int, int, \
                           ResidualRows<Coefficient>*);
KAMAELIA_REBUILD(uint8_t, int16_t)
KAMAELIA_REBUILD(uint8_t, int32_t)
KAMAELIA_REBUILD(uint16_t, int32_t)
#undef KAMAELIA_REBUILD

}  // namespace kamaelia::dirac
