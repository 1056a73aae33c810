// SPDX-License-Identifier: Apache-2.0
#include "arriving_slices.h"

#include <algorithm>

namespace kamaelia::dirac {
namespace {

// So that even a slice of no bytes has a place.
constexpr size_t kLeastBytes = 64;

}  // namespace

void ArrivingSlices::begin(const TransformParams& params) {
  params_ = &params;
  const auto rows = static_cast<size_t>(params.slices.y);
  slices_.assign(rows * static_cast<size_t>(params.slices.x), CodedSlice{});
  missing_.assign(rows, params.slices.x);
  due_.clear();
  bytes_.clear();
  bytes_.reserve(kLeastBytes);
  received_ = parsed_ = next_ = 0;
  ended_ = false;
}

Status ArrivingSlices::addAll(BitReader& bits) {
  received_ = findSlices(bits, *params_, 0, slices_.size(), slices_.data());
  if (complete()) return {};
  return {Code::kDamaged, bits.bytePosition(), "slices cut short"};
}

Status ArrivingSlices::addFragment(const FragmentHeader& header, BitReader& bits) {
  const SliceParams& slicing = params_->slices;
  const size_t first = size_t{header.y} * static_cast<size_t>(slicing.x) + header.x;
  if (header.x >= static_cast<uint32_t>(slicing.x) || first >= slices_.size()) {
    return {Code::kDamaged, bits.bytePosition(), "fragment outside the picture"};
  }
  const size_t asked = std::min<size_t>(header.slices, slices_.size() - first);
  found_.resize(asked);
  const uint8_t* const begin = bits.bytes();
  const size_t found = findSlices(bits, *params_, first, asked, found_.data());
  const auto size = static_cast<size_t>(bits.bytes() - begin);
  if (size > maxBytes_ - std::min(bytes_.size(), maxBytes_)) {
    return {Code::kDamaged, bits.bytePosition(), "more bytes of slices than a picture may have"};
  }
  const size_t start = keep(begin, size);
  const uint8_t* const kept = bytes_.data() + start;
  for (size_t i = 0; i < found; ++i) {
    CodedSlice& slice = slices_[first + i];
    if (slice.bytes != nullptr) continue;
    const auto at = static_cast<size_t>(found_[i].bytes - begin);
    slice = {kept + at, found_[i].size, size - at};
    note(first + i);
  }
  if (found == header.slices) return {};
  return {Code::kDamaged, bits.bytePosition(), "slices of a fragment"};
}

void ArrivingSlices::addBytes(const uint8_t* data, size_t size) {
  if (complete()) return;
  keep(data, size);
  BitReader bits(bytes_.data() + parsed_, bytes_.size() - parsed_);
  const size_t found =
      findSlices(bits, *params_, next_, slices_.size() - next_, slices_.data() + next_);
  for (size_t i = 0; i < found; ++i) note(next_ + i);
  next_ += found;
  parsed_ += static_cast<size_t>(bits.bytePosition());
}

void ArrivingSlices::end() {
  for (size_t row = 0; row < missing_.size(); ++row) {
    if (missing_[row] > 0) due_.push_back(static_cast<int>(row));
  }
  ended_ = true;
}

void ArrivingSlices::takeRows(std::vector<int>* rows) {
  rows->swap(due_);
  due_.clear();
}

void ArrivingSlices::repeatRows() {
  due_.clear();
  for (int row = 0; row < params_->slices.y; ++row) due_.push_back(row);
}

// Where they begin among the bytes kept. Slices move with the bytes.
size_t ArrivingSlices::keep(const uint8_t* data, size_t size) {
  const size_t at = bytes_.size();
  if (size > bytes_.capacity() - at) {
    std::vector<uint8_t> larger;
    larger.reserve(std::max(2 * bytes_.capacity(), at + size));
    larger.assign(bytes_.begin(), bytes_.end());
    for (CodedSlice& slice : slices_) {
      if (slice.bytes != nullptr) slice.bytes = larger.data() + (slice.bytes - bytes_.data());
    }
    bytes_.swap(larger);
  }
  bytes_.insert(bytes_.end(), data, data + size);
  return at;
}

void ArrivingSlices::note(size_t slice) {
  ++received_;
  const size_t row = slice / static_cast<size_t>(params_->slices.x);
  if (--missing_[row] == 0) due_.push_back(static_cast<int>(row));
}

}  // namespace kamaelia::dirac
