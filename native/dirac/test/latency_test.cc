// SPDX-License-Identifier: Apache-2.0
// The option lowDelay: when pictures come, and that they are the same ones.
#include <doctest/doctest.h>

#include <string>

#include "coefficients.h"
#include "player.h"
#include "slice_encoder.h"

namespace kamaelia::dirac::test {
namespace {

enum class Kind { kCore, kLowDelay, kHighQuality, kFragments };
constexpr Kind kKinds[] = {Kind::kCore, Kind::kLowDelay, Kind::kHighQuality, Kind::kFragments};

HeaderOptions formatFor(Kind kind) {
  HeaderOptions format{.width = 40, .height = 24};
  if (kind == Kind::kFragments) format.majorVersion = 3;
  return format;
}

SliceCoding codingFor(Kind kind) {
  SliceCoding coding;
  if (kind == Kind::kLowDelay) {
    coding.syntax = Syntax::kLowDelay;
    coding.bytesNum = 1003;
    coding.bytesDen = 3;
  }
  return coding;
}

void addPicture(StreamBuilder* stream, Kind kind, uint32_t number) {
  const Picture picture = noisyPicture(formatFor(kind), number);
  const SliceCoding coding = codingFor(kind);
  if (kind == Kind::kCore) {
    stream->unit(0x08, intraPicture(number, picture, {}));
  } else if (kind == Kind::kLowDelay) {
    stream->unit(0xC8, slicePicture(number, picture, coding));
  } else if (kind == Kind::kHighQuality) {
    stream->unit(0xE8, slicePicture(number, picture, coding));
  } else {
    const std::vector<Bytes> slices = encodeSlices(picture, coding);
    stream->unit(0xEC, parameterFragment(number, coding));
    stream->unit(0xEC, sliceFragment(number, {0, 0}, slices, 0, 3));
    stream->unit(0xEC, sliceFragment(number, {1, 2}, slices, 9, 3));
    stream->unit(0xEC, sliceFragment(number, {3, 0}, slices, 3, 6));
  }
}

StreamBuilder streamOf(const HeaderOptions& format) {
  StreamBuilder stream;
  stream.unit(kSequenceHeader, sequenceHeader(format));
  return stream;
}

DecoderOptions lowDelay(int threads = 1) {
  DecoderOptions options;
  options.threads = threads;
  options.lowDelay = true;
  return options;
}

// A decoder that is fed by hand.
class Live {
 public:
  explicit Live(const DecoderOptions& options) : decoder_(options) {}

  // The numbers of the pictures that come before more input is asked for.
  std::vector<uint32_t> push(const Bytes& bytes, size_t from, size_t to, size_t chunk = 100000) {
    std::vector<uint32_t> numbers;
    while (from < to) {
      from += decoder_.push(bytes.data() + from, std::min(chunk, to - from));
      for (Step step = Step::kProgress; step != Step::kNeedInput;) {
        step = decoder_.step();
        REQUIRE((step == Step::kProgress || step == Step::kNeedInput));
        Event event;
        while (decoder_.nextEvent(&event)) take(event, &numbers);
      }
    }
    return numbers;
  }

  const Picture& last() const { return last_; }

 private:
  void take(const Event& event, std::vector<uint32_t>* numbers) {
    if (event.kind == Event::Kind::kFormat) {
      layout_ = event.layout;
      slots_ = Slots(event.layout, event.layout.minimumSlots);
      decoder_.provideSlots(event.generation, slots_.table());
    } else if (event.kind == Event::Kind::kPicture) {
      numbers->push_back(event.pictureNumber);
      last_ = pictureIn(slots_.table()->data(event.slot), layout_);
      slots_.table()->release(event.slot);
    }
  }

  Slots slots_;
  FrameLayout layout_;
  StreamDecoder decoder_;
  Picture last_;
};

using Numbers = std::vector<uint32_t>;

void checkSame(const Played& played, const Played& expected) {
  CHECK(played.ended == expected.ended);
  CHECK(played.numbers() == expected.numbers());
  REQUIRE(played.pictures.size() == expected.pictures.size());
  for (size_t i = 0; i < played.pictures.size(); ++i) {
    CAPTURE(i);
    CHECK(played.pictures[i].flags == expected.pictures[i].flags);
    CHECK(played.pictures[i].pts == expected.pictures[i].pts);
    CHECK(played.pictures[i].picture == expected.pictures[i].picture);
  }
  CHECK(played.stats.damaged == expected.stats.damaged);
  CHECK(played.stats.units == expected.stats.units);
  CHECK(played.stats.skippedPictures == expected.stats.skippedPictures);
  CHECK(played.stats.lostSync == expected.stats.lostSync);
  CHECK(played.stats.bytesSkipped == expected.stats.bytesSkipped);
  CHECK(played.slotsLeft == 0);
}

TEST_SUITE("low delay of the decoder") {
  TEST_CASE("an intra picture comes with its last byte, and not without the option") {
    for (const Kind kind : kKinds) {
      for (const int threads : {1, 3}) {
        for (const size_t chunk : {size_t{1}, size_t{7}, size_t{100000}}) {
          CAPTURE(static_cast<int>(kind));
          CAPTURE(threads);
          CAPTURE(chunk);
          StreamBuilder stream = streamOf(formatFor(kind));
          size_t at = 0;
          Live live(lowDelay(threads));
          Live held(DecoderOptions{});
          for (uint32_t number = 0; number < 3; ++number) {
            addPicture(&stream, kind, number);
            const size_t end = stream.size();
            CHECK(live.push(stream.bytes(), at, end - 1, chunk) == Numbers{});
            CHECK(live.push(stream.bytes(), end - 1, end) == Numbers{number});
            CHECK(live.last() == noisyPicture(formatFor(kind), number));
            CHECK(held.push(stream.bytes(), at, end) ==
                  (number == 0 ? Numbers{} : Numbers{number - 1}));
            at = end;
          }
        }
      }
    }
  }

  TEST_CASE("a picture of intra pictures does not wait for a number that is lost") {
    StreamBuilder stream = streamOf(formatFor(Kind::kHighQuality));
    addPicture(&stream, Kind::kHighQuality, 4);
    addPicture(&stream, Kind::kHighQuality, 9);
    CHECK(Live(lowDelay()).push(stream.bytes(), 0, stream.size()) == Numbers{4, 9});
  }

  TEST_CASE("behind a reference picture it waits, as one of a lower number may come") {
    const HeaderOptions format = formatFor(Kind::kCore);
    StreamBuilder stream = streamOf(format);
    CodingOptions reference;
    reference.reference = true;
    stream.unit(0x0C, intraPicture(0, flatPicture(format, 10), reference));
    stream.unit(0x08, intraPicture(2, flatPicture(format, 12), {}));
    Live live(lowDelay());
    CHECK(live.push(stream.bytes(), 0, stream.size()) == Numbers{0});
    const size_t at = stream.size();
    stream.unit(0x08, intraPicture(1, flatPicture(format, 11), {}));
    CHECK(live.push(stream.bytes(), at, stream.size()) == Numbers{1, 2});
  }

  TEST_CASE("a frame that lost a field comes when a field of another one does") {
    HeaderOptions format{.width = 20, .height = 24, .pictureCodingMode = 1};
    HeaderOptions field = format;
    field.height = 12;
    StreamBuilder stream = streamOf(format);
    stream.unit(0x08, intraPicture(0, flatPicture(field, 1), {}));
    stream.unit(0x08, intraPicture(2, flatPicture(field, 2), {}));
    Live live(lowDelay());
    CHECK(live.push(stream.bytes(), 0, stream.size()) == Numbers{0});
    const size_t at = stream.size();
    stream.unit(0x08, intraPicture(3, flatPicture(field, 3), {}));
    CHECK(live.push(stream.bytes(), at, stream.size()) == Numbers{2});
  }

  TEST_CASE(
      "pictures, marks and counters are the same, damaged ones too, however the input is cut") {
    for (const Kind kind : kKinds) {
      StreamBuilder sound = streamOf(formatFor(kind));
      for (uint32_t number = 0; number < 4; ++number) addPicture(&sound, kind, number);
      sound.endOfSequence();
      const size_t picture = sound.size() / 4;
      for (int damage = 0; damage < 5; ++damage) {
        CAPTURE(static_cast<int>(kind));
        CAPTURE(damage);
        Bytes bytes = sound.bytes();
        const auto at = bytes.begin() + static_cast<ptrdiff_t>(picture + picture / 2);
        if (damage == 1) bytes.erase(at, at + 100);
        if (damage == 2) bytes.erase(at, at + 3);
        if (damage == 3) std::fill(at, at + 40, uint8_t{0xFF});
        if (damage == 4) bytes.resize(bytes.size() - picture / 2);
        const Played expected = play(bytes, lowDelay());
        if (damage == 0) checkSame(expected, play(bytes));
        for (const int threads : {1, 3}) {
          for (const size_t chunk : {size_t{1}, size_t{11}, size_t{997}, size_t{100000}}) {
            CAPTURE(threads);
            CAPTURE(chunk);
            checkSame(play(bytes, lowDelay(threads), chunk), expected);
          }
        }
      }
    }
  }

  TEST_CASE("a decoder that goes or begins anew in the middle of a picture gives its slot back") {
    StreamBuilder stream = streamOf(formatFor(Kind::kHighQuality));
    addPicture(&stream, Kind::kHighQuality, 0);
    for (const bool again : {false, true}) {
      Slots slots;
      {
        StreamDecoder decoder(lowDelay());
        CHECK(decoder.push(stream.bytes().data(), stream.size() - 20) == stream.size() - 20);
        Event event;
        CHECK(decoder.step() == Step::kProgress);
        REQUIRE(decoder.nextEvent(&event));
        const FrameLayout layout = event.layout;
        slots = Slots(layout, layout.minimumSlots);
        decoder.provideSlots(event.generation, slots.table());
        while (decoder.step() == Step::kProgress) continue;
        CHECK(slots.taken() == 1);
        if (again) {
          decoder.reset();
          CHECK(slots.taken() == 0);
          CHECK(decoder.push(stream.bytes().data(), stream.size()) == stream.size());
          while (decoder.step() == Step::kProgress) continue;
          REQUIRE(decoder.nextEvent(&event));
          CHECK(pictureIn(slots.table()->data(event.slot), layout) ==
                noisyPicture(formatFor(Kind::kHighQuality), 0));
          slots.table()->release(event.slot);
        }
      }
      CHECK(slots.taken() == 0);
    }
  }
}

TEST_SUITE("slices that come one after the other") {
  TEST_CASE("are decoded when their row is whole, the last ones at the end") {
    SliceCoding coding;
    const Picture picture = noisyPicture(formatFor(Kind::kHighQuality), 3);
    const Bytes parameters = sliceParameters(coding);
    BitReader bits(parameters.data(), parameters.size());
    TransformParams params;
    REQUIRE(readTransformParams(bits, Syntax::kHighQuality, false, &params).ok());
    const std::vector<Bytes> slices = encodeSlices(picture, coding);  // 3 rows of 4
    CoefficientHistory history;
    CoefficientDecoder decoder({}, &history);
    decoder.slices().begin(params);
    decoder.start(params, {{40, 20, 20}, {24, 12, 12}}, {});
    for (size_t i = 0; i < 8; ++i) {
      CAPTURE(i);
      CHECK(decoder.nextPass() == 0);
      decoder.slices().addBytes(slices[i].data(), slices[i].size() - 1);
      CHECK_FALSE(decoder.slices().anyRow());
      decoder.slices().addBytes(slices[i].data() + slices[i].size() - 1, 1);
      CHECK(decoder.slices().anyRow() == (i % 4 == 3));
      if (i % 4 == 3) {
        CHECK(decoder.nextPass() == 1);
        decoder.run(0);
      }
    }
    decoder.slices().end();
    CHECK(decoder.nextPass() == 1);
    decoder.run(0);
    CHECK(decoder.nextPass() == 0);
    CHECK(decoder.whole());
    CHECK_FALSE(decoder.slices().complete());
  }
}

}  // namespace
}  // namespace kamaelia::dirac::test
