// SPDX-License-Identifier: Apache-2.0
#include "wavelet.h"

#include <doctest/doctest.h>

#include <random>

#include "common/cpu_flags.h"
#include "wavelet_reference.h"

namespace kamaelia::dirac::test {
namespace {

constexpr Orientation kOrientations[] = {Orientation::kLL, Orientation::kHL, Orientation::kLH,
                                         Orientation::kHH};

WaveletDsp dspOf(uint32_t flags) {
  WaveletDsp dsp;
  initWavelet(&dsp, flags);
  return dsp;
}

// The subbands laid out as the decoder has them, and taken back to a picture.
Grid inverse(const WaveletDsp& dsp, uint32_t wavelet, int depth, const std::vector<Grid>& bands) {
  CoefficientPlane plane;
  const int scale = 1 << depth;
  plane.configure(bands[0].width * scale, bands[0].height * scale, depth);
  for (size_t i = 0; i < bands.size(); ++i) {
    const int level = static_cast<int>(i + 2) / 3;
    const Subband band =
        subbandOf(plane, level, i == 0 ? Orientation::kLL : kOrientations[(i - 1) % 3 + 1]);
    REQUIRE(band.width == bands[i].width);
    REQUIRE(band.height == bands[i].height);
    for (int y = 0; y < band.height; ++y) {
      for (int x = 0; x < band.width; ++x) band.data[y * band.stride + x] = bands[i].at(x, y);
    }
  }
  std::vector<int32_t> scratch(static_cast<size_t>(plane.width));
  inverseWavelet(dsp, wavelet, &plane, scratch.data());
  Grid out(plane.width, plane.height);
  out.samples = plane.data;
  return out;
}

Grid noise(int width, int height, int32_t low, int32_t high, uint32_t seed) {
  std::mt19937 random(seed);
  Grid grid(width, height);
  for (int32_t& sample : grid.samples) {
    sample = low + static_cast<int32_t>(random() % static_cast<uint32_t>(high - low + 1));
  }
  return grid;
}

using Row = std::vector<int32_t>;

Row oneRow(uint32_t wavelet, Row row) {
  Row scratch(row.size());
  dspOf(kCpuScalar)
      .filter[wavelet]
      .horizontal(row.data(), static_cast<int>(row.size()), scratch.data());
  return row;
}

TEST_SUITE("inverse wavelet") {
  TEST_CASE("rows worked by hand") {
    // Low half, then high half; the results are in place, with the final shift.
    CHECK(oneRow(0, {10, 20, 4, -8}) == Row{4, 10, 11, 7});
    CHECK(oneRow(1, {10, 20, 4, -8}) == Row{4, 10, 11, 7});
    CHECK(oneRow(2, {10, 20, 4, -8}) == Row{4, 10, 11, 7});
    CHECK(oneRow(3, {10, 20, 5, -4}) == Row{7, 12, 22, 18});
    CHECK(oneRow(4, {10, 20, 5, -4}) == Row{4, 6, 11, 9});
    CHECK(oneRow(5, {100, 100, 0, 0}) == Row{50, 50, 50, 50});
    CHECK(oneRow(6, {100, 100, 0, 0}) == Row{41, 40, 41, 40});
  }

  TEST_CASE("a single high-pass coefficient shows each filter's synthesis response") {
    CHECK(oneRow(1, {0, 0, 0, 0, 0, 1024, 0, 0}) == Row{0, -64, -128, 384, -128, -64, 0, 0});
    CHECK(oneRow(0, {0, 0, 0, 0, 0, 1024, 0, 0}) == Row{0, -64, -128, 368, -128, -64, 0, 8});
    CHECK(oneRow(3, {0, 0, 0, 0, 0, 1024, 0, 0}) == Row{0, 0, -512, 512, 0, 0, 0, 0});
  }

  TEST_CASE("the vertical half works on columns as the horizontal one on rows") {
    const WaveletDsp dsp = dspOf(kCpuScalar);
    for (uint32_t wavelet = 0; wavelet < 7; ++wavelet) {
      CAPTURE(wavelet);
      const Grid image = noise(3, 16, -500, 500, wavelet);
      Grid columns = image;
      dsp.filter[wavelet].vertical(columns.samples.data(), 3, 3, 16);
      for (int x = 0; x < 3; ++x) {
        Row row;
        for (int y = 0; y < 16; y += 2) row.push_back(image.at(x, y));
        for (int y = 1; y < 16; y += 2) row.push_back(image.at(x, y));
        Row expected = oneRow(wavelet, row);
        const bool shifts = wavelet != 3 && wavelet != 5;
        for (int y = 0; y < 16; ++y) {
          const int32_t value = columns.at(x, y);
          CHECK((shifts ? (value + 1) >> 1 : value) == expected[static_cast<size_t>(y)]);
        }
      }
    }
  }

  TEST_CASE("every filter at every depth gives back what a textbook's forward transform took") {
    const WaveletDsp dsp = dspOf(cpuFlags());
    for (uint32_t wavelet = 0; wavelet < 7; ++wavelet) {
      for (int depth = 0; depth <= kMaxDepth; ++depth) {
        CAPTURE(wavelet);
        CAPTURE(depth);
        const int unit = 1 << depth;
        for (const auto& [columns, rows] : {std::pair{1, 1}, {3, 2}, {2, 5}, {9, 1}}) {
          const Grid picture = noise(columns * unit, rows * unit, -128, 127, 7);
          CHECK(inverse(dsp, wavelet, depth, forwardTransform(wavelet, depth, picture)) == picture);
        }
      }
    }
  }

  TEST_CASE("pictures of extremes come back too") {
    const WaveletDsp dsp = dspOf(cpuFlags());
    for (uint32_t wavelet = 0; wavelet < 7; ++wavelet) {
      CAPTURE(wavelet);
      Grid checks(32, 32);
      for (int y = 0; y < 32; ++y) {
        for (int x = 0; x < 32; ++x) checks.at(x, y) = (x + y) % 2 ? 32767 : -32768;
      }
      CHECK(inverse(dsp, wavelet, 3, forwardTransform(wavelet, 3, checks)) == checks);
    }
  }

  TEST_CASE("what this machine's instruction sets give is what the scalar code gives") {
    const WaveletDsp scalar = dspOf(kCpuScalar);
    const WaveletDsp fast = dspOf(cpuFlags());
    for (uint32_t wavelet = 0; wavelet < 7; ++wavelet) {
      for (int width = 2; width <= 80; width += 2) {
        CAPTURE(wavelet);
        CAPTURE(width);
        const std::vector<Grid> bands = {
            noise(width / 2, 6, -30000, 30000, 1), noise(width / 2, 6, -30000, 30000, 2),
            noise(width / 2, 6, -30000, 30000, 3), noise(width / 2, 6, -30000, 30000, 4)};
        CHECK(inverse(fast, wavelet, 1, bands) == inverse(scalar, wavelet, 1, bands));
      }
    }
  }
}

}  // namespace
}  // namespace kamaelia::dirac::test
