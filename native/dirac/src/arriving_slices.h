// SPDX-License-Identifier: Apache-2.0
// The slices of one picture, as they come: all at once, in fragments, or by their bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "fragments.h"
#include "slices.h"

namespace kamaelia::dirac {

// Knows where the slices lie that have come, and of which rows all have. Where a slice comes twice
// the first one counts. Memory is taken when a picture needs more than before.
class ArrivingSlices {
 public:
  // maxBytes: of all fragments of a picture together.
  explicit ArrivingSlices(size_t maxBytes) : maxBytes_(maxBytes) {}

  // params must stay until the picture is decoded.
  void begin(const TransformParams& params);
  // All at once, from where bits is; they are not copied. kDamaged: the bytes end too early.
  Status addAll(BitReader& bits);
  // Those of a fragment, copied. kDamaged: some were not there, or not asked for.
  Status addFragment(const FragmentHeader& header, BitReader& bits);
  // Bytes behind those that came before, in raster order and cut anywhere; copied.
  void addBytes(const uint8_t* data, size_t size);
  // No more will come; those that did not have no bytes.
  void end();

  bool ended() const { return ended_; }
  bool complete() const { return received_ == slices_.size(); }
  // Of the whole picture, in raster order; valid until more come.
  const CodedSlice* slices() const { return slices_.data(); }
  // The rows that have all their slices, or that get no more, each once.
  bool anyRow() const { return !due_.empty(); }
  void takeRows(std::vector<int>* rows);
  // All rows once more. To be called when it has ended.
  void repeatRows();

  size_t memory() const { return bytes_.capacity() + slices_.capacity() * sizeof(CodedSlice); }

 private:
  size_t keep(const uint8_t* data, size_t size);
  void note(size_t slice);

  const size_t maxBytes_;
  const TransformParams* params_ = nullptr;
  std::vector<CodedSlice> slices_;
  std::vector<int> missing_;  // slices, of each row
  std::vector<int> due_;      // rows
  size_t received_ = 0;
  bool ended_ = false;
  std::vector<uint8_t> bytes_;
  size_t parsed_ = 0;  // of bytes_
  size_t next_ = 0;    // slice that begins there
  std::vector<CodedSlice> found_;
};

}  // namespace kamaelia::dirac
