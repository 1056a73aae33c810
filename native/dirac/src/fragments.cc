// SPDX-License-Identifier: Apache-2.0
#include "fragments.h"

#include <algorithm>
#include <utility>

namespace kamaelia::dirac {

bool readFragmentHeader(BitReader& bits, FragmentHeader* header) {
  header->picture = bits.literal(32);
  header->bytes = bits.literal(16);
  header->slices = bits.literal(16);
  if (header->slices > 0) {
    header->x = bits.literal(16);
    header->y = bits.literal(16);
  }
  return !bits.overrun();
}

Status FragmentedPicture::begin(uint32_t number, BitReader& bits, Syntax syntax, bool asymmetric) {
  open_ = false;
  transform_ = TransformParams{};
  if (const Status status = readTransformParams(bits, syntax, asymmetric, &transform_);
      !status.ok()) {
    return status;
  }
  number_ = number;
  open_ = true;
  received_ = 0;
  bytes_.clear();
  places_.clear();
  return {};
}

Status FragmentedPicture::add(const FragmentHeader& header, BitReader& bits) {
  const SliceParams& slicing = transform_.slices;
  const size_t all = static_cast<size_t>(slicing.x) * static_cast<size_t>(slicing.y);
  places_.resize(all);
  const size_t first = size_t{header.y} * static_cast<size_t>(slicing.x) + header.x;
  if (header.x >= static_cast<uint32_t>(slicing.x) || first >= all) {
    return {Code::kDamaged, bits.bytePosition(), "fragment outside the picture"};
  }
  const size_t count = std::min<size_t>(header.slices, all - first);
  found_.assign(count, CodedSlice{});
  const uint8_t* begin = bits.bytes();
  const bool whole = findSlices(bits, transform_, first, count, found_.data());
  const size_t at = bytes_.size();
  if (static_cast<size_t>(bits.bytes() - begin) > maxBytes_ - std::min(at, maxBytes_)) {
    return {Code::kDamaged, bits.bytePosition(), "more bytes of slices than a picture may have"};
  }
  bytes_.insert(bytes_.end(), begin, bits.bytes());
  for (size_t i = 0; i < count; ++i) {
    if (found_[i].bytes == nullptr) break;
    Place& place = places_[first + i];
    if (!place.there) ++received_;
    place = {at + static_cast<size_t>(found_[i].bytes - begin), found_[i].size, true};
  }
  if (whole && count == header.slices) return {};
  return {Code::kDamaged, bits.bytePosition(), "slices of a fragment"};
}

void FragmentedPicture::takeSlices(std::vector<uint8_t>* bytes, std::vector<CodedSlice>* to) {
  std::swap(bytes_, *bytes);
  const SliceParams& slicing = transform_.slices;
  to->assign(static_cast<size_t>(slicing.x) * static_cast<size_t>(slicing.y), CodedSlice{});
  for (size_t i = 0; i < places_.size(); ++i) {
    if (places_[i].there) {
      (*to)[i] = {bytes->data() + places_[i].at, places_[i].size, bytes->size() - places_[i].at};
    }
  }
  open_ = false;
}

}  // namespace kamaelia::dirac
