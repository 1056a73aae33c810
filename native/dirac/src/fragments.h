// SPDX-License-Identifier: Apache-2.0
// Pictures that come in fragments (ST 2042-1, 14).
#pragma once

#include <cstdint>
#include <vector>

#include "picture_header.h"
#include "slices.h"

namespace kamaelia::dirac {

struct FragmentHeader {
  uint32_t picture = 0;
  uint32_t bytes = 0;   // of the data behind the header
  uint32_t slices = 0;  // 0: transform parameters follow instead
  uint32_t x = 0;       // of the first slice
  uint32_t y = 0;
};

// False where the unit is too short for it.
bool readFragmentHeader(BitReader& bits, FragmentHeader* header);

// Collects the slices of one picture. Its bytes are copied, and so outlive their units.
class FragmentedPicture {
 public:
  // maxBytes: of all slices together.
  explicit FragmentedPicture(size_t maxBytes) : maxBytes_(maxBytes) {}

  // From a fragment of transform parameters.
  Status begin(uint32_t number, BitReader& bits, Syntax syntax, bool asymmetric);
  // From a fragment of slices. kDamaged: some of them were not there, or were not asked for.
  Status add(const FragmentHeader& header, BitReader& bits);
  void end() { open_ = false; }

  bool open() const { return open_; }
  uint32_t number() const { return number_; }
  const TransformParams& transform() const { return transform_; }
  bool complete() const { return !places_.empty() && received_ == places_.size(); }
  // Ends the picture. Where its slices lie in `bytes`, whose memory is kept in exchange, in raster
  // order; those that did not come have no bytes.
  void takeSlices(std::vector<uint8_t>* bytes, std::vector<CodedSlice>* to);

 private:
  struct Place {
    size_t at = 0;
    size_t size = 0;
    bool there = false;
  };

  const size_t maxBytes_;
  bool open_ = false;
  uint32_t number_ = 0;
  TransformParams transform_;
  std::vector<Place> places_;
  std::vector<uint8_t> bytes_;
  std::vector<CodedSlice> found_;
  size_t received_ = 0;
};

}  // namespace kamaelia::dirac
