// SPDX-License-Identifier: Apache-2.0
#include "dirac/decoder.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <string>
#include <thread>

#include "player.h"

namespace kamaelia::dirac::test {
namespace {

using namespace std::chrono_literals;
using Numbers = std::vector<uint32_t>;

constexpr HeaderOptions kFormat{.width = 48, .height = 32};
constexpr auto kPatience = 20s;  // of a test that fails; none waits for it when it passes

StreamBuilder streamOf(uint32_t pictures, const HeaderOptions& format = kFormat) {
  StreamBuilder stream;
  stream.unit(kSequenceHeader, sequenceHeader(format));
  for (uint32_t i = 0; i < pictures; ++i) {
    stream.unit(0x08, intraPicture(i, flatPicture(format, static_cast<int32_t>(1 + i % 250)), {}));
  }
  return stream;
}

Bytes whole(uint32_t pictures) { return streamOf(pictures).endOfSequence().bytes(); }

// Rings once for each wake, and remembers.
class Bell {
 public:
  static void ring(void* context) {
    Bell& bell = *static_cast<Bell*>(context);
    std::unique_lock lock(bell.mutex_);
    ++bell.rings_;
    bell.thread_ = std::this_thread::get_id();
    bell.changed_.notify_all();
    bell.changed_.wait(lock, [&] { return !bell.held_; });
  }

  // False when nothing rang in time.
  bool wait() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [this] { return rings_ > heard_; })) return false;
    heard_ = rings_;
    return true;
  }

  // Until it rang so often in all.
  bool waitFor(int rings) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return rings_ >= rings; });
  }

  // Keeps the decoder's thread inside its next wake until released.
  void hold(bool held) {
    const std::lock_guard lock(mutex_);
    held_ = held;
    changed_.notify_all();
  }

  int rings() {
    const std::lock_guard lock(mutex_);
    return rings_;
  }

  std::thread::id thread() {
    const std::lock_guard lock(mutex_);
    return thread_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int rings_ = 0;
  int heard_ = 0;
  bool held_ = false;
  std::thread::id thread_;
};

// A decoder and its owner: takes events, provides slots, notes what came.
struct Session {
  Bell bell;
  std::vector<Slots> slots;  // by generation
  std::vector<FrameLayout> layouts;
  std::vector<Shown> shown;
  std::vector<Status> errors;
  std::vector<DecoderEvent> held;  // pictures that were not released
  size_t count = 12;               // of slots that a format gets
  bool release = true;
  bool provide = true;
  bool needInput = false;
  uint64_t inputNeededAfter = 0;
  bool needSlot = false;
  bool ended = false;
  Decoder decoder;

  explicit Session(const DecoderOptions& options = {}) : decoder(options, &Bell::ring, &bell) {}

  void take(const DecoderEvent& event) {
    if (event.kind == DecoderEvent::Kind::kNeedInput) {
      needInput = true;
      inputNeededAfter = event.pushed;
    }
    if (event.kind == DecoderEvent::Kind::kNeedSlot) needSlot = true;
    if (event.kind != DecoderEvent::Kind::kEngine) return;
    const Event& engine = event.event;
    if (engine.kind == Event::Kind::kFormat) {
      layouts.push_back(engine.layout);
      slots.emplace_back(engine.layout, count);
      if (provide) decoder.provideSlots(engine.generation, slots.back().table());
    } else if (engine.kind == Event::Kind::kPicture) {
      const uint8_t* base = event.slots->data(engine.slot);
      shown.push_back({engine.pictureNumber, engine.pts, engine.flags, engine.generation,
                       pictureIn(base, layouts.at(engine.generation - 1))});
      held.push_back(event);
      if (release) releaseAll();
    } else if (engine.kind == Event::Kind::kError) {
      errors.push_back(engine.status);
    } else {
      ended = true;
    }
  }

  void releaseAll() {
    for (const DecoderEvent& event : held) event.slots->release(event.event.slot);
    held.clear();
    decoder.released();
  }

  void poll() {
    DecoderEvent events[5];
    while (const size_t got = decoder.poll(events, 5)) {
      for (size_t i = 0; i < got; ++i) take(events[i]);
    }
  }

  // Takes events until a condition holds; false when it does not come true.
  template <typename Condition>
  bool until(Condition&& condition) {
    for (;;) {
      poll();
      if (condition()) return true;
      if (!bell.wait()) return false;
    }
  }

  bool pushAll(const Bytes& bytes) {
    size_t at = 0;
    return until([&] {
      at += decoder.push(bytes.data() + at, bytes.size() - at);
      return at == bytes.size();
    });
  }

  Numbers numbers() const {
    Numbers out;
    for (const Shown& one : shown) out.push_back(one.number);
    return out;
  }
};

// Until something is so that nothing rings for.
template <typename Condition>
bool eventually(Condition&& condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

Numbers upTo(uint32_t count) {
  Numbers out;
  for (uint32_t i = 0; i < count; ++i) out.push_back(i);
  return out;
}

TEST_SUITE("decoder thread") {
  TEST_CASE("a whole stream comes out in order, on a thread of its own") {
    Session session;
    REQUIRE(session.pushAll(whole(40)));
    session.decoder.finish();
    REQUIRE(session.until([&] { return session.ended; }));
    CHECK(session.numbers() == upTo(40));
    for (const Shown& shown : session.shown) {
      CHECK(shown.picture == flatPicture(kFormat, static_cast<int32_t>(1 + shown.number)));
    }
    CHECK(session.decoder.stats().delivered == 40);
    CHECK(session.bell.thread() != std::this_thread::get_id());
    CHECK(session.slots[0].taken() == 0);
  }

  TEST_CASE("nothing is asked of a decoder before there is something to say") {
    Session session;
    std::this_thread::sleep_for(5ms);
    DecoderEvent event;
    CHECK(session.decoder.poll(&event, 1) == 0);
    CHECK(session.bell.rings() == 0);
  }

  TEST_CASE("it says when all input has been used, once for each time that some came") {
    DecoderOptions options;
    SUBCASE("with one thread") {}
    SUBCASE("with three") { options.threads = 3; }
    Session session(options);
    const Bytes bytes = whole(2);
    const size_t half = bytes.size() / 2;
    CHECK(session.decoder.push(bytes.data(), half) == half);
    REQUIRE(session.until([&] { return session.needInput; }));
    CHECK(session.inputNeededAfter == half);
    session.needInput = false;
    CHECK(session.decoder.push(bytes.data() + half, bytes.size() - half) == bytes.size() - half);
    REQUIRE(session.until([&] { return session.needInput; }));
    CHECK(session.inputNeededAfter == bytes.size());
    CHECK(session.shown.size() == 2);
  }

  TEST_CASE("wakes are not repeated before a poll") {
    Session session;
    const Bytes bytes = whole(10);
    CHECK(session.decoder.push(bytes.data(), bytes.size()) == bytes.size());
    CHECK(session.bell.wait());
    // The format waits for its slots, and later whatever comes for a poll.
    DecoderEvent event;
    REQUIRE(session.decoder.poll(&event, 1) == 1);
    session.take(event);
    CHECK(session.bell.wait());
    REQUIRE(eventually([&] { return session.decoder.stats().pictures >= 10; }));
    CHECK(session.bell.rings() == 2);
  }
}

TEST_SUITE("back-pressure") {
  TEST_CASE("push takes what there is room for, then nothing, and rings when there is room") {
    Session session;
    session.provide = false;
    const Bytes header = streamOf(0).bytes();
    CHECK(session.decoder.push(header.data(), header.size()) == header.size());
    const Bytes more = whole(1);
    CHECK(session.decoder.push(more.data(), more.size()) == more.size());
    REQUIRE(session.until([&] { return !session.slots.empty(); }));
    // The thread waits for slots: what comes now stays in the queue.
    const Bytes rubbish(3 * Decoder::kQueueBytes, 0x17);
    const size_t taken = session.decoder.push(rubbish.data(), rubbish.size());
    CHECK(taken <= Decoder::kQueueBytes);
    CHECK(taken > Decoder::kQueueBytes / 2);
    CHECK(session.decoder.push(rubbish.data(), 1) == 0);
    CHECK_FALSE(session.decoder.pushChunk(rubbish.data(), 1));
    const int rings = session.bell.rings();
    // It may have asked between the header and what came behind it.
    session.needInput = false;
    session.decoder.provideSlots(1, session.slots[0].table());
    CHECK(session.until([&] { return session.bell.rings() > rings && session.needInput; }));
    CHECK(session.decoder.push(rubbish.data(), 1) == 1);
  }

  TEST_CASE("room in the queue is worth a wake-up of its own") {
    Session session;
    session.provide = false;
    const Bytes header = streamOf(0).unit(kPadding, {}).bytes();
    CHECK(session.decoder.push(header.data(), header.size()) == header.size());
    REQUIRE(session.until([&] { return !session.slots.empty(); }));
    const Bytes rubbish(Decoder::kQueueBytes + 1, 0x17);
    while (session.decoder.push(rubbish.data(), rubbish.size()) > 0) continue;
    session.poll();
    REQUIRE(session.bell.waitFor(1));  // for the format
    session.bell.hold(true);
    session.decoder.provideSlots(1, session.slots[0].table());
    CHECK(session.bell.waitFor(2));
    DecoderEvent event;
    CHECK(session.decoder.poll(&event, 1) == 0);
    CHECK(session.decoder.push(rubbish.data(), 1) == 1);
    session.bell.hold(false);
  }

  TEST_CASE("a chunk is taken whole or not at all, and by an empty queue whatever its size") {
    Session session;
    session.provide = false;
    const Bytes bytes = whole(3);
    CHECK(session.decoder.pushChunk(bytes.data(), bytes.size()));
    REQUIRE(session.until([&] { return !session.slots.empty(); }));
    const Bytes most(Decoder::kQueueBytes - 100, 0x17);
    CHECK(session.decoder.pushChunk(most.data(), most.size()));
    CHECK_FALSE(session.decoder.pushChunk(most.data(), 101));
    CHECK(session.decoder.pushChunk(most.data(), 100));
    CHECK_FALSE(session.decoder.pushChunk(most.data(), 1));
  }

  TEST_CASE("no byte of a chunk is lost, however much longer than the largest unit it is") {
    DecoderOptions options;
    options.maxUnitBytes = 500;
    Session session(options);
    const Bytes bytes = whole(300);
    REQUIRE(bytes.size() > 5 * options.maxUnitBytes);
    REQUIRE(session.decoder.pushChunk(bytes.data(), bytes.size()));
    session.decoder.finish();
    REQUIRE(session.until([&] { return session.ended; }));
    CHECK(session.shown.size() == 300);
    CHECK(session.decoder.stats().bytes == bytes.size());
    CHECK(session.decoder.stats().lostSync == 0);
  }

  TEST_CASE("decoding pauses while events are not taken") {
    Session session;
    session.count = 60;
    const Bytes bytes = whole(60);
    CHECK(session.decoder.push(bytes.data(), bytes.size()) == bytes.size());
    session.decoder.finish();
    REQUIRE(session.bell.wait());
    DecoderEvent event;
    REQUIRE(session.decoder.poll(&event, 1) == 1);
    session.take(event);  // the format
    REQUIRE(eventually([&] { return session.decoder.stats().pictures >= Decoder::kQueueEvents; }));
    std::this_thread::sleep_for(20ms);
    CHECK(session.decoder.stats().pictures == Decoder::kQueueEvents);
    REQUIRE(session.until([&] { return session.ended; }));
    CHECK(session.numbers() == upTo(60));
  }

  TEST_CASE("with all slots taken the decoder says so, and goes on when one is released") {
    Session session;
    session.count = 3;
    session.release = false;
    REQUIRE(session.pushAll(whole(8)));
    session.decoder.finish();
    REQUIRE(session.until([&] { return session.needSlot; }));
    CHECK(session.numbers() == upTo(3));
    session.needSlot = false;
    session.releaseAll();
    REQUIRE(session.until([&] { return session.needSlot; }));
    CHECK(session.numbers() == upTo(6));
    session.slots[0].grow();
    session.slots[0].grow();
    session.decoder.released();
    REQUIRE(session.until([&] { return session.ended; }));
    CHECK(session.numbers() == upTo(8));
    session.releaseAll();
    CHECK(session.slots[0].taken() == 0);
  }

  TEST_CASE("word of a full pool names the releases it knew of") {
    Session session;
    session.count = 1;
    session.release = false;
    REQUIRE(session.pushAll(whole(3)));
    std::vector<uint64_t> releases;
    const auto next = [&] {
      for (;;) {
        DecoderEvent event;
        while (session.decoder.poll(&event, 1) == 1) {
          session.take(event);
          if (event.kind == DecoderEvent::Kind::kNeedSlot)
            return releases.push_back(event.releases);
        }
        if (!session.bell.wait()) return;
      }
    };
    next();
    session.releaseAll();
    next();
    CHECK(releases == std::vector<uint64_t>{0, 1});
  }
}

TEST_SUITE("stopping") {
  TEST_CASE("close in mid-stream ends the thread and gives back what was not taken") {
    for (int round = 0; round < 30; ++round) {
      Slots slots;
      {
        Session session;
        REQUIRE(session.pushAll(streamOf(50).bytes()));
        REQUIRE(session.until([&] { return session.shown.size() >= static_cast<size_t>(round); }));
        session.decoder.close();
        DecoderEvent event;
        CHECK(session.decoder.poll(&event, 1) == 0);
        if (!session.slots.empty()) CHECK(session.slots[0].taken() == 0);
      }
    }
  }

  TEST_CASE("close and reset while several pictures are at work give back what was not taken") {
    DecoderOptions options;
    options.threads = 3;
    const Bytes stream = streamOf(50).bytes();
    for (size_t round = 0; round < 30; ++round) {
      Session session(options);
      REQUIRE(session.pushAll(stream));
      REQUIRE(session.until([&] { return session.shown.size() >= round % 10; }));
      if (round % 2 == 0) {
        session.decoder.reset();
        session.shown.clear();
        REQUIRE(session.pushAll(whole(6)));
        session.decoder.finish();
        REQUIRE(session.until([&] { return session.ended; }));
        CHECK(session.numbers() == upTo(6));
        CHECK(session.decoder.stats().damaged == 0);
      }
      session.decoder.close();
      if (!session.slots.empty()) CHECK(session.slots[0].taken() == 0);
    }
  }

  TEST_CASE("after close every call does nothing") {
    Session session;
    const Bytes bytes = whole(3);
    session.decoder.close();
    session.decoder.close();
    CHECK(session.decoder.push(bytes.data(), bytes.size()) == 0);
    CHECK_FALSE(session.decoder.pushChunk(bytes.data(), bytes.size()));
    session.decoder.finish();
    session.decoder.reset();
    session.decoder.released();
    session.decoder.provideSlots(1, nullptr);
    CHECK(session.decoder.stats().pictures == 0);
    CHECK(session.bell.rings() == 0);
  }

  TEST_CASE("close while the decoder waits for slots, for a slot or for a poll") {
    {
      Session session;
      session.provide = false;
      REQUIRE(session.pushAll(whole(3)));
      REQUIRE(session.until([&] { return !session.slots.empty(); }));
    }
    {
      Session session;
      session.count = 2;
      session.release = false;
      REQUIRE(session.pushAll(whole(9)));
      REQUIRE(session.until([&] { return session.needSlot; }));
      session.decoder.close();
      CHECK(session.slots[0].taken() == 2);
    }
    {
      Session session;
      session.count = 60;
      const Bytes bytes = whole(60);
      CHECK(session.decoder.push(bytes.data(), bytes.size()) == bytes.size());
      REQUIRE(session.until([&] { return !session.slots.empty(); }));
      REQUIRE(eventually([&] { return session.decoder.stats().pictures >= 20; }));
      session.decoder.close();
      CHECK(session.slots[0].taken() == 0);
    }
  }

  TEST_CASE("input after finish is refused") {
    Session session;
    session.decoder.finish();
    CHECK(session.decoder.push(Bytes{1}.data(), 1) == 0);
    CHECK_FALSE(session.decoder.pushChunk(Bytes{1}.data(), 1));
  }
}

TEST_SUITE("reset of the thread") {
  TEST_CASE("what was pushed before is forgotten, what is pushed after is decoded") {
    Session session;
    REQUIRE(session.pushAll(streamOf(5).bytes()));
    REQUIRE(session.until([&] { return session.shown.size() == 4; }));  // the fifth may go on
    session.decoder.reset();
    session.shown.clear();
    REQUIRE(session.pushAll(whole(6)));
    session.decoder.finish();
    REQUIRE(session.until([&] { return session.ended; }));
    CHECK(session.numbers() == upTo(6));
    CHECK((session.shown[0].flags & kDiscontinuity) != 0);
    CHECK(session.slots.size() == 1);
    CHECK(session.slots[0].taken() == 0);
  }

  TEST_CASE("input that comes right behind a reset is not lost, whatever the thread was doing") {
    Session session;
    // Every byte may begin a prefix: the thread is a while at work before it asks for more.
    const Bytes rubbish(Decoder::kQueueBytes, 0x42);
    const Bytes stream = whole(2);
    for (int round = 0; round < 40; ++round) {
      REQUIRE(session.decoder.push(stream.data(), stream.size()) == stream.size());
      session.decoder.finish();
      REQUIRE(session.until([&] { return session.ended; }));
      CHECK(session.shown.size() == 2);
      session.decoder.reset();
      session.shown.clear();
      session.ended = false;
      CHECK(session.decoder.push(rubbish.data(), rubbish.size()) == rubbish.size());
      std::this_thread::sleep_for(round * 50us);
      session.decoder.reset();
    }
    CHECK(session.slots[0].taken() == 0);
  }

  TEST_CASE("a format that was announced but not answered is still to be answered") {
    Session session;
    REQUIRE(session.decoder.pushChunk(whole(3).data(), whole(3).size()));
    REQUIRE(session.bell.wait());
    session.decoder.reset();
    const Bytes again = whole(2);
    REQUIRE(session.decoder.pushChunk(again.data(), again.size()));
    session.decoder.finish();
    REQUIRE(session.until([&] { return session.ended; }));
    CHECK(session.numbers() == upTo(2));
    CHECK(session.slots.size() == 1);
  }

  TEST_CASE("pictures that nobody took give their slots back") {
    Session session;
    const Bytes bytes = streamOf(12).bytes();
    REQUIRE(session.decoder.pushChunk(bytes.data(), bytes.size()));
    REQUIRE(session.until([&] { return !session.slots.empty(); }));
    REQUIRE(eventually([&] { return session.decoder.stats().pictures >= 8; }));
    session.decoder.reset();
    session.shown.clear();
    REQUIRE(session.decoder.pushChunk(whole(20).data(), whole(20).size()));
    session.decoder.finish();
    REQUIRE(session.until([&] { return session.ended; }));
    CHECK(session.numbers() == upTo(20));
    CHECK(session.slots[0].taken() == 0);
  }

  TEST_CASE("while the decoder waits for a slot, and while its owner is being woken") {
    Session session;
    session.count = 2;
    session.release = false;
    REQUIRE(session.pushAll(whole(9)));
    REQUIRE(session.until([&] { return session.needSlot; }));
    session.bell.hold(true);
    session.decoder.reset();
    session.releaseAll();
    session.release = true;
    session.shown.clear();
    REQUIRE(session.decoder.pushChunk(whole(4).data(), whole(4).size()));
    session.decoder.finish();
    session.bell.hold(false);
    REQUIRE(session.until([&] { return session.ended; }));
    CHECK(session.numbers() == upTo(4));
  }

  TEST_CASE("after the end, and after a failure that nobody took") {
    Session session;
    REQUIRE(session.pushAll(whole(2)));
    session.decoder.finish();
    REQUIRE(session.until([&] { return session.ended; }));
    session.decoder.reset();
    StreamBuilder unsupported = streamOf(1);
    unsupported.unit(0xE8, Bytes(30)).endOfSequence();
    REQUIRE(session.pushAll(unsupported.bytes()));
    REQUIRE(eventually([&] { return session.decoder.stats().units >= 6; }));
    std::this_thread::sleep_for(2ms);  // the next unit is the one that fails
    session.decoder.reset();
    session.shown.clear();
    session.ended = false;
    REQUIRE(session.decoder.pushChunk(whole(3).data(), whole(3).size()));
    session.decoder.finish();
    REQUIRE(session.until([&] { return session.ended; }));
    CHECK(session.numbers() == upTo(3));
  }
}

TEST_SUITE("bad input to the thread") {
  TEST_CASE("what cannot be decoded is an error event, and the last one") {
    Session session;
    StreamBuilder stream = streamOf(2);
    stream.endOfSequence().unit(kSequenceHeader, sequenceHeader({.excursion = 127}));
    stream.endOfSequence();
    REQUIRE(session.pushAll(stream.bytes()));
    REQUIRE(session.until([&] { return !session.errors.empty(); }));
    CHECK(session.errors[0].code == Code::kUnsupported);
    CHECK(session.numbers() == upTo(2));
    session.decoder.finish();
    std::this_thread::sleep_for(5ms);
    session.poll();
    CHECK_FALSE(session.ended);
    CHECK(session.errors.size() == 1);
  }

  TEST_CASE("a picture over the limit, and no stream at all") {
    DecoderOptions options;
    options.maxPixels = 1000;
    Session large(options);
    REQUIRE(large.pushAll(whole(1)));
    REQUIRE(large.until([&] { return !large.errors.empty(); }));
    CHECK(large.errors[0].code == Code::kLimit);
    CHECK(large.slots.empty());

    Session empty;
    empty.decoder.finish();
    REQUIRE(empty.until([&] { return !empty.errors.empty(); }));
    CHECK(empty.errors[0].code == Code::kNoSequenceHeader);
  }

  TEST_CASE("a stream with holes and overwritten bytes ends, with its whole pictures intact") {
    Bytes bytes = whole(200);
    for (size_t at = 500; at + 1000 < bytes.size(); at += 777) {
      if (at % 2) {
        std::memset(bytes.data() + at, 0x42, 20);
      } else {
        bytes.erase(bytes.begin() + static_cast<ptrdiff_t>(at),
                    bytes.begin() + static_cast<ptrdiff_t>(at + 9));
      }
    }
    DecoderOptions options;
    options.threads = 2;
    Session session(options);
    REQUIRE(session.pushAll(bytes));
    session.decoder.finish();
    REQUIRE(session.until([&] { return session.ended || !session.errors.empty(); }));
    CHECK(session.ended);
    CHECK(session.shown.size() > 100);
    const Stats stats = session.decoder.stats();
    CHECK(stats.lostSync > 0);
    for (size_t i = 0; i < session.shown.size(); ++i) {
      CHECK(session.shown[i].pts == static_cast<int64_t>(i));
    }
    CHECK(session.slots[0].taken() == 0);
  }

  TEST_CASE("several decoders at once share the pool of threads") {
    DecoderOptions options;
    options.threads = 3;
    std::vector<std::thread> owners;
    std::atomic<int> good{0};
    for (int i = 0; i < 3; ++i) {
      owners.emplace_back([&] {
        Session session(options);
        if (!session.pushAll(whole(30))) return;
        session.decoder.finish();
        if (session.until([&] { return session.ended; }) && session.numbers() == upTo(30)) ++good;
      });
    }
    for (std::thread& owner : owners) owner.join();
    CHECK(good == 3);
  }
}

}  // namespace
}  // namespace kamaelia::dirac::test
