// SPDX-License-Identifier: Apache-2.0
#include "slices.h"

#include <doctest/doctest.h>

#include <random>

#include "common/cpu_flags.h"
#include "golomb.h"
#include "player.h"
#include "slice_decoder.h"
#include "slice_encoder.h"

namespace kamaelia::dirac::test {
namespace {

uint8_t codeOf(const SliceCoding& coding) {
  return coding.syntax == Syntax::kHighQuality ? 0xE8 : 0xC8;
}

Played decoded(const HeaderOptions& format, const std::vector<Picture>& pictures,
               const SliceCoding& coding, const DecoderOptions& options = {}) {
  StreamBuilder stream;
  stream.unit(kSequenceHeader, sequenceHeader(format));
  uint32_t number = 0;
  for (const Picture& picture : pictures) {
    stream.unit(codeOf(coding), slicePicture(number++, picture, coding));
  }
  return play(stream.endOfSequence().bytes(), options);
}

Bytes golomb(const std::vector<int32_t>& values) {
  BitWriter out;
  for (const int32_t value : values) out.signedGolomb(value);
  // Ones, as a reader past the end sees them.
  while (out.bitCount() % 8 != 0) out.bit(true);
  return out.done();
}

// Of magnitudes of less than `most` bits.
std::vector<int32_t> someValues(uint32_t seed, size_t count, uint32_t most) {
  std::mt19937 random(seed);
  std::vector<int32_t> values;
  for (size_t i = 0; i < count; ++i) {
    const int bits = static_cast<int>(random() % 4 == 0 ? random() % most : random() % 4);
    const auto magnitude = static_cast<int32_t>(random() & ((1u << bits) - 1));
    values.push_back(random() % 2 ? magnitude : -magnitude);
  }
  return values;
}

TEST_SUITE("exp-Golomb codes") {
  TEST_CASE("come back, short and long") {
    for (uint32_t seed = 0; seed < 20; ++seed) {
      const std::vector<int32_t> values = someValues(seed, 200, 31);
      const Bytes bytes = golomb(values);
      GolombReader reader(bytes.data(), bytes.size(), 0, bytes.size() * 8);
      for (const int32_t value : values) CHECK(reader.one() == value);
      CHECK((reader.position() + 7) / 8 == bytes.size());
    }
  }

  TEST_CASE("past the end all bits are ones: a code that is cut short ends, then come zeros") {
    // 0 0 0 1 | 1: a follow bit of 0 and a data bit of 0, then the end.
    const Bytes bytes = {0x17};
    for (const uint64_t end : {0u, 1u, 2u, 3u, 4u, 8u}) {
      BitWriter with;
      for (uint64_t i = 0; i < end; ++i) with.bit(bytes[0] >> (7 - i) & 1);
      for (int i = 0; i < 64; ++i) with.bit(true);
      BitReader expected(with.done().data(), with.done().size());
      GolombReader reader(bytes.data(), bytes.size(), 0, end);
      for (int i = 0; i < 6; ++i) CHECK(reader.one() == expected.signedGolomb());
    }
  }

  TEST_CASE("no bytes outside the range are read, whatever they say") {
    std::mt19937 random(5);
    for (int round = 0; round < 200; ++round) {
      const Bytes bytes = [&] {
        Bytes made(random() % 12);
        for (uint8_t& byte : made) byte = random() % 3 ? 0 : static_cast<uint8_t>(random());
        return made;
      }();
      const auto copy = std::make_unique<uint8_t[]>(bytes.size());  // its end is watched by ASan
      std::copy(bytes.begin(), bytes.end(), copy.get());
      const uint64_t first = random() % (bytes.size() * 8 + 1);
      GolombReader reader(copy.get(), bytes.size(), first, first + random() % 100);
      for (int i = 0; i < 20; ++i) CHECK_NOTHROW(reader.one());
    }
  }
}

// What an instruction set makes of runs that lie one behind the other.
struct ReadRuns {
  bool fit;
  std::vector<std::vector<int16_t>> values;
};

template <typename Coefficient>
ReadRuns readRuns(const SliceDsp<Coefficient>& dsp, Bytes bytes, const std::vector<uint64_t>& ends,
                  const std::vector<size_t>& counts) {
  // The slack's content must not matter, nor may more than it be read: ASan watches.
  bytes.insert(bytes.end(), kRunSlack, 0xA5);
  bytes.shrink_to_fit();
  ReadRuns read;
  std::vector<CodeRun> runs;
  uint64_t first = 0;
  for (const size_t count : counts) read.values.emplace_back(count + kRunSpare);
  for (size_t i = 0; i < ends.size(); ++i) {
    runs.push_back(
        {bytes.data(), first, ends[i], read.values[i].data(), static_cast<int>(counts[i])});
    first = ends[i];
  }
  read.fit = dsp.readRuns(runs.data(), static_cast<int>(runs.size()));
  for (size_t i = 0; i < counts.size(); ++i) read.values[i].resize(counts[i]);
  return read;
}

std::vector<uint32_t> instructionSets() {
  std::vector<uint32_t> sets = {kCpuScalar};
  for (const uint32_t set :
       {uint32_t{kCpuSse41}, uint32_t{kCpuSse41 | kCpuAvx2}, uint32_t{kCpuNeon}}) {
    if ((cpuFlags() & set) == set) sets.push_back(set);
  }
  return sets;
}

TEST_SUITE("runs of codes") {
  TEST_CASE("come back one by one, two and three side by side, on every instruction set") {
    for (const uint32_t set : instructionSets()) {
      CAPTURE(set);
      SliceDsp<int32_t> dsp;
      initSlices(&dsp, set);
      for (uint32_t seed = 0; seed < 60; ++seed) {
        BitWriter out;
        std::vector<uint64_t> ends;
        std::vector<size_t> counts;
        std::vector<std::vector<int16_t>> expected;
        for (uint32_t run = 0; run <= seed % 3; ++run) {
          const size_t coded = seed % 7 == run ? 0 : 1 + seed * 5 % 150;
          const auto values = someValues(seed * 3 + run, coded, 16);
          for (const int32_t value : values) out.signedGolomb(value);
          expected.emplace_back(values.begin(), values.end());
          // Behind the end of a run come zeros.
          expected.back().resize(coded + seed % 11);
          counts.push_back(expected.back().size());
          ends.push_back(out.bitCount());
        }
        const ReadRuns read = readRuns(dsp, out.done(), ends, counts);
        CHECK(read.fit);
        CHECK(read.values == expected);
      }
    }
  }

  TEST_CASE("give what single codes give, wherever the end cuts them off and whatever they say") {
    std::mt19937 random(7);
    for (const uint32_t set : instructionSets()) {
      CAPTURE(set);
      SliceDsp<int16_t> dsp;
      initSlices(&dsp, set);
      for (int round = 0; round < 300; ++round) {
        Bytes bytes(1 + random() % 40);
        for (uint8_t& byte : bytes) byte = random() % 4 ? static_cast<uint8_t>(random()) : 0;
        const uint64_t end = bytes.size() * 8 - random() % 8;
        const uint64_t middle = random() % (end + 1);
        const ReadRuns read = readRuns(dsp, bytes, {middle, end}, {90, 90});
        bool fit = true;
        std::vector<std::vector<int16_t>> expected(2, std::vector<int16_t>(90));
        GolombReader readers[] = {{bytes.data(), bytes.size(), 0, middle},
                                  {bytes.data(), bytes.size(), middle, end}};
        for (size_t r = 0; r < 2; ++r) {
          for (int16_t& value : expected[r]) {
            const int32_t one = readers[r].one();
            value = static_cast<int16_t>(one);
            if (value != one) fit = false;
          }
        }
        CHECK(read.fit == fit);
        if (fit) CHECK(read.values == expected);
      }
    }
  }

  TEST_CASE("say what does not fit 16 bits") {
    for (const uint32_t set : instructionSets()) {
      SliceDsp<int16_t> dsp;
      initSlices(&dsp, set);
      for (const int32_t value : {32767, -32768, 32768, -32769, 1 << 20, 1 << 30}) {
        CAPTURE(value);
        const Bytes bytes = golomb({value, 3});
        const ReadRuns read = readRuns(dsp, bytes, {bytes.size() * 8}, {2});
        CHECK(read.fit == (value <= 32767 && value >= -32768));
        if (read.fit) CHECK(read.values[0] == std::vector<int16_t>{static_cast<int16_t>(value), 3});
      }
    }
  }
}

TEST_SUITE("slices") {
  TEST_CASE("high quality pictures come back to the bit: wavelets, depths, slices of every shape") {
    uint32_t seed = 0;
    for (uint32_t wavelet = 0; wavelet < 7; ++wavelet) {
      for (int depth = 0; depth <= 6; ++depth) {
        ++seed;
        SliceCoding coding;
        coding.wavelet = wavelet;
        coding.depth = depth;
        coding.customMatrix = depth > 4;
        // From one slice to more slices than the coarsest bands have coefficients.
        coding.slicesX = static_cast<int>(1 + seed * 5 % 13);
        coding.slicesY = static_cast<int>(8 + seed * 7 % 11);
        coding.prefixBytes = seed % 3;
        coding.sizeScaler = 1 + seed % 5;
        const Chroma chroma = static_cast<Chroma>(seed % 3);
        const HeaderOptions format{.width = 46, .height = 38, .chroma = chroma};
        CAPTURE(wavelet);
        CAPTURE(depth);
        DecoderOptions options;
        options.threads = static_cast<int>(1 + seed % 3);
        const std::vector<Picture> pictures = {noisyPicture(format, seed),
                                               flatPicture(format, 128)};
        const Played played = decoded(format, pictures, coding, options);
        REQUIRE(played.pictures.size() == 2);
        CHECK(played.stats.damaged == 0);
        CHECK(played.pictures[0].picture == pictures[0]);
        // Its slices are empty: what the first left behind must be gone.
        CHECK(played.pictures[1].picture == pictures[1]);
      }
    }
  }

  TEST_CASE("so do low delay ones, with slices of a fraction of a byte more or less") {
    for (const auto& [num, den] : {std::pair{500u, 1u}, {1501u, 3u}, {3000u, 7u}}) {
      for (const int depth : {0, 2, 4}) {
        SliceCoding coding;
        coding.syntax = Syntax::kLowDelay;
        coding.depth = depth;
        coding.slicesX = 5;
        coding.slicesY = 7;
        coding.bytesNum = num;
        coding.bytesDen = den;
        CAPTURE(num);
        CAPTURE(depth);
        const HeaderOptions format{.width = 46, .height = 38, .chroma = Chroma::k422};
        const std::vector<Picture> pictures = {noisyPicture(format, num), flatPicture(format, 30)};
        const Played played = decoded(format, pictures, coding);
        REQUIRE(played.pictures.size() == 2);
        CHECK(played.stats.damaged == 0);
        CHECK(played.pictures[0].picture == pictures[0]);
        CHECK(played.pictures[1].picture == pictures[1]);
      }
    }
  }

  TEST_CASE("samples of 9 to 16 bits, as they are, with filters whose sums need more than 32") {
    for (int depth = 9; depth <= 16; ++depth) {
      const uint32_t excursion = (1u << depth) - 1;
      for (const uint32_t wavelet : {1u, 2u, 5u, 6u}) {
        CAPTURE(excursion);
        CAPTURE(wavelet);
        HeaderOptions format{.width = 32, .height = 32, .chroma = Chroma::k444};
        format.excursion = excursion;
        SliceCoding coding;
        coding.wavelet = wavelet;
        coding.depth = 3;
        coding.sizeScaler = 16;
        coding.midGrey = static_cast<int32_t>(excursion / 2 + 1);
        Picture picture = flatPicture(format, 0);
        for (Grid& plane : picture.plane) {
          for (int y = 0; y < 32; ++y) {
            for (int x = 0; x < 32; ++x) {
              const bool high = (x / 3 + y / 5) % 2 != 0;
              plane.at(x, y) = high ? static_cast<int32_t>(excursion) : x * y % 7;
            }
          }
        }
        const Played played = decoded(format, {picture}, coding);
        REQUIRE(played.pictures.size() == 1);
        CHECK(played.stats.damaged == 0);
        CHECK(played.pictures[0].picture == picture);
      }
    }
  }

  TEST_CASE("quantiser indices go down by the matrix, and not under 0") {
    constexpr int kFactors[] = {4, 5, 6, 7, 8, 10, 11, 13, 16};
    constexpr int kOffsets[] = {1, 2, 3, 4, 4, 5, 6, 7, 8};
    TransformParams params;
    params.syntax = Syntax::kHighQuality;
    params.depth = 1;
    params.slices.x = params.slices.y = 1;
    const uint32_t matrix[] = {9, 3, 1, 0};
    std::copy_n(matrix, 4, params.slices.matrix);
    for (const uint32_t index : {0u, 2u, 8u}) {
      CAPTURE(index);
      CoefficientPlane<int32_t> planes[3];
      for (auto& plane : planes) plane.configure(2, 2, 1);
      SliceDsp<int32_t> dsp;
      initSlices(&dsp, cpuFlags());
      SliceLayout<int32_t> layout;
      layout.configure(dsp, params, planes);
      SliceDecoder<int32_t> decoder;
      decoder.begin(layout);
      const Bytes values = golomb({7, -3, 0, 11});
      Bytes bytes = {static_cast<uint8_t>(index), static_cast<uint8_t>(values.size())};
      append(&bytes, values);
      append(&bytes, {0, 0});
      const CodedSlice slice{bytes.data(), bytes.size()};
      BandPeaks peaks[3];
      CHECK(decoder.decodeRow(&slice, 0));
      decoder.raise(peaks);
      const int32_t coded[] = {7, -3, 0, 11};
      for (size_t i = 0; i < 4; ++i) {
        const uint32_t q = index > matrix[i] ? index - matrix[i] : 0;
        const int32_t magnitude =
            coded[i] == 0 ? 0 : (std::abs(coded[i]) * kFactors[q] + kOffsets[q] + 2) >> 2;
        CHECK(planes[0].data[i] == (coded[i] < 0 ? -magnitude : magnitude));
        const uint32_t peak = i == 0 ? peaks[0].low : peaks[0].high[0][i - 1];
        CHECK(peak == static_cast<uint32_t>(magnitude));
      }
      CHECK(planes[1].data == std::vector<int32_t>(4, 0));
    }
  }

  TEST_CASE("every instruction set dequantises as the formula says, and keeps the largest codes") {
    const auto compare = [](auto type, uint32_t set) {
      using Coefficient = decltype(type);
      SliceDsp<Coefficient> dsp;
      initSlices(&dsp, set);
      std::mt19937 random(3);
      for (uint32_t index = 0; index < 50; ++index) {
        const Quantiser of[] = {quantiserOf(index, true), quantiserOf(index + 3, true)};
        // As large as every result fits 16 bits.
        const uint32_t most = std::min<uint32_t>(32768, 65535 / of[1].factor - 1);
        QuantiserRow<Coefficient> rows[2] = {};
        for (int i = 0; i < kQuantiserLanes; ++i) {
          for (int r = 0; r < 2; ++r) {
            const Quantiser& quantiser = of[(r + i / 5) % 2];
            rows[r].factor[i] = static_cast<std::make_unsigned_t<Coefficient>>(quantiser.factor);
            rows[r].offset[i] = static_cast<std::make_unsigned_t<Coefficient>>(quantiser.offset);
          }
        }
        const uint8_t rowOf[] = {1, 0, 1};
        int16_t coded[3 * kQuantiserLanes];
        for (int16_t& value : coded) {
          const auto magnitude = static_cast<int32_t>(random() % 3 ? random() % (most + 1) : 0);
          value = static_cast<int16_t>(random() % 2 ? -magnitude : magnitude);
        }
        Coefficient out[3 * kQuantiserLanes];
        dsp.dequantise(coded, rowOf, 3, rows, out);
        uint16_t peaks[2][kQuantiserLanes] = {};
        for (int n = 0; n < 3 * kQuantiserLanes; ++n) {
          const int lane = n % kQuantiserLanes;
          const int row = rowOf[n / kQuantiserLanes];
          const auto magnitude = static_cast<uint32_t>(std::abs(int{coded[n]}));
          const uint32_t value = of[(row + lane / 5) % 2].magnitude(magnitude);
          const auto expected = static_cast<int32_t>(magnitude == 0 ? 0 : value);
          CHECK(out[n] == (coded[n] < 0 ? -expected : expected));
          peaks[row][lane] = std::max(peaks[row][lane], static_cast<uint16_t>(magnitude));
        }
        for (int r = 0; r < 2; ++r) {
          CHECK(std::equal(std::begin(peaks[r]), std::end(peaks[r]), rows[r].peak));
        }
      }
    };
    for (const uint32_t set : instructionSets()) {
      CAPTURE(set);
      compare(int16_t{}, set);
      compare(int32_t{}, set);
    }
  }

  TEST_CASE("every instruction set puts slices of any width where they belong, and nowhere else") {
    for (const uint32_t set : instructionSets()) {
      SliceDsp<int16_t> dsp;
      initSlices(&dsp, set);
      for (const int width : {1, 2, 3, 4, 7, 8, 16, 31}) {
        CAPTURE(width);
        constexpr int kHeight = 3;
        const ptrdiff_t stride = 4 * width;
        std::vector<int16_t> plane(static_cast<size_t>(stride * kHeight), -1);
        std::vector<int16_t> values(static_cast<size_t>(5 + width * kHeight));
        for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int16_t>(i);
        const PlacedBand<int16_t> band = {plane.data(), stride, width, kHeight, 5};
        dsp.place(&band, 1, 2, values.data());
        for (int i = 0; i < static_cast<int>(plane.size()); ++i) {
          const int x = i % static_cast<int>(stride) - 2 * width;
          const int y = i / static_cast<int>(stride);
          const bool inside = x >= 0 && x < width;
          CHECK(plane[static_cast<size_t>(i)] == (inside ? 5 + y * width + x : -1));
        }
      }
    }
  }

  TEST_CASE("every instruction set takes the chroma components apart") {
    SliceDsp<int16_t> scalar;
    initSlices(&scalar, kCpuScalar);
    for (const uint32_t set : instructionSets()) {
      SliceDsp<int16_t> dsp;
      initSlices(&dsp, set);
      CHECK((dsp.separate == scalar.separate) == (set == kCpuScalar));
      for (const int count : {1, 15, 16, 47}) {
        std::vector<int16_t> mixed(static_cast<size_t>(2 * count));
        for (size_t i = 0; i < mixed.size(); ++i) mixed[i] = static_cast<int16_t>(i * 7919);
        std::vector<int16_t> apart[2];
        for (auto& values : apart) values.resize(static_cast<size_t>(count));
        dsp.separate(mixed.data(), count, apart[0].data(), apart[1].data());
        for (size_t i = 0; i < mixed.size(); ++i) CHECK(apart[i % 2][i / 2] == mixed[i]);
      }
    }
  }

  TEST_CASE("one large value among small ones, and its peak") {
    for (const Syntax syntax : {Syntax::kHighQuality, Syntax::kLowDelay}) {
      TransformParams params;
      params.syntax = syntax;
      params.slices.x = params.slices.y = 1;
      CoefficientPlane<int32_t> planes[3];
      for (auto& plane : planes) plane.configure(2, 2, 0);
      SliceDsp<int32_t> dsp;
      initSlices(&dsp, cpuFlags());
      SliceLayout<int32_t> layout;
      layout.configure(dsp, params, planes);
      SliceDecoder<int32_t> decoder;
      decoder.begin(layout);
      Bytes bytes;
      if (syntax == Syntax::kHighQuality) {
        bytes = {4};  // factor 8, offset 6 with the rounding
        for (int c = 0; c < 3; ++c) {
          const Bytes values = golomb({1, c == 1 ? -100000 : 2, 3, 4});
          bytes.push_back(static_cast<uint8_t>(values.size()));
          append(&bytes, values);
        }
      } else {
        BitWriter out;
        out.literal(4, 7).literal(20, 7);
        for (const int32_t value : {1, 2, 3, 4}) out.signedGolomb(value);
        for (const int32_t value : {1, 1, -100000, 2, 3, 3, 4, 4}) out.signedGolomb(value);
        bytes = out.done();
        bytes.resize(16, 0xFF);
      }
      const CodedSlice slice{bytes.data(), bytes.size()};
      CHECK(decoder.decodeRow(&slice, 0));
      BandPeaks peaks[3];
      decoder.raise(peaks);
      CHECK(planes[0].data == std::vector<int32_t>{3, 5, 7, 9});
      CHECK(planes[1].data == std::vector<int32_t>{3, -200001, 7, 9});
      CHECK(planes[2].data == std::vector<int32_t>{3, 5, 7, 9});
      CHECK(peaks[1].low == 200001);
      CHECK(peaks[0].low == 9);
    }
  }
}

TEST_SUITE("damaged slices") {
  const HeaderOptions kFormat{.width = 40, .height = 24};

  TEST_CASE("what the end cuts off is zero, and the picture marked") {
    for (const Syntax syntax : {Syntax::kHighQuality, Syntax::kLowDelay}) {
      SliceCoding coding;
      coding.syntax = syntax;
      Bytes payload = slicePicture(0, noisyPicture(kFormat, 3), coding);
      payload.resize(payload.size() / 2);
      StreamBuilder stream;
      stream.unit(kSequenceHeader, sequenceHeader(kFormat)).unit(codeOf(coding), payload);
      const Played played = play(stream.endOfSequence().bytes());
      REQUIRE(played.pictures.size() == 1);
      CHECK((played.pictures[0].flags & kDamaged) != 0);
      const Grid& luma = played.pictures[0].picture.plane[0];
      // Zeros of a low delay picture are as their neighbours.
      if (syntax == Syntax::kHighQuality) CHECK(luma.at(39, 23) == 128);
      CHECK(luma.at(0, 0) == noisyPicture(kFormat, 3).plane[0].at(0, 0));
    }
  }

  TEST_CASE("parameters that make no sense leave no picture") {
    const auto skipped = [](const SliceCoding& coding, const Bytes& more = {}) {
      Bytes payload = BitWriter().literal(0, 32).done();
      append(&payload, sliceParameters(coding));
      append(&payload, more);
      StreamBuilder stream;
      stream.unit(kSequenceHeader, sequenceHeader(kFormat)).unit(codeOf(coding), payload);
      const Played played = play(stream.endOfSequence().bytes());
      CHECK(played.ended);
      CHECK(played.slotsLeft == 0);
      return played.pictures.empty() && played.stats.skippedPictures == 1;
    };
    SliceCoding coding;
    coding.slicesX = 41;
    CHECK(skipped(coding));
    coding.slicesX = 40, coding.slicesY = 25;
    CHECK(skipped(coding));
    coding = {};
    coding.slicesX = 0;
    CHECK(skipped(coding));
    coding = {};
    coding.depth = 5;  // no default matrix
    CHECK(skipped(coding));
    coding = {};
    coding.syntax = Syntax::kLowDelay;
    coding.bytesDen = 0;
    CHECK(skipped(coding));
    coding.bytesDen = 1, coding.bytesNum = 1u << 26;
    CHECK(skipped(coding));
  }

  TEST_CASE("slices of no bytes and lengths that leave their slice do no harm") {
    SliceCoding coding;
    coding.syntax = Syntax::kLowDelay;
    coding.bytesNum = 1;
    coding.bytesDen = 3;  // two of three slices are empty
    Bytes payload = BitWriter().literal(0, 32).done();
    append(&payload, sliceParameters(coding));
    append(&payload, Bytes(4, 0xFF));
    StreamBuilder stream;
    stream.unit(kSequenceHeader, sequenceHeader(kFormat)).unit(0xC8, payload);
    CHECK(play(stream.endOfSequence().bytes()).pictures.size() == 1);
  }
}

}  // namespace
}  // namespace kamaelia::dirac::test
