// SPDX-License-Identifier: Apache-2.0
// Pictures at work at the same time, seen from the outside of a StreamDecoder.
#include "picture_pipeline.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "dirac/stream_decoder.h"
#include "player.h"

namespace kamaelia::dirac::test {
namespace {

constexpr HeaderOptions kFormat{.width = 96, .height = 64};

Bytes intra(uint32_t number, uint32_t seed, bool reference = false) {
  CodingOptions coding;
  coding.wavelet = 0;
  coding.depth = 2;
  coding.reference = reference;
  return intraPicture(number, noisyPicture(kFormat, seed), coding);
}

Bytes inter(uint32_t number, const InterOptions& given, uint32_t seed) {
  InterOptions options = given;
  options.prediction = blockPreset(1);
  options.prediction.precision = 2;
  MotionField field;
  field.configure(static_cast<int>(kFormat.width), static_cast<int>(kFormat.height),
                  options.prediction);
  for (size_t i = 0; i < field.blocks.size(); ++i) {
    MotionBlock& block = field.blocks[i];
    block.mode = options.references.size() == 2 ? 3 : 1;
    for (Vector& vector : block.vector) {
      vector = {static_cast<int32_t>((i * seed) % 13) - 6, static_cast<int32_t>(i % 7) - 3};
    }
  }
  return interPicture(number, field, options);
}

// Groups of a reference, one that refers to it and to the last group, and three between the two;
// with a picture cut short, one whose reference never was, repeated headers and a sequence's end.
Bytes groups(int count) {
  StreamBuilder stream;
  const Bytes header = sequenceHeader(kFormat);
  for (int sequence = 0; sequence < 2; ++sequence) {
    stream.unit(kSequenceHeader, header).unit(0x0C, intra(0, 7, true));
    for (int group = 0; group < count; ++group) {
      const auto first = static_cast<uint32_t>(4 * group);
      const auto seed = static_cast<uint32_t>(group + 3);
      InterOptions ahead;
      ahead.reference = true;
      ahead.references = {-4};
      if (group > 0) ahead.references = {-4, -8}, ahead.retiredOffset = -8;
      Bytes picture = inter(first + 4, ahead, seed);
      if (group == 3) picture.resize(picture.size() / 2);
      stream.unit(interCode(ahead), picture);
      for (uint32_t i = 1; i < 4; ++i) {
        const auto back = -static_cast<int32_t>(i);
        InterOptions between;
        between.references = {back, back + 4};
        stream.unit(interCode(between), inter(first + i, between, seed + i));
      }
      if (group % 2 == 1) stream.unit(kSequenceHeader, header);
    }
    InterOptions lost;
    lost.references = {-90};
    stream.unit(interCode(lost), inter(static_cast<uint32_t>(4 * count + 1), lost, 1));
    stream.unit(0x08, intra(static_cast<uint32_t>(4 * count + 2), 9));
    stream.endOfSequence();
  }
  return stream.bytes();
}

// Keeps all workers of the shared pool busy with nothing, so that a decoder is alone.
class Occupied final : public PooledWork {
 public:
  Occupied() {
    for (size_t i = 0; i < pool_->workers(); ++i) pool_->call(this);
    while (inside_ < pool_->workers()) std::this_thread::yield();
  }
  ~Occupied() {
    free_ = true;
    pool_->dismiss(this);
  }

  bool doPiece() override {
    if (free_) return false;
    ++inside_;
    while (!free_) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return false;
  }

 private:
  std::shared_ptr<ThreadPool> pool_ = ThreadPool::shared();
  std::atomic<size_t> inside_{0};
  std::atomic<bool> free_{false};
};

TEST_SUITE("pictures at work at the same time") {
  TEST_CASE("pictures, order, marks, times and counters are the same whatever the threads") {
    const Bytes stream = groups(8);
    const Played expected = play(stream);
    REQUIRE(expected.pictures.size() == 2 * 34);
    CHECK(expected.stats.damaged > 0);
    CHECK(expected.stats.skippedPictures == 2);
    for (const int threads : {2, 3, 8, 64}) {
      for (const size_t chunk : {size_t{100000}, size_t{997}}) {
        CAPTURE(threads);
        CAPTURE(chunk);
        DecoderOptions options;
        options.threads = threads;
        const Played played = play(stream, options, chunk);
        CHECK(played.ended);
        REQUIRE(played.pictures.size() == expected.pictures.size());
        for (size_t i = 0; i < played.pictures.size(); ++i) {
          CAPTURE(i);
          CHECK(played.pictures[i].number == expected.pictures[i].number);
          CHECK(played.pictures[i].pts == expected.pictures[i].pts);
          CHECK(played.pictures[i].flags == expected.pictures[i].flags);
          CHECK(played.pictures[i].picture == expected.pictures[i].picture);
        }
        CHECK(played.stats.damaged == expected.stats.damaged);
        CHECK(played.stats.pictures == expected.stats.pictures);
        CHECK(played.stats.skippedPictures == expected.stats.skippedPictures);
        CHECK(played.slotsLeft == 0);
      }
    }
  }

  TEST_CASE("begin ahead of those in front, one more than there are threads, and no more") {
    for (const int threads : {1, 2, 4, 64}) {
      CAPTURE(threads);
      StreamBuilder stream;
      stream.unit(kSequenceHeader, sequenceHeader(kFormat));
      for (uint32_t i = 0; i < 20; ++i) stream.unit(0x08, intra(i, i));
      DecoderOptions options;
      options.threads = threads;
      const Occupied occupied;
      Slots slots;
      StreamDecoder decoder(options);
      CHECK(decoder.push(stream.bytes().data(), stream.size()) == stream.size());
      decoder.finish();
      CHECK(decoder.step() == Step::kProgress);
      Event event;
      REQUIRE(decoder.nextEvent(&event));
      slots = Slots(event.layout, 30);
      decoder.provideSlots(event.generation, slots.table());
      const auto most = static_cast<uint32_t>(threads == 1 ? 1 : std::min(threads + 1, 8));
      // What a picture needs is known when one was done; until then no more than four.
      for (uint32_t i = 0; i < std::min(most, 4u); ++i) {
        CHECK(decoder.step() == Step::kProgress);
        CHECK(slots.taken() == i + 1);
        CHECK(decoder.nextEvent(&event) == (threads == 1));
      }
      // From here on it works before it begins another.
      uint32_t seen = threads == 1 ? 1 : 0;
      size_t taken = slots.taken() - seen;
      while (decoder.step() != Step::kEnd) {
        while (decoder.nextEvent(&event)) seen += event.kind == Event::Kind::kPicture;
        taken = std::max(taken, slots.taken() - seen);
      }
      CHECK(taken <= (threads == 1 ? 0 : most));
    }
  }

  TEST_CASE("come out without further input") {
    StreamBuilder stream;
    stream.unit(kSequenceHeader, sequenceHeader(kFormat));
    for (uint32_t i = 0; i < 3; ++i) stream.unit(0x08, intra(i, i));
    stream.unit(kPadding, {});
    DecoderOptions options;
    options.threads = 4;
    const Occupied occupied;
    Slots slots;
    StreamDecoder decoder(options);
    CHECK(decoder.push(stream.bytes().data(), stream.size()) == stream.size());
    CHECK(decoder.step() == Step::kProgress);
    Event event;
    REQUIRE(decoder.nextEvent(&event));
    slots = Slots(event.layout, 12);
    decoder.provideSlots(event.generation, slots.table());
    while (decoder.step() == Step::kProgress) continue;
    CHECK_FALSE(decoder.nextEvent(&event));
    while (decoder.work()) continue;
    for (uint32_t i = 0; i < 3; ++i) {
      REQUIRE(decoder.nextEvent(&event));
      CHECK(event.pictureNumber == i);
    }
    CHECK(decoder.step() == Step::kNeedInput);
  }

  TEST_CASE("are finished before the decoder says that it has no slot, format or life") {
    const Bytes stream = groups(4);
    DecoderOptions options;
    options.threads = 3;
    for (const bool cancelled : {false, true}) {
      Slots slots;
      std::atomic<bool> cancel{false};
      options.cancel = &cancel;
      size_t shown = 0;
      {
        StreamDecoder decoder(options);
        CHECK(decoder.push(stream.data(), stream.size()) == stream.size());
        CHECK(decoder.step() == Step::kProgress);
        Event event;
        REQUIRE(decoder.nextEvent(&event));
        slots = Slots(event.layout, 7);
        decoder.provideSlots(event.generation, slots.table());
        while (decoder.step() == Step::kProgress) continue;
        CHECK(decoder.step() == Step::kNeedSlot);
        while (decoder.nextEvent(&event)) {
          slots.table()->release(event.slot);
          ++shown;
        }
        CHECK(shown >= 3);
        CHECK(decoder.step() == Step::kProgress);
        cancel = cancelled;
      }
      CHECK(slots.taken() == 0);
    }
  }

  TEST_CASE("take no more than 60 MB beside the slots for 1920x1080 in 4:2:0") {
    const char* shared = std::getenv("KAMAELIA_SHARED");
    if (shared == nullptr || *shared == 0) {
      MESSAGE("Expected KAMAELIA_SHARED for the reference streams but received nothing: skipped");
      return;
    }
    std::ifstream file(std::string(shared) + "/streams/bench/hd-inter.drc", std::ios::binary);
    Bytes bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    REQUIRE_FALSE(bytes.empty());
    bytes.resize(std::min<size_t>(bytes.size(), 600000));
    for (const int threads : {1, 2, 5, 8}) {
      CAPTURE(threads);
      DecoderOptions options;
      options.threads = threads;
      Slots slots;
      StreamDecoder decoder(options);
      size_t at = 0;
      for (;;) {
        const Step step = decoder.step();
        Event event;
        while (decoder.nextEvent(&event)) {
          if (event.kind == Event::Kind::kFormat) {
            slots = Slots(event.layout, event.layout.minimumSlots);
            decoder.provideSlots(event.generation, slots.table());
          } else if (event.kind == Event::Kind::kPicture) {
            slots.table()->release(event.slot);
          }
        }
        if (step == Step::kEnd) break;
        REQUIRE(step != Step::kFailed);
        if (step != Step::kNeedInput) continue;
        at += decoder.push(bytes.data() + at, bytes.size() - at);
        if (at == bytes.size()) decoder.finish();
      }
      CHECK(decoder.stats().pictures > 8);
      CHECK(decoder.workingMemory() < 60'000'000);
      CHECK(decoder.workingMemory() > 20'000'000);
    }
  }
}

}  // namespace
}  // namespace kamaelia::dirac::test
