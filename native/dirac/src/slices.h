// SPDX-License-Identifier: Apache-2.0
// Slices of low delay and high quality pictures (ST 2042-1, 13.5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/bit_reader.h"
#include "quantiser.h"
#include "subband.h"
#include "wavelet.h"

namespace kamaelia::dirac {

// One slice's bytes; none: its coefficients are zero.
struct CodedSlice {
  const uint8_t* bytes = nullptr;
  size_t size = 0;
};

// Where the slices of a picture lie, in raster order; from `first` on, `count` of them. bits moves
// behind them. False where the bytes end too early: what is missing is zero.
bool findSlices(BitReader& bits, const TransformParams& params, size_t first, size_t count,
                CodedSlice* slices);

// Sizes that no picture has: more slices than coefficients.
bool tooManySlices(const SliceParams& params, int width, int height);

// Kernels on coefficients, in the form in which an instruction set can replace them.
template <typename Coefficient>
struct SliceDsp {
  // Dequantises `count` values in place; gives the largest magnitude, which where Coefficient is
  // int16_t may be over it: the values are then wrapped.
  uint32_t (*dequantise)(Coefficient* values, int count, const Quantiser& quantiser);
};

template <typename Coefficient>
void initSlices(SliceDsp<Coefficient>* dsp, uint32_t cpuFlags);

// What all slices of a picture share.
template <typename Coefficient>
class SliceLayout {
 public:
  // planes: Y, C1, C2, configured for the transform; they and dsp must outlive this.
  SliceLayout(const SliceDsp<Coefficient>& dsp, const TransformParams& params,
              CoefficientPlane<Coefficient>* planes);

  // Decodes the slices of rows [firstRow, lastRow) into the planes. peaks: of the three planes,
  // raised by what these rows have. False where a slice contradicts itself. Different rows may be
  // decoded at the same time, each with peaks of its own.
  bool decodeRows(const CodedSlice* slices, int firstRow, int lastRow, BandPeaks* peaks) const;

 private:
  class Decoder;

  struct Band {
    Subband<Coefficient> band;
    int component;
    int level;
    int index;         // among the bands of its level
    uint32_t matrix;   // its element
    size_t left, top;  // of its borders in borders_
  };

  const SliceDsp<Coefficient>& dsp_;
  const TransformParams& params_;
  std::vector<Band> bands_;  // component by component
  size_t perComponent_ = 0;
  std::vector<int32_t> borders_;  // of the slices in the bands, one more than slices along a side
  size_t spare_ = 0;              // coefficients of the largest slice of a component
};

}  // namespace kamaelia::dirac
