// SPDX-License-Identifier: Apache-2.0
#include "slices.h"

#include <doctest/doctest.h>

#include <random>

#include "common/cpu_flags.h"
#include "golomb.h"
#include "player.h"
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

std::vector<int32_t> someValues(uint32_t seed, size_t count) {
  std::mt19937 random(seed);
  std::vector<int32_t> values;
  for (size_t i = 0; i < count; ++i) {
    const int bits = static_cast<int>(random() % 4 == 0 ? random() % 31 : random() % 4);
    const auto magnitude = static_cast<int32_t>(random() & ((1u << bits) - 1));
    values.push_back(random() % 2 ? magnitude : -magnitude);
  }
  return values;
}

TEST_SUITE("exp-Golomb codes") {
  TEST_CASE("come back, short and long, in runs and one by one") {
    for (uint32_t seed = 0; seed < 20; ++seed) {
      const std::vector<int32_t> values = someValues(seed, 200);
      const Bytes bytes = golomb(values);
      const int count = static_cast<int>(values.size());
      std::vector<int32_t> run(values.size() + GolombReader::kSpare);
      bool overflow = false;
      GolombReader(bytes.data(), bytes.size(), 0, bytes.size() * 8)
          .read(run.data(), count, &overflow);
      run.resize(values.size());
      CHECK(run == values);
      CHECK_FALSE(overflow);
      GolombReader exact(bytes.data(), bytes.size(), 0, bytes.size() * 8);
      for (size_t at = 0; at < values.size();) {
        const size_t part = std::min<size_t>(1 + at % 23, values.size() - at);
        run.assign(part, 77);
        exact.readExactly(run.data(), static_cast<int>(part), &overflow);
        CHECK(run == std::vector<int32_t>(values.begin() + static_cast<ptrdiff_t>(at),
                                          values.begin() + static_cast<ptrdiff_t>(at + part)));
        at += part;
      }
      CHECK((exact.position() + 7) / 8 == bytes.size());
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

  TEST_CASE("what does not fit the type is said") {
    for (const int32_t value : {32767, -32768, 32768, -32769, 1 << 20}) {
      CAPTURE(value);
      const Bytes bytes = golomb({value, 3});
      int16_t out[2 + GolombReader::kSpare];
      bool overflow = false;
      GolombReader(bytes.data(), bytes.size(), 0, bytes.size() * 8).read(out, 2, &overflow);
      CHECK(overflow == (value > 32767 || value < -32768));
      CHECK(out[1] == 3);
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

  TEST_CASE("samples of 10, 12 and 16 bits, with filters whose sums need more than 32") {
    for (const uint32_t excursion : {1023u, 4095u, 65535u}) {
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
      const SliceLayout<int32_t> layout(dsp, params, planes);
      const Bytes values = golomb({7, -3, 0, 11});
      Bytes bytes = {static_cast<uint8_t>(index), static_cast<uint8_t>(values.size())};
      append(&bytes, values);
      append(&bytes, {0, 0});
      const CodedSlice slice{bytes.data(), bytes.size()};
      BandPeaks peaks[3];
      CHECK(layout.decodeRows(&slice, 0, 1, peaks));
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

  TEST_CASE("this machine's dequantisation is the scalar one, for both types") {
    const auto compare = [](auto type) {
      using Coefficient = decltype(type);
      SliceDsp<Coefficient> scalar, fast;
      initSlices(&scalar, kCpuScalar);
      initSlices(&fast, cpuFlags());
      std::mt19937 random(3);
      for (uint32_t index = 0; index < 60; ++index) {
        for (const int count : {1, 7, 16, 33}) {
          std::vector<Coefficient> a(static_cast<size_t>(count));
          for (auto& value : a) {
            value = static_cast<Coefficient>(static_cast<int32_t>(random() % 400) - 200);
          }
          std::vector<Coefficient> b = a;
          const Quantiser quantiser = quantiserOf(index, true);
          CHECK(scalar.dequantise(a.data(), count, quantiser) ==
                fast.dequantise(b.data(), count, quantiser));
          CHECK(a == b);
        }
      }
    };
    compare(int16_t{});
    compare(int32_t{});
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
