// SPDX-License-Identifier: Apache-2.0
// The forward wavelet transforms as a textbook writes them, one sample at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kamaelia::dirac::test {

struct Grid {
  int width = 0;
  int height = 0;
  std::vector<int32_t> samples;

  Grid() = default;
  Grid(int w, int h, int32_t fill = 0)
      : width(w), height(h), samples(static_cast<size_t>(w) * static_cast<size_t>(h), fill) {}
  int32_t& at(int x, int y) { return samples[static_cast<size_t>(y * width + x)]; }
  int32_t at(int x, int y) const { return samples[static_cast<size_t>(y * width + x)]; }
  bool operator==(const Grid&) const = default;
};

// Takes a signal of even length apart in place: low-pass samples at even places, high-pass ones at
// odd places.
void analyse(uint32_t wavelet, std::vector<int32_t>* signal);

// Subbands in the order of the stream: LL, then HL, LH, HH from the coarsest level on. The sides of
// the picture must be multiples of 1 << depth.
std::vector<Grid> forwardTransform(uint32_t wavelet, int depth, const Grid& picture);

// The picture with its last column and row repeated up to multiples of 1 << depth.
Grid padded(const Grid& picture, int depth);

}  // namespace kamaelia::dirac::test
