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

template <typename Coefficient = int32_t>
WaveletDsp<Coefficient> dspOf(uint32_t flags) {
  WaveletDsp<Coefficient> dsp;
  initWavelet(&dsp, flags);
  return dsp;
}

TransformParams transformOf(uint32_t wavelet, int depth) {
  TransformParams params;
  params.wavelet = params.waveletHorizontal = wavelet;
  params.depth = depth;
  return params;
}

// The subbands laid out as the decoder has them, and taken back to a picture.
template <typename Coefficient>
Grid inverse(const WaveletDsp<Coefficient>& dsp, uint32_t wavelet, int depth,
             const std::vector<Grid>& bands, int begin = 0) {
  CoefficientPlane<Coefficient> plane;
  const int scale = 1 << depth;
  plane.configure(bands[0].width * scale, bands[0].height * scale, depth);
  for (size_t i = 0; i < bands.size(); ++i) {
    const int level = static_cast<int>(i + 2) / 3;
    const Subband<Coefficient> band =
        subbandOf(plane, level, i == 0 ? Orientation::kLL : kOrientations[(i - 1) % 3 + 1]);
    REQUIRE(band.width == bands[i].width);
    REQUIRE(band.height == bands[i].height);
    for (int y = 0; y < band.height; ++y) {
      for (int x = 0; x < band.width; ++x)
        band.data[y * band.stride + x] = static_cast<Coefficient>(bands[i].at(x, y));
    }
  }
  InverseWavelet<Coefficient> rows;
  rows.configure(dsp, transformOf(wavelet, depth), &plane);
  Grid out(plane.width, plane.height);
  // Begun anew in the middle, too: stripes of a picture are.
  for (int y = 0; y < plane.height; ++y) {
    if (y == begin) rows.seek(y);
    const Coefficient* row = rows.next();
    for (int x = 0; x < plane.width; ++x) out.at(x, y) = row[x];
  }
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

// Low half, then high half.
Row oneRow(uint32_t wavelet, const Row& halves) {
  const int half = static_cast<int>(halves.size() / 2);
  Row row(static_cast<size_t>(2 * highOffset(half))), scratch(row.size()), out(halves.size());
  std::copy_n(halves.data(), half, row.data() + kRowMargin);
  std::copy_n(halves.data() + half, half, row.data() + kRowMargin + highOffset(half));
  dspOf(kCpuScalar)
      .filter[wavelet]
      .horizontal(row.data() + kRowMargin, row.data() + kRowMargin + highOffset(half), half,
                  scratch.data() + kRowMargin, out.data());
  return out;
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

  TEST_CASE("every filter at every depth gives back what a textbook's forward transform took") {
    const WaveletDsp<int32_t> dsp = dspOf(cpuFlags());
    for (uint32_t wavelet = 0; wavelet < 7; ++wavelet) {
      for (int depth = 0; depth <= kMaxDepth; ++depth) {
        CAPTURE(wavelet);
        CAPTURE(depth);
        const int unit = 1 << depth;
        for (const auto& [columns, rows] : {std::pair{1, 1}, {3, 2}, {2, 5}, {9, 1}}) {
          const Grid picture = noise(columns * unit, rows * unit, -128, 127, 7);
          const std::vector<Grid> bands = forwardTransform(wavelet, depth, picture);
          for (const int begin : {0, 1, rows * unit / 2, rows * unit - 1}) {
            CHECK(inverse(dsp, wavelet, depth, bands, begin) == picture);
          }
        }
      }
    }
  }

  TEST_CASE("pictures of extremes come back too") {
    const WaveletDsp<int32_t> dsp = dspOf(cpuFlags());
    for (uint32_t wavelet = 0; wavelet < 7; ++wavelet) {
      CAPTURE(wavelet);
      Grid checks(32, 32);
      for (int y = 0; y < 32; ++y) {
        for (int x = 0; x < 32; ++x) checks.at(x, y) = (x + y) % 2 ? 32767 : -32768;
      }
      CHECK(inverse(dsp, wavelet, 3, forwardTransform(wavelet, 3, checks)) == checks);
    }
  }

  TEST_CASE("bands that are all zero need not be there") {
    const WaveletDsp<int32_t> dsp = dspOf(cpuFlags());
    const Grid picture = noise(16, 16, -128, 127, 3);
    std::vector<Grid> bands = forwardTransform(0, 2, picture);
    for (int32_t& value : bands[5].samples) value = 0;
    const Grid expected = inverse(dsp, 0, 2, bands);
    CoefficientPlane<int32_t> plane;
    plane.configure(16, 16, 2);
    for (size_t i = 0; i < bands.size(); ++i) {
      const int level = static_cast<int>(i + 2) / 3;
      const Orientation orientation = i == 0 ? Orientation::kLL : kOrientations[(i - 1) % 3 + 1];
      const Subband<int32_t> band = subbandOf(plane, level, orientation);
      for (int y = 0; y < band.height; ++y) {
        for (int x = 0; x < band.width; ++x) {
          band.data[y * band.stride + x] = i == 5 ? 999 : bands[i].at(x, y);
        }
      }
    }
    plane.zero[2][static_cast<size_t>(kOrientations[2])] = true;
    InverseWavelet<int32_t> rows;
    rows.configure(dsp, transformOf(0, 2), &plane);
    for (int y = 0; y < 16; ++y) {
      const int32_t* row = rows.next();
      for (int x = 0; x < 16; ++x) CHECK(row[x] == expected.at(x, y));
    }
  }
}

// A plane of few coefficients, in few of its codeblocks. Where a whole row of codeblocks is known
// to hold zeros is something else, which nobody may look at. `empty` gets the same plane with zeros
// there, of which nothing is known.
template <typename Kept>
void fillSparsely(uint32_t seed, int width, int height, int depth, CoefficientPlane<Kept>* plane,
                  CoefficientPlane<Kept>* empty) {
  std::mt19937 random(seed);
  plane->configure(width, height, depth);
  empty->configure(width, height, depth);
  for (int level = 0; level <= depth; ++level) {
    for (size_t which = level == 0 ? 0 : 1; which < (level == 0 ? 1 : 4); ++which) {
      const Subband<Kept> band = subbandOf(*plane, level, kOrientations[which]);
      const Subband<Kept> known = subbandOf(*empty, level, kOrientations[which]);
      const auto upTo = [&](uint32_t most) { return 1 + static_cast<int>(random() % most); };
      const CodeblockCount count{upTo(9), upTo(7)};
      uint8_t* zero = plane->zeroCodeblocks[level][which].of(count);
      for (int y = 0; y < band.height; ++y) {
        std::fill_n(band.data + y * band.stride, band.width, Kept{999});
        std::fill_n(known.data + y * known.stride, known.width, Kept{0});
      }
      for (int y = 0; y < count.y; ++y) {
        const bool nothing = random() % 2 == 0;
        for (int x = 0; x < count.x; ++x, ++zero) {
          *zero = nothing || random() % 4 != 0;
          for (int j = band.height * y / count.y; j < band.height * (y + 1) / count.y; ++j) {
            for (int i = band.width * x / count.x; i < band.width * (x + 1) / count.x; ++i) {
              const int value = random() % 8 == 0 ? upTo(400) - 200 : 0;
              if (!nothing) band.data[j * band.stride + i] = 0;
              if (*zero) continue;
              band.data[j * band.stride + i] = static_cast<Kept>(value);
              known.data[j * known.stride + i] = static_cast<Kept>(value);
            }
          }
        }
      }
    }
  }
}

template <typename Kept, typename Coefficient>
void compareSparse(const WaveletDsp<Coefficient>& dsp, uint32_t wavelet, int depth) {
  constexpr int kSizes[][2] = {{64, 32}, {16, 16}, {96, 32}, {80, 32}, {416, 64}, {704, 96}};
  InverseWavelet<Coefficient> rows;
  for (uint32_t seed = 0; seed < 12; ++seed) {
    CAPTURE(wavelet);
    CAPTURE(depth);
    CAPTURE(seed);
    // The rows of the picture before are still there: sizes come twice.
    const auto [width, height] = kSizes[seed / 2];
    CoefficientPlane<Kept> plane, empty;
    fillSparsely(seed, width, height, depth, &plane, &empty);
    InverseWavelet<Coefficient> plain;
    plain.configure(dsp, transformOf(wavelet, depth), &empty);
    rows.configure(dsp, transformOf(wavelet, depth), &plane);
    int differences = 0;
    for (int pass = 0; pass < 2; ++pass) {
      const int begin = pass * height / 3;
      rows.seek(begin);
      plain.seek(begin);
      for (int y = begin; y < height; ++y) {
        const Coefficient* row = rows.next();
        const Coefficient* expected = plain.next();
        differences += !std::equal(expected, expected + width, row);
      }
    }
    CHECK(differences == 0);
  }
}

TEST_SUITE("zero codeblocks") {
  TEST_CASE("are not looked at, and the rows are what they would be") {
    for (const uint32_t flags : {uint32_t{kCpuScalar}, cpuFlags()}) {
      const WaveletDsp<int32_t> wide = dspOf(flags);
      const WaveletDsp<int16_t> narrow = dspOf<int16_t>(flags);
      for (uint32_t wavelet = 0; wavelet < 7; ++wavelet) {
        for (int depth = 0; depth <= 4; ++depth) {
          compareSparse<int32_t>(wide, wavelet, depth);
          compareSparse<int16_t>(wide, wavelet, depth);
          compareSparse<int16_t>(narrow, wavelet, depth);
        }
      }
    }
  }
}

// Rows taken apart by a textbook's forward transform, without the columns.
std::vector<Grid> horizontalSplit(uint32_t wavelet, const Grid& image) {
  std::vector<Grid> halves(2, Grid(image.width / 2, image.height));
  const bool shifts = wavelet != 3 && wavelet != 5;
  for (int y = 0; y < image.height; ++y) {
    std::vector<int32_t> row;
    for (int x = 0; x < image.width; ++x) row.push_back(image.at(x, y) * (shifts ? 2 : 1));
    analyse(wavelet, &row);
    for (int x = 0; x < image.width; ++x) {
      halves[static_cast<size_t>(x % 2)].at(x / 2, y) = row[static_cast<size_t>(x)];
    }
  }
  return halves;
}

TEST_SUITE("asymmetric transforms") {
  TEST_CASE("levels that are horizontal only come before the others, with a filter of their own") {
    const WaveletDsp<int32_t> dsp = dspOf(cpuFlags());
    for (uint32_t wavelet = 0; wavelet < 7; ++wavelet) {
      for (const int depth : {0, 1}) {
        CAPTURE(wavelet);
        CAPTURE(depth);
        const Grid picture = noise(32, 6, -128, 127, wavelet);
        // A level of both directions, then two that split what is low in it.
        const std::vector<Grid> bands = forwardTransform(wavelet, depth, picture);
        const std::vector<Grid> finer = horizontalSplit(wavelet, bands[0]);
        const std::vector<Grid> coarser = horizontalSplit(wavelet, finer[0]);
        CoefficientPlane<int32_t> plane;
        plane.configure(32, 6, depth, 2);
        const auto put = [&](int level, Orientation orientation, const Grid& from) {
          const Subband<int32_t> band = subbandOf(plane, level, orientation);
          REQUIRE(band.width == from.width);
          REQUIRE(band.height == from.height);
          for (int y = 0; y < band.height; ++y) {
            for (int x = 0; x < band.width; ++x) band.data[y * band.stride + x] = from.at(x, y);
          }
        };
        put(0, Orientation::kLL, coarser[0]);
        put(1, Orientation::kHL, coarser[1]);
        put(2, Orientation::kHL, finer[1]);
        for (size_t i = 1; i < bands.size(); ++i) put(3, kOrientations[i], bands[i]);
        TransformParams params = transformOf(wavelet, depth);
        params.depthHorizontal = 2;
        InverseWavelet<int32_t> rows;
        rows.configure(dsp, params, &plane);
        for (const int begin : {0, 3}) {
          rows.seek(begin);
          for (int y = begin; y < 6; ++y) {
            const int32_t* row = rows.next();
            for (int x = 0; x < 32; ++x) CHECK(row[x] == picture.at(x, y));
          }
        }
      }
    }
  }
}

// Every instruction set that this machine has, on its own.
std::vector<uint32_t> instructionSets() {
  std::vector<uint32_t> sets = {kCpuScalar};
  for (const uint32_t flag : {uint32_t{kCpuSse41}, uint32_t{kCpuAvx2}, uint32_t{kCpuNeon}}) {
    if (cpuFlags() & flag) sets.push_back(flag);
  }
  return sets;
}

// The same bands by the scalar code and by each instruction set, whatever the values do.
template <typename Coefficient, typename Init>
void compareSets(Init&& init, uint32_t filters, int32_t most) {
  WaveletDsp<Coefficient> scalar;
  init(&scalar, kCpuScalar);
  for (const uint32_t flags : instructionSets()) {
    WaveletDsp<Coefficient> fast;
    init(&fast, flags);
    CHECK((fast.fromShort == scalar.fromShort) == (flags == kCpuScalar));
    for (uint32_t wavelet = 0; wavelet < filters; ++wavelet) {
      for (int width = 2; width <= 150; width += 2) {
        CAPTURE(flags);
        CAPTURE(wavelet);
        CAPTURE(width);
        std::vector<Grid> bands;
        for (uint32_t i = 0; i < 4; ++i) bands.push_back(noise(width / 2, 6, -most, most, i));
        CHECK(inverse(fast, wavelet, 1, bands) == inverse(scalar, wavelet, 1, bands));
      }
    }
  }
}

TEST_SUITE("instruction sets") {
  TEST_CASE("give what the scalar code gives, overflow included") {
    compareSets<int16_t>(&initNarrowWavelet, 5, 32767);
    compareSets<int16_t>([](auto* dsp, uint32_t flags) { initWavelet(dsp, flags); }, 7, 32767);
    compareSets<int32_t>([](auto* dsp, uint32_t flags) { initWavelet(dsp, flags); }, 7, 32767);
    compareSets<int32_t>([](auto* dsp, uint32_t flags) { initWavelet(dsp, flags); }, 7, 1 << 30);
  }
}

// Peaks of bands in the order of the stream.
BandPeaks peaksOf(const std::vector<Grid>& bands) {
  BandPeaks peaks;
  for (size_t i = 0; i < bands.size(); ++i) {
    uint32_t& peak = i == 0 ? peaks.low : peaks.high[(i - 1) / 3][(i - 1) % 3];
    for (const int32_t value : bands[i].samples) {
      peak = std::max(peak, static_cast<uint32_t>(std::abs(value)));
    }
  }
  return peaks;
}

TEST_SUITE("coefficients of 16 bits") {
  TEST_CASE("give what 32 bits give wherever the reach says that they do") {
    const WaveletDsp<int32_t> wide = dspOf(kCpuScalar);
    int proven = 0, provenSums = 0, refused = 0;
    for (const uint32_t flags : {uint32_t{kCpuScalar}, cpuFlags()}) {
      const WaveletDsp<int16_t> narrow = dspOf<int16_t>(flags);
      WaveletDsp<int16_t> narrowSums;
      initNarrowWavelet(&narrowSums, flags);
      for (uint32_t wavelet = 0; wavelet < 7; ++wavelet) {
        for (int depth = 1; depth <= 5; ++depth) {
          for (const int32_t most : {100, 1000, 4000, 8000, 16000, 32000}) {
            CAPTURE(wavelet);
            CAPTURE(depth);
            CAPTURE(most);
            std::vector<Grid> bands;
            for (int i = 0; i < 1 + 3 * depth; ++i) {
              const int scale = 1 << std::max(0, (i + 2) / 3 - 1);
              Grid band(3 * scale, 2 * scale);
              std::mt19937 random(static_cast<uint32_t>(i) + wavelet);
              for (int32_t& value : band.samples) value = random() % 2 ? most : -most;
              bands.push_back(band);
            }
            if (!transformReach(transformOf(wavelet, depth), peaksOf(bands)).fitsShort()) {
              ++refused;
              continue;
            }
            ++proven;
            const Grid expected = inverse(wide, wavelet, depth, bands);
            CHECK(inverse(narrow, wavelet, depth, bands) == expected);
            if (wavelet > 4 ||
                !transformReach(transformOf(wavelet, depth), peaksOf(bands)).fitsNarrowSums()) {
              continue;
            }
            ++provenSums;
            CHECK(inverse(narrowSums, wavelet, depth, bands) == expected);
          }
        }
      }
    }
    CHECK(proven > 100);
    CHECK(provenSums > 50);
    CHECK(refused > 100);
  }

  TEST_CASE("do for the pictures of 8 bits that encoders make") {
    for (uint32_t wavelet = 0; wavelet <= 4; ++wavelet) {
      for (int depth = 1; depth <= 5; ++depth) {
        CAPTURE(wavelet);
        CAPTURE(depth);
        Grid ramp(64, 64);
        for (int y = 0; y < 64; ++y) {
          for (int x = 0; x < 64; ++x) ramp.at(x, y) = std::min(127, 2 * (x + y) - 128);
        }
        CHECK(transformReach(transformOf(wavelet, depth),
                             peaksOf(forwardTransform(wavelet, depth, ramp)))
                  .fitsShort());
      }
    }
  }
}

TEST_SUITE("sums of 64 bits") {
  TEST_CASE("keep pictures of 16 bits whole where 32 bits would wrap") {
    Grid checks(64, 64);
    for (int y = 0; y < 64; ++y) {
      for (int x = 0; x < 64; ++x) checks.at(x, y) = (x / 8 + y / 8) % 2 ? 32767 : -32768;
    }
    WaveletDsp<int32_t> dsp;
    initWideWavelet(&dsp);
    for (uint32_t wavelet = 0; wavelet < 7; ++wavelet) {
      for (const int depth : {3, 6}) {
        CAPTURE(wavelet);
        CHECK(inverse(dsp, wavelet, depth, forwardTransform(wavelet, depth, checks)) == checks);
      }
    }
    CHECK_FALSE(
        transformReach(transformOf(6, 6), peaksOf(forwardTransform(6, 6, checks))).fitsSums());
    CHECK(transformReach(transformOf(1, 3), peaksOf(forwardTransform(1, 3, checks))).fitsSums());
  }
}

}  // namespace
}  // namespace kamaelia::dirac::test
