// SPDX-License-Identifier: Apache-2.0
// Whole streams with fields, fragments, auxiliary data, missing references and low bands.
#include <doctest/doctest.h>

#include "auxiliary.h"
#include "motion_reference.h"
#include "player.h"
#include "slice_encoder.h"

namespace kamaelia::dirac::test {
namespace {

using Numbers = std::vector<uint32_t>;

HeaderOptions fieldFormat(uint32_t height = 24, bool topFirst = true) {
  HeaderOptions format{.width = 20, .height = height, .pictureCodingMode = 1};
  format.topFieldFirst = topFirst;
  return format;
}

// A field of such a frame.
HeaderOptions asField(HeaderOptions format) {
  format.height /= 2;
  return format;
}

StreamBuilder streamOf(const HeaderOptions& format) {
  StreamBuilder stream;
  stream.unit(kSequenceHeader, sequenceHeader(format));
  return stream;
}

Bytes intraField(uint32_t number, const Picture& field, bool reference = false) {
  CodingOptions coding;
  coding.reference = reference;
  return intraPicture(number, field, coding);
}

bool hasField(const Picture& frame, int parity, const Picture& field) {
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < field.plane[c].height; ++y) {
      for (int x = 0; x < field.plane[c].width; ++x) {
        if (frame.plane[c].at(x, 2 * y + parity) != field.plane[c].at(x, y)) return false;
      }
    }
  }
  return true;
}

MotionField still(const HeaderOptions& format, const PredictionParams& params) {
  MotionField field;
  field.configure(static_cast<int>(format.width), static_cast<int>(format.height), params);
  for (MotionBlock& block : field.blocks) block.mode = 1;
  return field;
}

Bytes copyOf(const HeaderOptions& format, uint32_t number, int32_t reference,
             const Picture* residual = nullptr) {
  InterOptions options;
  options.references = {reference};
  options.prediction = blockPreset(1);
  return interPicture(number, still(format, options.prediction), options, residual);
}

TEST_SUITE("field coding") {
  TEST_CASE("two fields are woven into one frame, the first in time on the side the format says") {
    for (const bool topFirst : {true, false}) {
      const HeaderOptions format = fieldFormat(24, topFirst);
      const Picture first = noisyPicture(asField(format), 1);
      const Picture second = noisyPicture(asField(format), 2);
      StreamBuilder stream = streamOf(format);
      stream.unit(0x08, intraField(6, first)).unit(0x08, intraField(7, second));
      stream.unit(0x08, intraField(8, second)).unit(0x08, intraField(9, first)).endOfSequence();
      const Played played = play(stream.bytes());
      CHECK(played.numbers() == Numbers{6, 8});
      CHECK(played.stats.pictures == 4);
      CHECK(played.stats.damaged == 0);
      CHECK(hasField(played.pictures.at(0).picture, topFirst ? 0 : 1, first));
      CHECK(hasField(played.pictures.at(0).picture, topFirst ? 1 : 0, second));
      CHECK(hasField(played.pictures.at(1).picture, topFirst ? 1 : 0, first));
      CHECK((played.pictures.at(0).flags & kIntra) != 0);
      CHECK(played.slotsLeft == 0);
    }
  }

  TEST_CASE("a field is predicted from the other one of its frame") {
    const HeaderOptions format = fieldFormat();
    const Picture first = noisyPicture(asField(format), 1);
    Picture residual = flatPicture(asField(format), 0);
    residual.plane[0].at(3, 4) = 1;
    StreamBuilder stream = streamOf(format);
    stream.unit(0x0C, intraField(0, first, true));
    stream.unit(0x09, copyOf(asField(format), 1, -1, &residual)).endOfSequence();
    const Played played = play(stream.bytes());
    REQUIRE(played.pictures.size() == 1);
    Picture second = first;
    second.plane[0].at(3, 4) = std::min(255, second.plane[0].at(3, 4) + 1);
    CHECK(hasField(played.pictures[0].picture, 0, first));
    CHECK(hasField(played.pictures[0].picture, 1, second));
    CHECK((played.pictures[0].flags & kIntra) == 0);
    CHECK(played.slotsLeft == 0);
  }

  TEST_CASE("a frame whose other field never comes has the rows of the one there is, marked") {
    const HeaderOptions format = fieldFormat();
    const Picture field = noisyPicture(asField(format), 1);
    for (const uint32_t number : {0u, 1u}) {
      StreamBuilder stream = streamOf(format);
      stream.unit(0x08, intraField(number, field)).endOfSequence();
      const Played played = play(stream.bytes());
      REQUIRE(played.pictures.size() == 1);
      CHECK((played.pictures[0].flags & kDamaged) != 0);
      CHECK(hasField(played.pictures[0].picture, 0, field));
      CHECK(hasField(played.pictures[0].picture, 1, field));
      CHECK(played.slotsLeft == 0);
    }
  }

  TEST_CASE("frames that lack a field do not pile up, and nobody waits for a lost one") {
    const HeaderOptions format = fieldFormat();
    StreamBuilder stream = streamOf(format);
    for (uint32_t frame = 0; frame < 60; ++frame) {
      stream.unit(0x08, intraField(2 * frame, flatPicture(asField(format), 9)));
    }
    stream.unit(0x09, copyOf(asField(format), 200, -1)).endOfSequence();
    const Played played = play(stream.bytes());
    CHECK(played.pictures.size() == 60);
    CHECK(played.stats.damaged == 60);
    CHECK(played.stats.skippedPictures == 1);
    CHECK(played.slotsLeft == 0);
  }

  TEST_CASE("rows that belong to no field repeat the one above") {
    const HeaderOptions format = fieldFormat(22);  // 11 rows of chroma
    const Picture field = [&] {
      Picture made = flatPicture(asField(format), 50);
      for (int c = 1; c < 3; ++c) made.plane[c] = Grid(10, 5, 60 + c);
      return made;
    }();
    StreamBuilder stream = streamOf(format);
    SliceCoding coding;
    coding.depth = 0;
    coding.slicesX = coding.slicesY = 1;
    coding.sizeScaler = 4;
    stream.unit(0xE8, slicePicture(0, field, coding)).unit(0xE8, slicePicture(1, field, coding));
    const Played played = play(stream.endOfSequence().bytes());
    REQUIRE(played.pictures.size() == 1);
    CHECK(played.pictures[0].picture == [&] {
      Picture frame = flatPicture(format, 50);
      for (int c = 1; c < 3; ++c) frame.plane[c] = Grid(10, 11, 60 + c);
      return frame;
    }());
  }
}

TEST_SUITE("picture fragments") {
  const HeaderOptions kFormat{.width = 40, .height = 24, .majorVersion = 3};
  const SliceCoding kCoding{};  // 4 by 3 slices

  TEST_CASE("slices are put together, in whatever order they come") {
    const Picture picture = noisyPicture(kFormat, 4);
    const std::vector<Bytes> slices = encodeSlices(picture, kCoding);
    StreamBuilder stream = streamOf(kFormat);
    stream.unit(0xEC, parameterFragment(5, kCoding));
    stream.unit(0xEC, sliceFragment(5, {3, 0}, slices, 3, 6));
    stream.unit(0xEC, sliceFragment(5, {1, 2}, slices, 9, 3));
    stream.unit(0xEC, sliceFragment(5, {0, 0}, slices, 0, 3));
    const Played played = play(stream.endOfSequence().bytes());
    CHECK(played.numbers() == Numbers{5});
    CHECK(played.stats.damaged == 0);
    CHECK(played.pictures.at(0).picture == picture);
    CHECK(played.slotsLeft == 0);
  }

  TEST_CASE("so are those of low delay, whose sizes depend on where they lie") {
    SliceCoding coding;
    coding.syntax = Syntax::kLowDelay;
    coding.bytesNum = 1003;  // slices of 334 and 335 bytes
    coding.bytesDen = 3;
    const Picture picture = noisyPicture(kFormat, 4);
    const std::vector<Bytes> slices = encodeSlices(picture, coding);
    CHECK(slices[0].size() != slices[2].size());
    for (const bool whole : {true, false}) {
      StreamBuilder stream = streamOf(kFormat);
      stream.unit(0xCC, parameterFragment(5, coding));
      stream.unit(0xCC, sliceFragment(5, {3, 0}, slices, 3, 6));
      if (whole) stream.unit(0xCC, sliceFragment(5, {1, 2}, slices, 9, 3));
      stream.unit(0xCC, sliceFragment(5, {0, 0}, slices, 0, 3));
      const Played played = play(stream.endOfSequence().bytes());
      CHECK(played.numbers() == Numbers{5});
      CHECK(played.stats.damaged == (whole ? 0 : 1));
      CHECK((played.pictures.at(0).picture == picture) == whole);
      CHECK(played.slotsLeft == 0);
    }
  }

  TEST_CASE("a picture of which some never came is shown, marked, when the next one begins") {
    const Picture picture = noisyPicture(kFormat, 4);
    const std::vector<Bytes> slices = encodeSlices(picture, kCoding);
    StreamBuilder stream = streamOf(kFormat);
    stream.unit(0xEC, parameterFragment(0, kCoding));
    stream.unit(0xEC, sliceFragment(0, {0, 0}, slices, 0, 4));
    stream.unit(0xEC, sliceFragment(9, {0, 1}, slices, 4, 4));  // of no picture that began
    stream.unit(0xEC, parameterFragment(1, kCoding));
    stream.unit(0xEC, sliceFragment(1, {0, 0}, slices, 0, 12));
    const Played played = play(stream.endOfSequence().bytes());
    CHECK(played.numbers() == Numbers{0, 1});
    CHECK((played.pictures.at(0).flags & kDamaged) != 0);
    CHECK(played.pictures.at(0).picture.plane[0].at(0, 0) == picture.plane[0].at(0, 0));
    CHECK(played.pictures.at(0).picture.plane[0].at(39, 23) == 128);
    CHECK(played.pictures.at(1).picture == picture);
    CHECK(played.slotsLeft == 0);
  }

  TEST_CASE("a picture of which some never came is shown when the sequence header comes again") {
    const std::vector<Bytes> slices = encodeSlices(noisyPicture(kFormat, 4), kCoding);
    StreamBuilder stream = streamOf(kFormat);
    stream.unit(0xEC, parameterFragment(0, kCoding));
    stream.unit(0xEC, sliceFragment(0, {0, 0}, slices, 0, 4));
    stream.unit(kSequenceHeader, sequenceHeader(kFormat));
    // Of the picture that has ended, so nobody's.
    stream.unit(0xEC, sliceFragment(0, {0, 1}, slices, 4, 8));
    const Played played = play(stream.endOfSequence().bytes());
    CHECK(played.numbers() == Numbers{0});
    CHECK(played.stats.damaged == 1);
    CHECK(played.pictures.at(0).picture.plane[0].at(39, 23) == 128);
    CHECK(played.slotsLeft == 0);
  }

  TEST_CASE("places outside the picture and parameters without sense do no harm") {
    const std::vector<Bytes> slices = encodeSlices(noisyPicture(kFormat, 4), kCoding);
    StreamBuilder stream = streamOf(kFormat);
    stream.unit(0xEC, parameterFragment(0, kCoding));
    stream.unit(0xEC, sliceFragment(0, {4, 0}, slices, 0, 1));
    stream.unit(0xEC, sliceFragment(0, {0, 9}, slices, 0, 1));
    stream.unit(0xEC, sliceFragment(0, {3, 2}, slices, 0, 9));
    stream.unit(0xEC, Bytes(3));
    SliceCoding many;
    many.slicesX = 60;
    stream.unit(0xEC, parameterFragment(1, many));
    const Played played = play(stream.endOfSequence().bytes());
    CHECK(played.numbers() == Numbers{0});
    CHECK(played.stats.damaged == 1);
    CHECK(played.stats.skippedPictures == 1);
    CHECK(played.slotsLeft == 0);
  }

  TEST_CASE("the same code is a whole picture before version 3") {
    HeaderOptions format = kFormat;
    format.majorVersion = 2;
    const Picture picture = noisyPicture(format, 4);
    StreamBuilder stream = streamOf(format);
    stream.unit(0xEC, slicePicture(0, picture, kCoding)).endOfSequence();
    CHECK(play(stream.bytes()).pictures.at(0).picture == picture);
  }
}

TEST_SUITE("auxiliary data") {
  constexpr HeaderOptions kFormat{.width = 20, .height = 12};

  Bytes flat(uint32_t number, int32_t value) {
    return intraPicture(number, flatPicture(kFormat, value), {});
  }

  TEST_CASE("goes with the picture behind it") {
    StreamBuilder stream = streamOf(kFormat);
    stream.unit(kAuxiliary, {1, 65, 66}).unit(kPadding, {9, 9}).unit(0x24, {7});
    stream.unit(0x08, flat(0, 1)).unit(0x08, flat(1, 2)).unit(kAuxiliary, {2});
    const Played played = play(stream.unit(0x08, flat(2, 3)).endOfSequence().bytes());
    REQUIRE(played.pictures.size() == 3);
    REQUIRE(played.pictures[0].sideData != nullptr);
    CHECK(*played.pictures[0].sideData == SideData{{1, 65, 66}, {7}});
    CHECK(played.pictures[1].sideData == nullptr);
    CHECK(*played.pictures[2].sideData == SideData{{2}});
    CHECK(played.stats.auxiliary == 3);
    CHECK(played.stats.padding == 1);
  }

  TEST_CASE("is bounded") {
    StreamBuilder stream = streamOf(kFormat);
    for (int i = 0; i < 100; ++i) stream.unit(kAuxiliary, {1});
    stream.unit(kAuxiliary, Bytes(AuxiliaryUnits::kMostBytes + 1));
    const Played played = play(stream.unit(0x08, flat(0, 3)).endOfSequence().bytes());
    CHECK(played.pictures.at(0).sideData->size() == AuxiliaryUnits::kMostUnits);
  }

  TEST_CASE("checksums are compared with the picture behind them") {
    const auto stats = [](bool right) {
      // 20 samples of 7 and 44 zeros, twelve times, and so on: what checksumOf does for a slot.
      const FrameLayout layout = [] {
        VideoFormat format;
        const Bytes header = sequenceHeader(kFormat);
        REQUIRE(parseSequenceHeader(header.data(), header.size(), &format).ok());
        return layoutOf(format);
      }();
      const Bytes slot(layout.slotBytes, 7);
      const Checksum sum = checksumOf(slot.data(), layout);
      Bytes unit = {3};
      unit.insert(unit.end(), sum.begin(), sum.end());
      if (!right) unit[5] ^= 1;
      StreamBuilder stream = streamOf(kFormat);
      stream.unit(kAuxiliary, unit).unit(0x08, flat(0, 7)).endOfSequence();
      return play(stream.bytes()).stats;
    };
    CHECK(stats(true).checksumsRight == 1);
    CHECK(stats(true).checksumsWrong == 0);
    CHECK(stats(false).checksumsWrong == 1);
    CHECK(stats(false).damaged == 0);
  }

  TEST_CASE("checksums of more than 8 bits, of which nobody says what is summed, are handed on") {
    HeaderOptions format = kFormat;
    format.excursion = 1023;
    Bytes unit = {3};
    unit.resize(17, 0xAB);
    StreamBuilder stream = streamOf(format);
    stream.unit(kAuxiliary, unit).unit(0x08, intraPicture(0, flatPicture(format, 7), {}));
    const Played played = play(stream.endOfSequence().bytes());
    REQUIRE(played.pictures.size() == 1);
    REQUIRE(played.pictures[0].sideData != nullptr);
    CHECK(*played.pictures[0].sideData == SideData{unit});
    CHECK(played.stats.checksumsRight + played.stats.checksumsWrong == 0);
    CHECK(played.stats.damaged == 0);
  }
}

TEST_SUITE("missing references") {
  constexpr HeaderOptions kFormat{.width = 20, .height = 12};

  TEST_CASE("leave the picture out, or mid-grey or the nearest one stands in, and it is marked") {
    CodingOptions reference;
    reference.reference = true;
    StreamBuilder stream = streamOf(kFormat);
    stream.unit(0x09, copyOf(kFormat, 0, -1));
    stream.unit(0x0C, intraPicture(1, flatPicture(kFormat, 40), reference));
    stream.unit(0x09, copyOf(kFormat, 2, -9)).unit(0x09, copyOf(kFormat, 3, -2)).endOfSequence();
    const Played skipped = play(stream.bytes());
    CHECK(skipped.numbers() == Numbers{1, 3});
    CHECK(skipped.stats.skippedPictures == 2);
    DecoderOptions options;
    options.missingReferences = MissingReferences::kSubstitute;
    const Played played = play(stream.bytes(), options);
    CHECK(played.numbers() == Numbers{0, 1, 2, 3});
    CHECK(played.stats.damaged == 2);
    CHECK(played.pictures.at(0).picture == flatPicture(kFormat, 128));
    CHECK((played.pictures.at(0).flags & kDamaged) != 0);
    CHECK(played.pictures.at(2).picture == flatPicture(kFormat, 40));
    CHECK((played.pictures.at(3).flags & kDamaged) == 0);
    CHECK(played.slotsLeft == 0);
  }
}

TEST_SUITE("low band") {
  TEST_CASE("an intra picture's, when it is asked for") {
    const HeaderOptions format{.width = 40, .height = 24};
    CodingOptions coding;
    coding.wavelet = 1;
    coding.depth = 3;
    coding.reference = true;
    StreamBuilder stream = streamOf(format);
    stream.unit(0x0C, intraPicture(0, flatPicture(format, 100), coding));
    SliceCoding slices;
    slices.depth = 2;
    stream.unit(0xE8, slicePicture(1, flatPicture(format, 100), slices));
    stream.unit(0x09, copyOf(format, 2, -2)).endOfSequence();
    for (const Shown& shown : play(stream.bytes()).pictures) CHECK(shown.lowBand == nullptr);
    DecoderOptions options;
    options.lowBand = true;
    const Played played = play(stream.bytes(), options);
    REQUIRE(played.pictures.size() == 3);
    const LowBand& core = *played.pictures[0].lowBand;
    CHECK(core.width == 5);
    CHECK(core.height == 3);
    CHECK(core.level == 3);
    CHECK(core.data == std::vector<int32_t>(15, -28 * 8));
    const LowBand& sliced = *played.pictures[1].lowBand;
    CHECK(sliced.width == 10);
    CHECK(sliced.data == std::vector<int32_t>(60, -28 * 4));
    CHECK(played.pictures[2].lowBand == nullptr);
  }
}

}  // namespace
}  // namespace kamaelia::dirac::test
