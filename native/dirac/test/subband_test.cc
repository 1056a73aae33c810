// SPDX-License-Identifier: Apache-2.0
#include "subband.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>

#include "common/cpu_flags.h"
#include "stream_builder.h"
#include "subband_reference.h"

namespace kamaelia::dirac::test {
namespace {

constexpr Orientation kOrientations[] = {Orientation::kLL, Orientation::kHL, Orientation::kLH,
                                         Orientation::kHH};

Subband<int32_t> bandOf(Grid& grid) {
  return {grid.samples.data(), grid.width, grid.width, grid.height};
}

Grid sparse(int width, int height, uint32_t seed) {
  std::mt19937 random(seed);
  Grid grid(width, height);
  for (int32_t& value : grid.samples) {
    if (random() % 3 == 0) value = static_cast<int32_t>(random() % 41) - 20;
    if (random() % 50 == 0) value = static_cast<int32_t>(random() % 200001) - 100000;
  }
  return grid;
}

template <typename Coefficient>
BandDsp<Coefficient> bandsFor(uint32_t flags) {
  BandDsp<Coefficient> dsp;
  initBands(&dsp, flags);
  return dsp;
}

// Decodes into a grid full of rubbish, so that every coefficient has to be written.
struct Decoded {
  Grid band;
  bool good;
  uint32_t peak = 0;
};

Decoded decode(const Bytes& bytes, int width, int height, CodedBand data,
               bool quantiserPerCodeblock = false, bool intra = true,
               const Subband<int32_t>& parent = {}) {
  Decoded out{Grid(width, height, 77777), false};
  data.bytes = bytes.data();
  data.size = bytes.size();
  const BandResult result =
      decodeSubband(bandsFor<int32_t>(cpuFlags()), data, bandOf(out.band), parent,
                    {.intra = intra, .quantiserPerCodeblock = quantiserPerCodeblock});
  out.good = result.good;
  uint32_t peak = 0;
  for (const int32_t value : out.band.samples) {
    peak = std::max(peak,
                    value < 0 ? 0u - static_cast<uint32_t>(value) : static_cast<uint32_t>(value));
  }
  out.peak = result.peak;
  if (result.good) CHECK(result.peak == peak);
  return out;
}

// One coefficient of magnitude 1 after the other, each of its own quantiser index.
int32_t dequantised(int32_t value, uint32_t quantiser, bool intra) {
  Grid one(1, 1, value);
  const Bytes bytes = encodeBand(one, nullptr, 0, {});
  CodedBand data;
  data.quantiser = quantiser;
  const Decoded decoded = decode(bytes, 1, 1, data, false, intra);
  CHECK(decoded.good);
  return decoded.band.at(0, 0);
}

TEST_SUITE("subband geometry") {
  TEST_CASE("a plane is padded to whole coefficients of its coarsest level") {
    CoefficientPlane<int32_t> plane;
    plane.configure(173, 141, 4);
    CHECK(plane.width == 176);
    CHECK(plane.height == 144);
    plane.configure(1, 1, 6);
    CHECK(plane.width == 64);
    CHECK(plane.height == 64);
    plane.configure(33, 20, 0);
    CHECK(plane.width == 33);
  }

  TEST_CASE("the bands of a plane cover it, each coefficient once") {
    for (int depth = 0; depth <= kMaxDepth; ++depth) {
      CAPTURE(depth);
      CoefficientPlane<int32_t> plane;
      plane.configure(100, 130, depth);
      std::vector<int> covered(plane.data.size());
      for (int level = 0; level <= depth; ++level) {
        for (int i = level == 0 ? 0 : 1; i < (level == 0 ? 1 : 4); ++i) {
          const Subband<int32_t> band = subbandOf(plane, level, kOrientations[i]);
          const int shift = depth - std::max(level, 1) + 1;
          CHECK(band.width == plane.width >> (depth == 0 ? 0 : shift));
          CHECK(band.height == plane.height >> (depth == 0 ? 0 : shift));
          for (int y = 0; y < band.height; ++y) {
            for (int x = 0; x < band.width; ++x) {
              ++covered[static_cast<size_t>(band.data + y * band.stride + x - plane.data.data())];
            }
          }
        }
      }
      CHECK(std::all_of(covered.begin(), covered.end(), [](int n) { return n == 1; }));
    }
  }
}

TEST_SUITE("subband decoding") {
  TEST_CASE("coefficients come back in every orientation, with and without a parent") {
    const Grid parent = sparse(5, 4, 1);
    const Grid band = sparse(10, 8, 2);
    for (int i = 0; i < 4; ++i) {
      for (const bool hasParent : {false, true}) {
        if (i == 0 && hasParent) continue;
        CAPTURE(i);
        CAPTURE(hasParent);
        Grid coarse = parent;
        CodedBand data;
        data.orientation = kOrientations[i];
        const Bytes bytes = encodeBand(band, hasParent ? &parent : nullptr, i, {});
        const Decoded decoded = decode(bytes, 10, 8, data, false, true,
                                       hasParent ? bandOf(coarse) : Subband<int32_t>{});
        CHECK(decoded.good);
        CHECK(decoded.band == band);
      }
    }
  }

  TEST_CASE("contexts look across the borders of codeblocks, which may be empty or all zero") {
    Grid band = sparse(13, 11, 3);
    for (int y = 0; y < 5; ++y) {
      for (int x = 0; x < 7; ++x) band.at(x, y) = 0;
    }
    for (const CodeblockCount count : {CodeblockCount{3, 2}, {1, 11}, {20, 30}, {2, 1}}) {
      for (const bool perCodeblock : {false, true}) {
        CAPTURE(count.x);
        CAPTURE(perCodeblock);
        CodedBand data;
        data.orientation = Orientation::kLH;
        data.codeblocks = count;
        const Bytes bytes = encodeBand(band, nullptr, 2, {count, perCodeblock});
        const Decoded decoded = decode(bytes, 13, 11, data, perCodeblock);
        CHECK(decoded.good);
        CHECK(decoded.band == band);
      }
    }
  }

  TEST_CASE("the first quantisation factors, with the offsets of intra pictures") {
    constexpr int kFactors[] = {4, 5, 6, 7, 8, 10, 11, 13, 16, 19, 23, 27, 32};
    constexpr int kOffsets[] = {1, 2, 3, 4, 4, 5, 6, 7, 8, 10, 12, 14, 16};
    for (uint32_t index = 0; index < 13; ++index) {
      CAPTURE(index);
      for (const int32_t value : {1, 2, 5, 1000}) {
        const int32_t expected = (value * kFactors[index] + kOffsets[index] + 2) >> 2;
        CHECK(dequantised(value, index, true) == expected);
        CHECK(dequantised(-value, index, true) == -expected);
      }
      CHECK(dequantised(0, index, true) == 0);
    }
  }

  TEST_CASE("and those of inter pictures") {
    constexpr int kFactors[] = {4, 5, 6, 7, 8, 10, 11, 13, 16, 19, 23, 27};
    constexpr int kOffsets[] = {1, 2, 2, 3, 3, 4, 4, 5, 6, 7, 9, 10};
    for (uint32_t index = 0; index < 12; ++index) {
      CAPTURE(index);
      CHECK(dequantised(3, index, false) == (3 * kFactors[index] + kOffsets[index] + 2) >> 2);
    }
  }

  TEST_CASE("the last index is 119, and more is damage that leaves a band of zeros") {
    CHECK(dequantised(1, 60, true) == (131072 + 65536 + 2) >> 2);
    const Bytes bytes = encodeBand(sparse(4, 4, 5), nullptr, 0, {});
    CodedBand data;
    data.quantiser = 119;
    CHECK(decode(bytes, 4, 4, data).good);
    for (const uint32_t index : {120u, 0xFFFFFFFFu}) {
      data.quantiser = index;
      const Decoded decoded = decode(bytes, 4, 4, data);
      CHECK_FALSE(decoded.good);
      CHECK(decoded.band == Grid(4, 4));
    }
  }

  TEST_CASE("an index that is sent with each codeblock runs on from one to the next") {
    // Three codeblocks of one coefficient: +4, skipped as zero, -2.
    ArithEncoder encoder;
    const auto coefficientOfOne = [&](int follow) {
      encoder.bit(follow, false);
      encoder.bit(kCoefficientData, false);
      encoder.bit(kZpF2, true);
      encoder.bit(kSignZero, false);
    };
    encoder.bit(kZeroBlock, false);
    encoder.signedValue(kQuantiserFollow, kQuantiserFollow, kQuantiserData, kQuantiserSign, 4);
    coefficientOfOne(kZpznF1);
    encoder.bit(kZeroBlock, true);
    encoder.bit(kZeroBlock, false);
    encoder.signedValue(kQuantiserFollow, kQuantiserFollow, kQuantiserData, kQuantiserSign, -2);
    coefficientOfOne(kZpznF1);
    const Bytes bytes = encoder.done();
    CodedBand data;
    data.quantiser = 4;
    data.codeblocks = {3, 1};
    const Decoded decoded = decode(bytes, 3, 1, data, true);
    CHECK(decoded.good);
    CHECK(decoded.band.samples == std::vector<int32_t>{(16 + 8 + 2) >> 2, 0, (11 + 6 + 2) >> 2});
  }

  TEST_CASE("an index that runs out of its range is damage") {
    ArithEncoder encoder;
    encoder.bit(kZeroBlock, false);
    encoder.signedValue(kQuantiserFollow, kQuantiserFollow, kQuantiserData, kQuantiserSign, -5);
    const Bytes bytes = encoder.done();
    CodedBand data;
    data.quantiser = 4;
    data.codeblocks = {2, 1};
    const Decoded decoded = decode(bytes, 4, 1, data, true);
    CHECK_FALSE(decoded.good);
    CHECK(decoded.band == Grid(4, 1));
  }

  TEST_CASE(
      "what was decoded before the damage counts as peak: 16 bits may have misled its contexts") {
    ArithEncoder encoder;
    encoder.bit(kZeroBlock, false);
    encoder.signedValue(kQuantiserFollow, kQuantiserFollow, kQuantiserData, kQuantiserSign, 56);
    encoder.bit(kZpznF1, false);
    encoder.bit(kCoefficientData, false);
    encoder.bit(kZpF2, true);
    encoder.bit(kSignZero, false);
    encoder.bit(kZeroBlock, false);
    encoder.signedValue(kQuantiserFollow, kQuantiserFollow, kQuantiserData, kQuantiserSign, -70);
    CodedBand data;
    data.quantiser = 4;
    data.codeblocks = {2, 1};
    const Decoded decoded = decode(encoder.done(), 2, 1, data, true);
    CHECK_FALSE(decoded.good);
    CHECK(decoded.band == Grid(2, 1));
    CHECK(decoded.peak == (131072 + 65536 + 2) >> 2);
  }

  TEST_CASE("a number of codeblocks that no picture needs is damage, and costs no time") {
    const Bytes bytes(10, 0x55);
    CodedBand data;
    data.codeblocks = {65536, 65536};
    CHECK_FALSE(decode(bytes, 2, 2, data).good);
    data.codeblocks = {256, 256};
    CHECK_FALSE(decode(bytes, 2, 2, data).good);
    CHECK(decode(bytes, 256, 256, data).good);
    data.codeblocks = {64, 64};
    CHECK(decode(bytes, 2, 2, data).good);
  }

  TEST_CASE("coefficients of any bytes stay inside the band") {
    std::mt19937 random(9);
    for (int round = 0; round < 50; ++round) {
      Bytes bytes(1 + random() % 30);
      for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
      CodedBand data;
      data.orientation = kOrientations[random() % 4];
      data.codeblocks = {static_cast<int>(1 + random() % 5), static_cast<int>(1 + random() % 5)};
      data.quantiser = random() % 125;
      CHECK_NOTHROW(decode(bytes, 9, 7, data, random() % 2 == 0, random() % 2 == 0));
    }
  }
}

// A band of random shape and content, which need not be one that an encoder writes.
struct RandomBand {
  explicit RandomBand(uint32_t seed) : random(seed) {
    width = pick({1, 2, 7, 8, 30, 31, 64});
    height = pick({1, 2, 5, 8});
    coded.orientation = kOrientations[random() % 4];
    coded.codeblocks = {pick({1, 2, 3, 5}), pick({1, 2, 3})};
    coded.quantiser = random() % 3 == 0 ? random() % 60 : random() % 8;
    coding.intra = random() % 2 == 0;
    coding.quantiserPerCodeblock = random() % 3 == 0;
    coding.onlyWhereSeveral = random() % 2 == 0;
    parent = sparse((width + 1) / 2, (height + 1) / 2, seed);
    hasParent = random() % 2 == 0;
    if (random() % 2 == 0) {
      bytes.resize(1 + random() % 200);
      for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
    } else {
      Grid values(width, height);
      for (int32_t& value : values.samples) {
        if (random() % 5 == 0) value = static_cast<int32_t>(random() % 101) - 50;
      }
      bytes = encodeBand(values, nullptr, static_cast<int>(coded.orientation),
                         {coded.codeblocks, coding.quantiserPerCodeblock});
    }
    coded.bytes = bytes.data();
    coded.size = bytes.size();
  }

  int pick(std::initializer_list<int> from) {
    return from.begin()[random() % static_cast<uint32_t>(from.size())];
  }

  std::mt19937 random;
  int width, height;
  CodedBand coded;
  BandCoding coding;
  Grid parent;
  bool hasParent;
  Bytes bytes;
};

// A band of type Coefficient in the middle of rubbish, which stays.
template <typename Coefficient>
class GuardedBand {
 public:
  GuardedBand(int width, int height)
      : width_(width),
        data_(static_cast<size_t>((width + 2 * kGuard) * (height + 2)), kRubbish),
        band_{data_.data() + width + 3 * kGuard, width + 2 * kGuard, width, height} {}

  const Subband<Coefficient>& band() const { return band_; }
  bool guardsHold() const {
    const Coefficient* at = data_.data();
    for (int y = -1; y <= band_.height; ++y) {
      for (int x = -kGuard; x < width_ + kGuard; ++x, ++at) {
        const bool inside = y >= 0 && y < band_.height && x >= 0 && x < width_;
        if (!inside && *at != kRubbish) return false;
      }
    }
    return true;
  }
  Grid grid() const {
    Grid grid(width_, band_.height);
    for (int y = 0; y < band_.height; ++y) {
      for (int x = 0; x < width_; ++x) grid.at(x, y) = band_.data[y * band_.stride + x];
    }
    return grid;
  }

 private:
  static constexpr int kGuard = 9;
  static constexpr Coefficient kRubbish = 12321;
  int width_;
  std::vector<Coefficient> data_;
  Subband<Coefficient> band_;
};

template <typename Coefficient>
int compareWithReference(uint32_t flags) {
  const BandDsp<Coefficient> dsp = bandsFor<Coefficient>(flags);
  int compared = 0;
  for (uint32_t seed = 0; seed < 2000; ++seed) {
    CAPTURE(seed);
    RandomBand of(seed);
    const ReferenceBand expected = decodeReference(of.bytes, of.width, of.height, of.coded,
                                                   of.hasParent ? &of.parent : nullptr, of.coding);
    if (expected.overflows) continue;
    if (sizeof(Coefficient) == 2 && expected.peak > INT16_MAX) continue;
    std::vector<Coefficient> parent(of.parent.samples.begin(), of.parent.samples.end());
    // Of 16 bits, a parent may only have as much.
    for (size_t i = 0; i < parent.size(); ++i) {
      if (parent[i] == 0 && of.parent.samples[i] != 0) parent[i] = 1;
    }
    Subband<Coefficient> parentBand;
    if (of.hasParent) {
      parentBand = {parent.data(), of.parent.width, of.parent.width, of.parent.height};
    }
    const GuardedBand<Coefficient> made(of.width, of.height);
    const BandResult result = decodeSubband(dsp, of.coded, made.band(), parentBand, of.coding);
    CHECK(result.good == expected.good);
    CHECK(result.peak == expected.peak);
    CHECK(result.taken == expected.taken);
    CHECK(made.grid() == expected.band);
    CHECK(made.guardsHold());
    ++compared;
  }
  return compared;
}

TEST_SUITE("subband decoding by instruction set") {
  TEST_CASE("each gives what the specification's own form does, in 16 and in 32 bits") {
    for (const uint32_t flags : {uint32_t{kCpuScalar}, cpuFlags()}) {
      CAPTURE(flags);
      CHECK(compareWithReference<int32_t>(flags) > 1000);
      CHECK(compareWithReference<int16_t>(flags) > 500);
    }
  }
}

TEST_SUITE("codeblocks known to be zero") {
  TEST_CASE("bands into the same memory, one after the other, are as if each was alone") {
    const BandDsp<int32_t> dsp = bandsFor<int32_t>(cpuFlags());
    for (const bool arithmetic : {true, false}) {
      CAPTURE(arithmetic);
      Grid reused(24, 16, 5);
      ZeroCodeblocks zeros;
      std::mt19937 random(4);
      for (int round = 0; round < 100; ++round) {
        CAPTURE(round);
        Bytes bytes(1 + random() % 60);
        // Ones make zero codeblocks.
        for (uint8_t& byte : bytes) byte = random() % 3 ? 0xFF : static_cast<uint8_t>(random());
        CodedBand data;
        data.bytes = bytes.data();
        data.size = bytes.size();
        // The number changes now and then, and an index out of its range is among them.
        data.codeblocks = round / 10 % 2 ? CodeblockCount{6, 4} : CodeblockCount{4, 4};
        data.quantiser = round % 17 == 16 ? 120 : 0;
        const BandCoding coding{.arithmetic = arithmetic};
        Grid alone(24, 16, 7777);
        const BandResult expected = decodeSubband(dsp, data, bandOf(alone), {}, coding);
        const BandResult result = decodeSubband(dsp, data, bandOf(reused), {}, coding, &zeros);
        CHECK(result.good == expected.good);
        CHECK(reused == alone);
      }
    }
  }

  TEST_CASE("a zero codeblock is not written again, until that is forgotten") {
    const BandDsp<int32_t> dsp = bandsFor<int32_t>(cpuFlags());
    const Bytes ones(4, 0xFF);
    CodedBand data;
    data.bytes = ones.data();
    data.size = ones.size();
    data.codeblocks = {2, 1};
    Grid band(4, 1, 9);
    ZeroCodeblocks zeros;
    decodeSubband(dsp, data, bandOf(band), {}, {}, &zeros);
    CHECK(band == Grid(4, 1));
    band.at(1, 0) = 3;
    decodeSubband(dsp, data, bandOf(band), {}, {}, &zeros);
    CHECK(band.at(1, 0) == 3);
    zeros.forget();
    decodeSubband(dsp, data, bandOf(band), {}, {}, &zeros);
    CHECK(band == Grid(4, 1));
  }

  TEST_CASE("a plane forgets them when its bands move") {
    CoefficientPlane<int32_t> plane;
    plane.configure(64, 64, 3);
    plane.zeroCodeblocks[1][1].of({2, 2})[3] = 1;
    plane.configure(64, 64, 3);
    CHECK(plane.zeroCodeblocks[1][1].of({2, 2})[3] == 1);
    plane.configure(64, 64, 2);
    CHECK(plane.zeroCodeblocks[1][1].of({2, 2})[3] == 0);
    plane.zeroCodeblocks[1][1].of({2, 2})[3] = 1;
    CHECK(plane.zeroCodeblocks[1][1].of({1, 4})[3] == 0);
  }
}

TEST_SUITE("DC prediction") {
  TEST_CASE("left in the first row, above in the first column, else the mean of three") {
    Grid band(3, 3);
    band.samples = {10, 1, -3, 2, 0, 0, -20, 0, 5};
    undoDcPrediction(bandOf(band));
    // Row 1: 12; (12 + 11 + 10 + 1) / 3 = 11; (11 + 8 + 11 + 1) / 3 = 10.
    // Row 2: -8; (-8 + 11 + 12 + 1) / 3 = 5; (5 + 10 + 11 + 1) / 3 = 9, and 5.
    CHECK(band.samples == std::vector<int32_t>{10, 11, 8, 12, 11, 10, -8, 5, 14});
  }

  TEST_CASE("the mean rounds towards minus infinity") {
    Grid band(2, 2);
    band.samples = {-1, 0, 0, 0};  // (-1 - 1 - 1 + 1) / 3 = -2 / 3
    undoDcPrediction(bandOf(band));
    CHECK(band.at(1, 1) == -1);
    band.samples = {-4, 0, 0, 0};  // -11 / 3
    undoDcPrediction(bandOf(band));
    CHECK(band.at(1, 1) == -4);
  }

  TEST_CASE("any values, however large, are those of a division") {
    std::mt19937 random(6);
    for (int round = 0; round < 3000; ++round) {
      const uint32_t mask = round % 2 ? 0xFFFFFFFF : 0xFF;
      Grid band(2, 2);
      for (int32_t& value : band.samples) {
        value = static_cast<int32_t>(random() & mask) - static_cast<int32_t>(mask / 2 + 1);
      }
      const auto wrapped = [](int64_t sum) { return static_cast<int32_t>(sum); };
      Grid expected = band;
      expected.at(1, 0) = wrapped(int64_t{band.at(0, 0)} + band.at(1, 0));
      expected.at(0, 1) = wrapped(int64_t{band.at(0, 0)} + band.at(0, 1));
      const int32_t sum =
          wrapped(int64_t{expected.at(0, 1)} + expected.at(1, 0) + expected.at(0, 0) + 1);
      const int64_t third = sum >= 0 ? int64_t{sum} / 3 : -((2 - int64_t{sum}) / 3);
      expected.at(1, 1) = wrapped(third + band.at(1, 1));
      undoDcPrediction(bandOf(band));
      CHECK(band == expected);
    }
  }

  TEST_CASE("only the band's own columns change") {
    Grid image(4, 2);
    image.samples = {1, 0, 50, 60, 0, 0, 70, 80};
    undoDcPrediction(Subband<int32_t>{image.samples.data(), 4, 2, 2});
    CHECK(image.samples == std::vector<int32_t>{1, 1, 50, 60, 1, 1, 70, 80});
  }
}

}  // namespace
}  // namespace kamaelia::dirac::test
