// SPDX-License-Identifier: Apache-2.0
// Slices of low delay and high quality pictures (ST 2042-1, 13.5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
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
  size_t readable = 0;  // bytes from the first on that may be read; counts where over the size
};

// Where the slices of a picture lie, in raster order; from `first` on, `count` of them. bits moves
// behind them. How many there are: fewer where the bytes end too early.
size_t findSlices(BitReader& bits, const TransformParams& params, size_t first, size_t count,
                  CodedSlice* slices);

// Sizes that no picture has: more slices than coefficients.
bool tooManySlices(const SliceParams& params, int width, int height);

// Kernels read so many bytes from a run's last one on,
constexpr size_t kRunSlack = 8;
// and write so many values behind it.
constexpr int kRunSpare = 40;

// A slice's part of one component, or of the two that take turns.
struct CodeRun {
  const uint8_t* data;  // kRunSlack bytes behind its end may be read
  uint64_t first;       // bits
  uint64_t end;         // behind it all bits are ones
  int16_t* out;         // has room for count + kRunSpare values
  int count;
};

// Values are dequantised so many at a time.
constexpr int kQuantiserLanes = 16;

// What these neighbours share or have side by side; they may be of several bands. What does not fit
// wraps around, and the magnitudes tell.
template <typename Coefficient>
struct alignas(32) QuantiserRow {
  std::make_unsigned_t<Coefficient> factor[kQuantiserLanes];
  std::make_unsigned_t<Coefficient> offset[kQuantiserLanes];
  uint16_t peak[kQuantiserLanes];  // largest coded magnitude so far
};

// Where the slices of one row of them lie in a band.
template <typename Coefficient>
struct PlacedBand {
  Coefficient* data;  // of the first slice
  ptrdiff_t stride;
  int width;  // of a slice
  int height;
  ptrdiff_t at;  // of its values among those of a slice
};

// Kernels on coefficients, in the form in which an instruction set can replace them.
template <typename Coefficient>
struct SliceDsp {
  // Reads all of several runs. False where a value does not fit; what is written is of no use then.
  bool (*readRuns)(const CodeRun* runs, int count);
  // Takes values that take turns apart, `count` pairs.
  void (*separate)(const int16_t* mixed, int count, int16_t* first, int16_t* second);
  // rowOf: of each kQuantiserLanes values.
  void (*dequantise)(const int16_t* coded, const uint8_t* rowOf, int vectors,
                     QuantiserRow<Coefficient>* rows, Coefficient* out);
  // Copies the values of slice number x of a row to their bands.
  void (*place)(const PlacedBand<Coefficient>* bands, int count, int x, const Coefficient* values);
};

template <typename Coefficient>
void initSlices(SliceDsp<Coefficient>* dsp, uint32_t cpuFlags);

// What all slices of a picture share.
template <typename Coefficient>
class SliceLayout {
 public:
  struct Band {
    Subband<Coefficient> band;
    int component;
    int level;
    int index;         // among the bands of its level
    uint32_t matrix;   // its element
    size_t left, top;  // of its borders in borders()
  };
  struct Area {
    int left, right, top, bottom;
    int count() const { return (right - left) * (bottom - top); }
  };

  // planes: Y, C1, C2, configured for the transform; they and dsp must outlive this.
  void configure(const SliceDsp<Coefficient>& dsp, const TransformParams& params,
                 CoefficientPlane<Coefficient>* planes);

  const SliceDsp<Coefficient>& dsp() const { return *dsp_; }
  const SliceParams& slicing() const { return slicing_; }
  Syntax syntax() const { return syntax_; }
  // Component by component, each from coarse to fine.
  const std::vector<Band>& bands() const { return bands_; }
  size_t bandsPerComponent() const { return bands_.size() / 3; }
  // Of slice (x, y) in a band.
  Area areaOf(const Band& band, int x, int y) const {
    const int32_t* across = borders_.data() + band.left + x;
    const int32_t* down = borders_.data() + band.top + y;
    return {across[0], across[1], down[0], down[1]};
  }
  // Coefficients of slice (x, y), and of the largest one.
  int count(int component, int x, int y) const;
  size_t most(int component) const { return most_[component]; }
  // Whether all slices have the same shape.
  bool isUniform() const { return uniform_; }

 private:
  size_t addBorders(int size, int count);

  const SliceDsp<Coefficient>* dsp_ = nullptr;
  Syntax syntax_ = Syntax::kLowDelay;
  SliceParams slicing_;
  std::vector<Band> bands_;
  std::vector<int32_t> borders_;  // of the slices in the bands, one more than slices along a side
  size_t most_[3] = {};
  bool uniform_ = false;
};

}  // namespace kamaelia::dirac
