// SPDX-License-Identifier: Apache-2.0
// Which parts of a row may hold anything but zeros.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

namespace kamaelia::dirac {

// Bit i stands for columns [i << shift, (i + 1) << shift).
using RowParts = uint64_t;

constexpr int kMostParts = 64;
// Filters reach 8 coefficients at most; shorter parts cost more calls than they save work.
constexpr int kLeastPartShift = 5;

constexpr int partShift(int width) {
  int shift = kLeastPartShift;
  while (int64_t{kMostParts} << shift < width) ++shift;
  return shift;
}

// The first `count` parts.
constexpr RowParts firstParts(int count) {
  return count >= kMostParts ? ~RowParts{0} : (RowParts{1} << count) - 1;
}

// The parts that columns [begin, end) touch; begin < end.
constexpr RowParts partsOf(int begin, int end, int shift) {
  return firstParts(((end - 1) >> shift) + 1) & ~firstParts(begin >> shift);
}

// Calls run(begin, end) for each run of parts, with its columns, those beyond `width` left out.
template <typename Run>
void forRuns(RowParts parts, int shift, int width, Run&& run) {
  while (parts != 0) {
    const int first = std::countr_zero(parts);
    const int last = first + std::countr_one(parts >> first);
    run(first << shift, std::min(last << shift, width));
    parts &= ~firstParts(last);
  }
}

}  // namespace kamaelia::dirac
