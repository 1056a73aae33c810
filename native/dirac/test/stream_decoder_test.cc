// SPDX-License-Identifier: Apache-2.0
#include "dirac/stream_decoder.h"

#include <doctest/doctest.h>

#include <string>

#include "motion_reference.h"
#include "player.h"

namespace kamaelia::dirac::test {
namespace {

using Numbers = std::vector<uint32_t>;

constexpr HeaderOptions kSmall{.width = 20, .height = 12};

StreamBuilder streamOf(const HeaderOptions& format = kSmall) {
  StreamBuilder stream;
  stream.unit(kSequenceHeader, sequenceHeader(format));
  return stream;
}

// Intra pictures: flat, of a value of their own.
Bytes intra(uint32_t number, int32_t value, bool reference = false, int32_t retired = 0) {
  CodingOptions coding;
  coding.reference = reference;
  coding.retiredOffset = retired;
  return intraPicture(number, flatPicture(kSmall, value), coding);
}

// A picture that repeats its reference, by vectors of 0.
MotionField still(uint8_t mode, const PredictionParams& params) {
  MotionField field;
  field.configure(static_cast<int>(kSmall.width), static_cast<int>(kSmall.height), params);
  for (MotionBlock& block : field.blocks) block.mode = mode;
  return field;
}

Bytes inter(uint32_t number, const std::vector<int32_t>& references, bool reference = false,
            int32_t retired = 0) {
  InterOptions options;
  options.references = references;
  options.reference = reference;
  options.retiredOffset = retired;
  options.prediction = blockPreset(1);
  const uint8_t mode = references.size() == 2 ? 3 : 1;
  return interPicture(number, still(mode, options.prediction), options);
}

std::vector<int32_t> values(const Played& played) {
  std::vector<int32_t> out;
  for (const Shown& shown : played.pictures) {
    const Picture& picture = shown.picture;
    CHECK(picture == flatPicture(kSmall, picture.plane[0].at(0, 0)));
    out.push_back(picture.plane[0].at(0, 0));
  }
  return out;
}

TEST_SUITE("decoding") {
  TEST_CASE("intra pictures of every filter, depth and chroma format come back to the bit") {
    uint32_t seed = 0;
    for (uint32_t wavelet = 0; wavelet < 7; ++wavelet) {
      for (int depth = 0; depth <= 6; depth += depth < 4 ? 1 : 2) {
        ++seed;
        const HeaderOptions format{
            .width = 40 + seed % 7, .height = 30 + seed % 5, .chroma = Chroma(seed % 3)};
        CodingOptions coding;
        coding.wavelet = wavelet;
        coding.depth = depth;
        if (seed % 2) {
          coding.codeblocks.assign(static_cast<size_t>(depth + 1), {3, 2});
          coding.quantiserPerCodeblock = seed % 4 == 1;
        }
        const Picture picture = noisyPicture(format, seed);
        StreamBuilder stream = streamOf(format);
        stream.unit(0x08, intraPicture(0, picture, coding)).endOfSequence();
        CAPTURE(wavelet);
        CAPTURE(depth);
        const Played played = play(stream.bytes());
        REQUIRE(played.pictures.size() == 1);
        CHECK(played.pictures[0].picture == picture);
        CHECK(played.pictures[0].flags == kIntra);
        CHECK(played.ended);
      }
    }
  }

  TEST_CASE("an inter picture is its prediction and its residual, clipped") {
    const HeaderOptions format{.width = 50, .height = 34};
    const Picture first = noisyPicture(format, 1), second = noisyPicture(format, 2);
    Picture residual = noisyPicture(format, 3);
    for (Grid& plane : residual.plane) {
      for (int32_t& sample : plane.samples) sample -= 128;
    }
    CodingOptions coding;
    coding.reference = true;
    InterOptions options;
    options.references = {-1, 1};
    options.prediction = blockPreset(2);
    options.prediction.precision = 2;
    MotionField field;
    field.configure(50, 34, options.prediction);
    for (size_t i = 0; i < field.blocks.size(); ++i) {
      MotionBlock& block = field.blocks[i];
      block.mode = static_cast<uint8_t>(i % 4);
      const int32_t shift = static_cast<int32_t>(i);
      if (i % 4 & 1) block.vector[0] = {7 - shift, shift * 3 - 20};
      if (i % 4 & 2) block.vector[1] = {shift - 30, 9};
      if (i % 4 == 0) block.dc[0] = shift - 10, block.dc[1] = 40, block.dc[2] = -100;
    }
    CodingOptions lossless;
    lossless.wavelet = 1;
    lossless.depth = 3;
    StreamBuilder stream = streamOf(format);
    stream.unit(0x0C, intraPicture(0, first, coding)).unit(0x0C, intraPicture(2, second, coding));
    stream.unit(0x0A, interPicture(1, field, options, &residual, lossless)).endOfSequence();
    Picture expected;
    for (int c = 0; c < 3; ++c) {
      const Grid& plane = first.plane[c];
      expected.plane[c] = predict({&options.prediction,
                                   &field,
                                   {&first.plane[c], &second.plane[c]},
                                   c,
                                   c > 0,
                                   c > 0,
                                   plane.width,
                                   plane.height});
      for (size_t i = 0; i < expected.plane[c].samples.size(); ++i) {
        int32_t& sample = expected.plane[c].samples[i];
        sample = std::clamp(sample + residual.plane[c].samples[i], 0, 255);
      }
    }
    for (const int threads : {1, 2, 64, 0, 1000}) {
      for (const size_t chunk : {size_t{1}, size_t{77}, size_t{1} << 20}) {
        CAPTURE(threads);
        CAPTURE(chunk);
        DecoderOptions how;
        how.threads = threads;
        const Played played = play(stream.bytes(), how, chunk);
        REQUIRE(played.numbers() == Numbers{0, 1, 2});
        CHECK(played.pictures[0].picture == first);
        CHECK(played.pictures[1].picture == expected);
        CHECK(played.pictures[2].picture == second);
        CHECK(played.slotsLeft == 0);
      }
    }
  }

  TEST_CASE("codeblocks that are zero in two pictures running keep nothing of the first") {
    const HeaderOptions format{.width = 32, .height = 32};
    CodingOptions coding;
    coding.depth = 2;
    coding.codeblocks.assign(3, {4, 4});
    // DC prediction gives zero codeblocks of the low-low band their values.
    const Picture pictures[] = {flatPicture(format, 200), flatPicture(format, 60),
                                noisyPicture(format, 1), flatPicture(format, 60),
                                flatPicture(format, 200)};
    StreamBuilder stream;
    stream.unit(kSequenceHeader, sequenceHeader(format));
    uint32_t number = 0;
    for (const Picture& picture : pictures) {
      stream.unit(intraCode(coding), intraPicture(number++, picture, coding));
    }
    const Played played = play(stream.endOfSequence().bytes());
    REQUIRE(played.pictures.size() == std::size(pictures));
    for (size_t i = 0; i < std::size(pictures); ++i) {
      CAPTURE(i);
      CHECK(played.pictures[i].picture == pictures[i]);
    }
  }
}

TEST_SUITE("presentation") {
  TEST_CASE("pictures come in the order of their numbers, with the time as their index") {
    StreamBuilder stream = streamOf();
    stream.unit(0x0C, intra(100, 10, true)).unit(0x0D, inter(103, {-3}, true));
    stream.unit(0x0A, inter(101, {-1, 2})).unit(0x0A, inter(102, {-2, 1}));
    stream.unit(0x0D, inter(104, {-1}, true)).endOfSequence();
    const Played played = play(stream.bytes());
    CHECK(played.numbers() == Numbers{100, 101, 102, 103, 104});
    for (size_t i = 0; i < played.pictures.size(); ++i) {
      CHECK(played.pictures[i].pts == static_cast<int64_t>(i));
    }
    CHECK(played.pictures[0].flags == (kIntra | kReference));
    CHECK(played.pictures[1].flags == 0);
    CHECK(played.pictures[3].flags == kReference);
    CHECK(played.stats.pictures == 5);
    CHECK(played.stats.delivered == 5);
    CHECK(played.stats.units == 7);
    CHECK(played.stats.sequences == 1);
    CHECK(played.stats.bytes == stream.size());
  }

  TEST_CASE("a second sequence of the same format goes on with the slots, marked as a break") {
    StreamBuilder stream = streamOf();
    stream.unit(0x08, intra(7, 1)).unit(kSequenceHeader, sequenceHeader(kSmall));
    stream.unit(0x08, intra(8, 2)).endOfSequence();
    stream.unit(kSequenceHeader, sequenceHeader(kSmall)).unit(0x08, intra(0, 3));
    stream.unit(0x08, intra(1, 4)).endOfSequence();
    const Played played = play(stream.bytes());
    CHECK(played.formats.size() == 1);
    CHECK(values(played) == std::vector<int32_t>{1, 2, 3, 4});
    CHECK((played.pictures[1].flags & kDiscontinuity) == 0);  // a header that is only repeated
    CHECK((played.pictures[2].flags & kDiscontinuity) != 0);
    CHECK((played.pictures[3].flags & kDiscontinuity) == 0);
    CHECK(played.pictures[3].pts == 3);
    CHECK(played.stats.sequences == 2);
  }

  TEST_CASE("a sequence of another format is announced, and its pictures are of a new generation") {
    const HeaderOptions other{.width = 9, .height = 5, .chroma = Chroma::k444};
    StreamBuilder stream = streamOf();
    stream.unit(0x0C, intra(0, 1, true));
    // Without an end of sequence between them.
    stream.unit(kSequenceHeader, sequenceHeader(other));
    stream.unit(0x08, intraPicture(0, noisyPicture(other, 4), {})).endOfSequence();
    const Played played = play(stream.bytes());
    REQUIRE(played.formats.size() == 2);
    CHECK(played.formats[1].format.width == 9);
    CHECK(played.formats[1].generation == 2);
    REQUIRE(played.pictures.size() == 2);
    CHECK(played.pictures[0].generation == 1);
    CHECK(played.pictures[1].generation == 2);
    CHECK(played.pictures[1].picture == noisyPicture(other, 4));
    CHECK(played.slotsLeft == 0);
  }

  TEST_CASE("a stream without an end of sequence is delivered whole") {
    StreamBuilder stream = streamOf();
    stream.unit(0x08, intra(0, 1)).unit(0x08, intra(2, 3));
    CHECK(play(stream.bytes()).numbers() == Numbers{0, 2});
  }
}

TEST_SUITE("references") {
  TEST_CASE("a picture whose reference is not there is skipped, and nobody waits for it") {
    StreamBuilder stream = streamOf();
    stream.unit(0x0C, intra(10, 50, true)).unit(0x0D, inter(12, {-2}, true));
    stream.unit(0x0A, inter(11, {-5, 1})).unit(0x09, inter(13, {-1})).endOfSequence();
    const Played played = play(stream.bytes());
    CHECK(played.numbers() == Numbers{10, 12, 13});
    CHECK(played.stats.skippedPictures == 1);
  }

  TEST_CASE("a retired reference is gone") {
    StreamBuilder stream = streamOf();
    stream.unit(0x0C, intra(0, 50, true)).unit(0x0C, intra(1, 60, true, -1));
    stream.unit(0x09, inter(2, {-2})).unit(0x09, inter(3, {-2})).endOfSequence();
    const Played played = play(stream.bytes());
    CHECK(played.numbers() == Numbers{0, 1, 3});
    CHECK(values(played).back() == 60);
  }

  TEST_CASE("a skipped picture retires its reference all the same") {
    StreamBuilder stream = streamOf();
    stream.unit(0x0C, intra(0, 50, true)).unit(0x0C, intra(1, 60, true));
    stream.unit(0x0D, inter(2, {-100}, true, -2));  // undecodable; retires picture 0
    stream.unit(0x09, inter(3, {-3})).unit(0x09, inter(4, {-3})).endOfSequence();
    const Played played = play(stream.bytes());
    CHECK(played.numbers() == Numbers{0, 1, 4});
    CHECK(played.stats.skippedPictures == 2);
  }

  TEST_CASE("four references are kept; a fifth pushes out the oldest") {
    StreamBuilder stream = streamOf();
    for (uint32_t i = 0; i < 5; ++i) stream.unit(0x0C, intra(i, 10 * static_cast<int>(i), true));
    stream.unit(0x09, inter(5, {-5})).unit(0x09, inter(6, {-5})).endOfSequence();
    const Played played = play(stream.bytes());
    CHECK(played.numbers() == Numbers{0, 1, 2, 3, 4, 6});
    CHECK(values(played).back() == 10);
  }

  TEST_CASE("a reference is not overwritten while it is one, though its picture was released") {
    StreamBuilder stream = streamOf();
    stream.unit(0x0C, intra(0, 77, true));
    for (uint32_t i = 1; i < 40; ++i) stream.unit(0x08, intra(i, 200));
    stream.unit(0x09, inter(40, {-40})).endOfSequence();
    CHECK(values(play(stream.bytes())).back() == 77);
  }

  TEST_CASE(
      "half-pel samples are those of the reference, not of the one that had its place before") {
    const HeaderOptions format{.width = 32, .height = 32};
    StreamBuilder stream = streamOf(format);
    InterOptions options;
    options.references = {-1};
    options.prediction = blockPreset(1);
    options.prediction.precision = 1;
    MotionField field;
    field.configure(32, 32, options.prediction);
    for (MotionBlock& block : field.blocks) block = {1, false, {{3, -5}, {}}, {}};
    CodingOptions coding;
    coding.reference = true;
    for (uint32_t i = 0; i < 14; i += 2) {
      coding.retiredOffset = i == 0 ? 0 : -2;
      stream.unit(0x0C, intraPicture(i, noisyPicture(format, i), coding));
      stream.unit(0x09, interPicture(i + 1, field, options));
    }
    const Played played = play(stream.endOfSequence().bytes());
    REQUIRE(played.pictures.size() == 14);
    for (uint32_t i = 0; i < 14; i += 2) {
      CAPTURE(i);
      const Grid reference = noisyPicture(format, i).plane[0];
      CHECK(played.pictures[i + 1].picture.plane[0] ==
            predict({&options.prediction, &field, {&reference, nullptr}, 0, 0, 0, 32, 32}));
    }
  }

  TEST_CASE("references do not outlive their sequence") {
    StreamBuilder stream = streamOf();
    stream.unit(0x0C, intra(0, 50, true)).endOfSequence();
    stream.unit(kSequenceHeader, sequenceHeader(kSmall)).unit(0x09, inter(1, {-1}));
    const Played played = play(stream.bytes());
    CHECK(played.numbers() == Numbers{0});
    CHECK(played.stats.skippedPictures == 1);
  }
}

TEST_SUITE("damage") {
  TEST_CASE("a picture that lost bytes is delivered and marked, and so is what refers to it") {
    const HeaderOptions format{.width = 64, .height = 64};
    CodingOptions coding;
    coding.reference = true;
    const Bytes whole = intraPicture(0, noisyPicture(format, 1), coding);
    Bytes cut = whole;
    cut.resize(cut.size() / 2);
    InterOptions options;
    options.references = {-1};
    options.prediction = blockPreset(1);
    MotionField field;
    field.configure(64, 64, options.prediction);
    for (MotionBlock& block : field.blocks) block.mode = 1;
    StreamBuilder stream = streamOf(format);
    stream.unit(0x0C, cut).unit(0x09, interPicture(1, field, options));
    stream.unit(0x0C, intraPicture(2, noisyPicture(format, 1), coding)).endOfSequence();
    const Played played = play(stream.bytes());
    REQUIRE(played.numbers() == Numbers{0, 1, 2});
    CHECK((played.pictures[0].flags & kDamaged) != 0);
    CHECK((played.pictures[1].flags & kDamaged) != 0);
    CHECK((played.pictures[2].flags & kDamaged) == 0);
    CHECK(played.stats.damaged == 2);
    CHECK(played.errors.empty());
    CHECK(played.ended);
  }

  TEST_CASE("an intra picture without usable transform parameters has nothing to show") {
    BitWriter bad;
    bad.literal(1, 32).unsignedGolomb(0).unsignedGolomb(6).bit(true);
    // Counts for all levels, so that the fault lies far behind the picture's beginning.
    for (int i = 0; i < 14; ++i) bad.unsignedGolomb(1000);
    bad.unsignedGolomb(2);
    BitWriter wavelet;
    wavelet.literal(2, 32).unsignedGolomb(9);
    StreamBuilder stream = streamOf();
    stream.unit(0x08, intra(0, 5)).unit(0x08, bad.done()).unit(0x08, wavelet.done());
    stream.unit(0x08, {0, 0}).unit(0x08, intra(3, 6)).endOfSequence();
    const Played played = play(stream.bytes());
    CHECK(values(played) == std::vector<int32_t>{5, 6});
    CHECK(played.stats.skippedPictures == 3);
    CHECK(played.slotsLeft == 0);
  }

  TEST_CASE("nor has an inter picture without usable prediction parameters") {
    StreamBuilder stream = streamOf();
    stream.unit(0x0C, intra(0, 5, true));
    stream.unit(0x09, BitWriter().literal(1, 32).signedGolomb(-1).align().unsignedGolomb(7).done());
    stream.unit(0x09, inter(2, {-2})).endOfSequence();
    const Played played = play(stream.bytes());
    CHECK(played.numbers() == Numbers{0, 2});
    CHECK(values(played) == std::vector<int32_t>{5, 5});
    CHECK(played.stats.skippedPictures == 1);
  }

  TEST_CASE("an intra picture of little more than its parameters is shown, as damaged") {
    // The first band claims bytes that are not there.
    BitWriter out;
    out.literal(1, 32).unsignedGolomb(3).unsignedGolomb(0).bit(false).align();
    out.unsignedGolomb(500).unsignedGolomb(0).align();
    StreamBuilder stream = streamOf();
    stream.unit(0x08, intra(0, 5)).unit(0x08, out.done()).endOfSequence();
    const Played played = play(stream.bytes());
    REQUIRE(played.numbers() == Numbers{0, 1});
    CHECK((played.pictures[1].flags & kDamaged) != 0);
    CHECK(values(played).back() == 128);
  }

  TEST_CASE("an inter picture whose residual cannot be read is its prediction, as damaged") {
    StreamBuilder stream = streamOf();
    Bytes picture = inter(1, {-1});
    picture.back() = 0x01;  // not zero, of a wavelet that does not exist
    stream.unit(0x0C, intra(0, 90, true)).unit(0x09, picture).endOfSequence();
    const Played played = play(stream.bytes());
    CHECK(values(played) == std::vector<int32_t>{90, 90});
    CHECK((played.pictures.at(1).flags & kDamaged) != 0);
  }

  TEST_CASE("pictures and rubbish in front of the first sequence header are skipped") {
    StreamBuilder stream;
    stream.junk(Bytes(1000, 0x42)).unit(0x08, intra(0, 1));
    stream.unit(kSequenceHeader, sequenceHeader(kSmall)).unit(0x08, intra(1, 2)).endOfSequence();
    const Played played = play(stream.bytes());
    CHECK(values(played) == std::vector<int32_t>{2});
    CHECK(played.stats.bytesSkipped == 1000);
    CHECK(played.stats.skippedPictures == 1);
    CHECK(played.stats.lostSync == 1);
  }

  TEST_CASE("a damaged sequence header is no new sequence") {
    Bytes cut = sequenceHeader(kSmall);
    cut.resize(3);
    StreamBuilder stream = streamOf();
    stream.unit(0x0C, intra(0, 7, true)).unit(kSequenceHeader, cut);
    stream.unit(0x09, inter(1, {-1})).endOfSequence();
    CHECK(values(play(stream.bytes())) == std::vector<int32_t>{7, 7});
  }

  TEST_CASE("a sequence header counts though the unit behind it is lost") {
    StreamBuilder stream = streamOf();
    const size_t lost = stream.size();
    stream.unit(0x08, intra(0, 1)).unit(0x08, intra(1, 2)).unit(0x08, intra(2, 3)).endOfSequence();
    Bytes bytes = stream.bytes();
    bytes[lost] ^= 1;
    const Played played = play(bytes);
    CHECK(values(played) == std::vector<int32_t>{2, 3});
    CHECK(played.formats.size() == 1);
    CHECK(played.stats.lostSync == 1);
  }
}

TEST_SUITE("refusal") {
  Status errorOf(const Bytes& bytes, const DecoderOptions& options = {}) {
    const Played played = play(bytes, options);
    CHECK_FALSE(played.ended);
    REQUIRE(played.errors.size() == 1);
    CHECK(played.slotsLeft == 0);
    return played.errors[0];
  }

  // A picture whose quantisation matrix is in no table.
  Bytes withoutMatrix(uint32_t number) {
    BitWriter out;
    out.literal(number, 32).unsignedGolomb(1).unsignedGolomb(1).bit(false).bit(true);
    out.unsignedGolomb(1).unsignedGolomb(1).unsignedGolomb(1).unsignedGolomb(0).unsignedGolomb(1);
    return out.bit(false).align().done();
  }

  TEST_CASE("what is valid but not decoded is named, after the pictures in front of it") {
    HeaderOptions format = kSmall;
    format.majorVersion = 3;
    StreamBuilder stream = streamOf(format);
    stream.unit(0x08, intra(0, 1)).unit(0x08, intra(2, 3));
    const size_t position = stream.size();
    stream.unit(0xE8, withoutMatrix(1)).endOfSequence();
    const Played played = play(stream.bytes());
    CHECK(played.numbers() == Numbers{0, 2});
    REQUIRE(played.errors.size() == 1);
    CHECK(played.errors[0].code == Code::kUnsupported);
    CHECK(std::string(played.errors[0].detail) ==
          "the default quantisation matrix of an asymmetric transform");
    CHECK(played.errors[0].position == position);
    CHECK(played.slotsLeft == 0);
  }

  TEST_CASE("so are depths under 8 and over 16 bits") {
    const auto refused = [](const HeaderOptions& format) {
      const Status status = errorOf(streamOf(format).unit(0x08, {}).bytes());
      CHECK(status.code == Code::kUnsupported);
      return std::string(status.detail);
    };
    CHECK(refused({.excursion = 127}) == "less than 8 bits a sample");
    CHECK(refused({.excursion = 65536}) == "more than 16 bits a sample");
  }

  TEST_CASE("input without a sequence header is refused at its end, or after a MiB") {
    const Status empty = errorOf({});
    CHECK(empty.code == Code::kNoSequenceHeader);
    CHECK(std::string(empty.detail) == "no sequence header in the input");
    CHECK(errorOf(Bytes(5000, 0x42)).code == Code::kNoSequenceHeader);
    const Status late = errorOf(Bytes((size_t{1} << 20) + 200000, 0x17));
    CHECK(std::string(late.detail) == "no sequence header in the first MiB");
  }

  TEST_CASE("pictures over the limit are refused before any memory is asked for") {
    DecoderOptions options;
    options.maxPixels = 64 * 80;
    CHECK(play(streamOf({.width = 64, .height = 80}).endOfSequence().bytes(), options).ended);
    for (const auto& [width, height] :
         {std::pair{64u, 81u}, {81u, 64u}, {65536u, 65536u}, {0xFFFFFFFEu, 0xFFFFFFFEu}}) {
      CAPTURE(width);
      const Status status = errorOf(streamOf({.width = width, .height = height}).bytes(), options);
      CHECK(status.code == Code::kLimit);
      CHECK(std::string(status.detail) == "maxPixels");
    }
  }

  TEST_CASE("narrow pictures count for what they cost: sides under 64 count as 64") {
    DecoderOptions options;
    options.maxPixels = 64 * 100;
    CHECK(play(streamOf({.width = 1, .height = 100}).endOfSequence().bytes(), options).ended);
    CHECK(errorOf(streamOf({.width = 1, .height = 101}).bytes(), options).code == Code::kLimit);
    CHECK(errorOf(streamOf({.width = 6400, .height = 1}).bytes(), options).code == Code::kLimit);
    // By the default limit too: slots stay within what their offsets can say.
    CHECK(errorOf(streamOf({.width = 1, .height = 35389440}).bytes()).code == Code::kLimit);
  }

  TEST_CASE("up to 64 by 64 a picture counts for its own pixels") {
    DecoderOptions options;
    options.maxPixels = 20 * 12;
    StreamBuilder stream = streamOf();
    stream.unit(0x08, intra(0, 1)).endOfSequence();
    CHECK(play(stream.bytes(), options).pictures.size() == 1);
    options.maxPixels = 20 * 12 - 1;
    CHECK(errorOf(stream.bytes(), options).code == Code::kLimit);
  }

  TEST_CASE("no limit is so large that a slot's size overflows") {
    DecoderOptions options;
    options.maxPixels = ~uint64_t{0};
    CHECK(errorOf(streamOf({.width = 1u << 15, .height = 1u << 15, .chroma = Chroma::k444}).bytes(),
                  options)
              .code == Code::kLimit);
  }
}

TEST_SUITE("slots") {
  TEST_CASE("the decoder waits for slots, and for a free one, and goes on where it was") {
    StreamBuilder stream = streamOf();
    for (uint32_t i = 0; i < 6; ++i) stream.unit(0x08, intra(i, static_cast<int32_t>(i)));
    stream.endOfSequence();
    Slots slots;
    StreamDecoder decoder({});
    CHECK(decoder.push(stream.bytes().data(), stream.size()) == stream.size());
    decoder.finish();
    CHECK(decoder.step() == Step::kProgress);
    CHECK(decoder.step() == Step::kNeedSlots);
    Event event;
    REQUIRE(decoder.nextEvent(&event));
    CHECK_FALSE(decoder.nextEvent(&event));
    slots = Slots(event.layout, 2);
    decoder.provideSlots(event.generation + 1, slots.table());
    CHECK(decoder.step() == Step::kNeedSlots);
    decoder.provideSlots(event.generation, slots.table());
    CHECK(decoder.step() == Step::kProgress);
    CHECK(decoder.step() == Step::kProgress);
    CHECK(decoder.step() == Step::kNeedSlot);
    CHECK(decoder.step() == Step::kNeedSlot);
    REQUIRE(decoder.nextEvent(&event));
    slots.table()->release(event.slot);
    CHECK(decoder.step() == Step::kProgress);
    CHECK(decoder.step() == Step::kNeedSlot);
    slots.grow();
    CHECK(decoder.step() == Step::kProgress);
    CHECK(decoder.stats().pictures == 4);
    CHECK(decoder.stats().units == 5);
  }

  TEST_CASE("the least number of slots is enough for any order of pictures") {
    // Four references kept, and a gap in the numbers: all that can be held back is held back.
    StreamBuilder stream = streamOf();
    for (uint32_t i = 0; i < 4; ++i) stream.unit(0x0C, intra(i, 1, true));
    for (uint32_t i = 5; i < 30; ++i) stream.unit(0x08, intra(i, 2));
    stream.endOfSequence();
    CHECK(play(stream.bytes()).pictures.size() == 29);
  }

  TEST_CASE("a decoder that goes in the middle gives all slots back but those it handed out") {
    StreamBuilder stream = streamOf();
    stream.unit(0x0C, intra(0, 1, true)).unit(0x0C, intra(5, 1, true)).unit(0x08, intra(7, 1));
    stream.unit(0x08, intra(1, 1)).unit(0x08, intra(2, 1));
    Slots slots;
    {
      StreamDecoder decoder({});
      CHECK(decoder.push(stream.bytes().data(), stream.size()) == stream.size());
      decoder.finish();
      Event event;
      CHECK(decoder.step() == Step::kProgress);
      REQUIRE(decoder.nextEvent(&event));
      slots = Slots(event.layout, 12);
      decoder.provideSlots(event.generation, slots.table());
      for (int i = 0; i < 5; ++i) CHECK(decoder.step() == Step::kProgress);
      REQUIRE(decoder.nextEvent(&event));
      CHECK(slots.taken() == 5);
    }
    CHECK(slots.taken() == 1);
  }
}

TEST_SUITE("reset") {
  // Steps until the decoder needs something; returns the last event's kind and counts pictures.
  struct Session {
    Slots slots;
    StreamDecoder decoder;
    std::vector<Shown> shown;
    std::vector<Status> errors;
    int formats = 0;

    explicit Session(const DecoderOptions& options = {}) : decoder(options) {}

    Step run() {
      for (;;) {
        const Step step = decoder.step();
        Event event;
        while (decoder.nextEvent(&event)) {
          if (event.kind == Event::Kind::kFormat) {
            ++formats;
            slots = Slots(event.layout, 12);
            decoder.provideSlots(event.generation, slots.table());
          } else if (event.kind == Event::Kind::kPicture) {
            shown.push_back({event.pictureNumber, event.pts, event.flags, event.generation, {}});
            slots.table()->release(event.slot);
          } else if (event.kind == Event::Kind::kError) {
            errors.push_back(event.status);
          }
        }
        if (step != Step::kProgress) return step;
      }
    }

    void push(const Bytes& bytes) {
      CHECK(decoder.push(bytes.data(), bytes.size()) == bytes.size());
    }
  };

  TEST_CASE("what waited is forgotten, its slots are free, and the next picture is a break") {
    Session session;
    StreamBuilder stream = streamOf();
    stream.unit(0x0C, intra(0, 1, true)).unit(0x0C, intra(5, 1, true)).unit(0x08, intra(7, 1));
    session.push(stream.bytes());
    CHECK(session.run() == Step::kNeedInput);
    CHECK(session.shown.size() == 1);
    CHECK(session.slots.taken() > 0);
    session.decoder.reset();
    CHECK(session.slots.taken() == 0);

    StreamBuilder later;
    later.unit(0x09, inter(8, {-3})).unit(0x08, intra(9, 1)).endOfSequence();
    session.push(later.bytes());
    session.decoder.finish();
    CHECK(session.run() == Step::kEnd);
    REQUIRE(session.shown.size() == 2);
    CHECK(session.shown[1].number == 9);
    CHECK(session.shown[1].pts == 1);
    CHECK((session.shown[1].flags & kDiscontinuity) != 0);
    CHECK(session.formats == 1);
    CHECK(session.decoder.stats().skippedPictures == 1);
  }

  TEST_CASE("after the end a decoder may begin anew") {
    Session session;
    StreamBuilder stream = streamOf();
    stream.unit(0x08, intra(0, 1)).endOfSequence();
    for (int i = 0; i < 3; ++i) {
      session.push(stream.bytes());
      session.decoder.finish();
      CHECK(session.decoder.push(stream.bytes().data(), 1) == 0);
      CHECK(session.run() == Step::kEnd);
      session.decoder.reset();
    }
    CHECK(session.shown.size() == 3);
    CHECK(session.formats == 1);
  }

  TEST_CASE("after a refusal too") {
    Session session;
    session.push(streamOf({.excursion = 127}).unit(0x08, intra(0, 1)).endOfSequence().bytes());
    CHECK(session.run() == Step::kFailed);
    CHECK(session.decoder.push(Bytes{1}.data(), 1) == 0);
    session.decoder.reset();
    session.push(streamOf().unit(0x08, intra(0, 1)).endOfSequence().bytes());
    session.decoder.finish();
    CHECK(session.run() == Step::kEnd);
    CHECK(session.shown.size() == 1);
    CHECK(session.errors.size() == 1);
  }

  TEST_CASE("the search for a sequence header begins anew") {
    Session session;
    const Bytes rubbish(900000, 0x17);
    session.push(rubbish);
    CHECK(session.run() == Step::kNeedInput);
    session.decoder.reset();
    session.push(rubbish);
    CHECK(session.run() == Step::kNeedInput);
    session.push(rubbish);
    CHECK(session.run() == Step::kFailed);
  }
}

TEST_CASE("a cancelled picture ends early, and the decoder stays whole") {
  std::atomic<bool> cancel{true};
  DecoderOptions options;
  options.cancel = &cancel;
  StreamBuilder stream = streamOf();
  stream.unit(0x0C, intra(0, 1, true)).unit(0x09, inter(1, {-1})).endOfSequence();
  const Played played = play(stream.bytes(), options);
  REQUIRE(played.numbers() == Numbers{0, 1});
  CHECK((played.pictures[1].flags & kDamaged) != 0);
  CHECK(played.slotsLeft == 0);
}

}  // namespace
}  // namespace kamaelia::dirac::test
