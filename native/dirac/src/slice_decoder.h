// SPDX-License-Identifier: Apache-2.0
// The contents of slices (ST 2042-1, 13.5): from their bytes to dequantised coefficients in bands.
#pragma once

#include <cstdint>
#include <vector>

#include "slices.h"

namespace kamaelia::dirac {

// One thread's part of a picture. Memory is taken when a picture needs more than before.
template <typename Coefficient>
class SliceDecoder {
 public:
  // A picture begins. layout must outlive its slices.
  void begin(const SliceLayout<Coefficient>& layout);
  // Decodes row y of slices into the planes; slices: of the whole picture. False where one
  // contradicts itself.
  bool decodeRow(const CodedSlice* slices, int y);
  // Raises those of the three planes by what was decoded. Largest magnitudes; where Coefficient
  // did not hold one, UINT32_MAX.
  void raise(BandPeaks* peaks) const;

 private:
  using Layout = SliceLayout<Coefficient>;
  using Band = typename Layout::Band;
  using Area = typename Layout::Area;
  using Row = QuantiserRow<Coefficient>;

  static uint32_t& peakOf(const Band& band, BandPeaks* peaks) {
    BandPeaks& of = peaks[band.component];
    return band.level == 0 ? of.low : of.high[band.level - 1][band.index];
  }
  void makeLanes();
  Row* rowsOf(uint32_t quantiser);
  bool decode(const CodedSlice& slice, int x, int y);
  bool decodeReadable(const CodedSlice& slice, int x, int y);
  bool highQuality(const CodedSlice& slice, const int (&counts)[3], int x, int y);
  bool lowDelay(const CodedSlice& slice, const int (&counts)[3], int x, int y);
  void put(uint32_t quantiser, int x, int y);
  void putEach(Row* rows, int x, int y);
  void putLarge(const CodedSlice& slice, const CodeRun* runs, uint32_t quantiser, int x, int y);

  const Layout* layout_ = nullptr;
  size_t start_[3] = {};         // of each component's values
  std::vector<uint8_t> padded_;  // a slice with slack behind it
  std::vector<int16_t> coded_;   // values of a slice
  std::vector<int16_t> mixed_;   // low delay: those of chroma, in turns
  std::vector<int16_t> apart_;   // those of one band
  std::vector<Coefficient> values_;
  std::vector<PlacedBand<Coefficient>> placed_;  // where slices are uniform
  // The band of each lane of the rows that a quantiser index has, or -1: first a row for each band,
  // then those that bands of uniform slices share.
  std::vector<int16_t> lanes_;
  std::vector<uint8_t> rowOf_;  // of each vector of a uniform slice's values
  std::vector<Row> rows_;
  int firstRow_[256] = {};   // by quantiser index; -1: it was not met yet
  BandPeaks largePeaks_[3];  // of values that are not among the rows' peaks
};

}  // namespace kamaelia::dirac
