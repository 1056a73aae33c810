// SPDX-License-Identifier: Apache-2.0
// Overlapped block motion compensation (15.8) and reconstruction.
#pragma once

#include <cstdint>

#include "motion_data.h"
#include "reference_picture.h"
#include "residual_rows.h"

namespace kamaelia::dirac {

// Side of the largest block.
constexpr int kMaxBlock = 64;

// Width of the longest run of blocks that are added as one, and distance of rows in a scratch
// block.
constexpr int kMaxRun = 128;

// Kernels may read so many samples behind each row of a block, and add to as many sums behind it:
// the window's weights are 0 there.
constexpr int kBlockSlack = 16;

// Samples of a block somewhere; stride in samples.
template <typename Sample>
struct BlockView {
  const Sample* data = nullptr;
  ptrdiff_t stride = 0;
};

// Where a block is added: weighted sums, and the window's weights along both axes.
template <typename Sum>
struct BlockTarget {
  Sum* sums;
  ptrdiff_t stride;
  const uint8_t* weightX;
  const uint8_t* weightY;
  int width;
  int height;
};

// (first * a + second * b + rounding) >> shift.
struct ReferenceWeights {
  int32_t first;
  int32_t second;
  int shift;
};

// Kernels on blocks, in the form in which an instruction set can replace them. Sum is int16_t where
// every weighted sum is known to fit, else int32_t.
template <typename Sample, typename Sum>
struct ObmcDsp {
  // sums += weightX * weightY * what is predicted, which is: one value;
  void (*addFlat)(const BlockTarget<Sum>& target, int32_t value);
  // a reference's samples;
  void (*addSingle)(const BlockTarget<Sum>& target, BlockView<Sample> a);
  // (a + b + 1) >> 1;
  void (*addAverage)(const BlockTarget<Sum>& target, BlockView<Sample> a, BlockView<Sample> b);
  // a weighted mean of both.
  void (*addWeighted)(const BlockTarget<Sum>& target, BlockView<Sample> a, BlockView<Sample> b,
                      const ReferenceWeights& weights);
};

// Bilinear blend of four half-pel neighbours; rx and ry are 0 to scale - 1, scale is 2 or 4
// (15.8.10). Rows of `out` are kMaxRun apart.
template <typename Sample>
using Blend = void (*)(const BlockView<Sample> (&from)[4], int width, int height, int rx, int ry,
                       int scale, Sample* out);

// Rows of samples from weighted sums and residuals. peak: 2^depth - 1.
template <typename Sample, typename Coefficient, typename Sum>
struct ReconstructDsp {
  // clip((sum + 32) >> 6)
  void (*predicted)(const Sum* sums, int width, int peak, Sample* out);
  // clip(clip((sum + 32) >> 6) + residual)
  void (*sum)(const Sum* sums, const Coefficient* residual, int width, int peak, Sample* out);
};

// clip(residual + mid-grey)
template <typename Sample, typename Coefficient>
using StoreIntraRow = void (*)(const Coefficient* residual, int width, int peak, Sample* out);

// Everything that rebuilds pictures of one kind of samples from one kind of coefficients.
template <typename Sample, typename Coefficient>
struct RebuildDsp {
  ObmcDsp<Sample, int16_t> shortBlocks;
  ObmcDsp<Sample, int32_t> blocks;
  Blend<Sample> blend;
  ReconstructDsp<Sample, Coefficient, int16_t> shortRows;
  ReconstructDsp<Sample, Coefficient, int32_t> rows;
  StoreIntraRow<Sample, Coefficient> intraRow;
};

template <typename Sample, typename Coefficient>
void initRebuild(RebuildDsp<Sample, Coefficient>* dsp, uint32_t cpuFlags);

// What one component of a picture is rebuilt from; an intra picture has no references and no field.
// Strides are in samples.
template <typename Sample, typename Coefficient>
struct Compensation {
  const PredictionParams* params = nullptr;
  const MotionField* field = nullptr;
  HalfPelPlanes<Sample> reference[2];
  int references = 0;
  int component = 0;
  int bitDepth = 8;
  int horizontalShift = 0;  // of this component against luma
  int verticalShift = 0;
  Sample* target = nullptr;
  ptrdiff_t targetStride = 0;
  int width = 0;
  int height = 0;
};

// Rebuilds the picture rows that block rows [firstRow, lastRow) complete; together, all block rows
// make the picture. Different ranges may be rebuilt at the same time, each with rows of its own.
// residual: nullptr if it is zero.
template <typename Sample, typename Coefficient>
void compensate(const RebuildDsp<Sample, Coefficient>& dsp,
                const Compensation<Sample, Coefficient>& job, int firstRow, int lastRow,
                ResidualRows<Coefficient>* residual);

// Rows [firstRow, lastRow) of an intra picture: residual + mid-grey, clipped.
template <typename Sample, typename Coefficient>
void storeIntra(const RebuildDsp<Sample, Coefficient>& dsp,
                const Compensation<Sample, Coefficient>& job, int firstRow, int lastRow,
                ResidualRows<Coefficient>* residual);

}  // namespace kamaelia::dirac
