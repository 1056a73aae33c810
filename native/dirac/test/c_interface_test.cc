// SPDX-License-Identifier: Apache-2.0
#include "kamaelia/dirac.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <functional>
#include <iterator>
#include <mutex>
#include <string>
#include <thread>

#include "player.h"

extern "C" const size_t kamaelia_dirac_test_sizes[];

namespace kamaelia::dirac::test {
namespace {

using Result = kamaelia_dirac_result;
using Frame = const kamaelia_dirac_frame*;
using Numbers = std::vector<uint32_t>;

constexpr HeaderOptions kFormat{.width = 20, .height = 12};

Bytes intra(uint32_t number, const HeaderOptions& format = kFormat) {
  return intraPicture(number, flatPicture(format, static_cast<int32_t>(1 + number % 250)), {});
}

StreamBuilder streamOf(uint32_t pictures, const HeaderOptions& format = kFormat) {
  StreamBuilder stream;
  stream.unit(kSequenceHeader, sequenceHeader(format));
  for (uint32_t i = 0; i < pictures; ++i) stream.unit(0x08, intra(i, format));
  return stream;
}

kamaelia_dirac_options defaults() {
  kamaelia_dirac_options options;
  REQUIRE(kamaelia_dirac_options_init(&options, sizeof options) == KAMAELIA_DIRAC_OK);
  options.threads = 1;
  return options;
}

template <typename Struct>
Struct sized() {
  Struct value;
  std::memset(&value, 0xA5, sizeof value);
  value.struct_size = sizeof value;
  return value;
}

// A decoder that is closed at the end of its test, and what came out of it.
struct Session {
  kamaelia_dirac_decoder* decoder = nullptr;
  std::vector<Frame> held;
  Numbers numbers;
  std::vector<uint32_t> flags;
  std::vector<int64_t> times;
  bool release = true;

  explicit Session(const kamaelia_dirac_options& options = defaults()) {
    REQUIRE(kamaelia_dirac_open(&options, &decoder, nullptr) == KAMAELIA_DIRAC_OK);
  }
  ~Session() {
    releaseAll();
    kamaelia_dirac_close(&decoder);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void releaseAll() {
    for (Frame& frame : held) kamaelia_dirac_release(&frame);
    held.clear();
  }

  Result next() {
    Frame frame = nullptr;
    const Result result = kamaelia_dirac_next(decoder, &frame);
    CHECK((frame != nullptr) == (result == KAMAELIA_DIRAC_FRAME));
    if (frame == nullptr) return result;
    numbers.push_back(frame->picture_number);
    flags.push_back(frame->flags);
    times.push_back(frame->pts);
    held.push_back(frame);
    if (release) releaseAll();
    return result;
  }

  // Until there is something else than frames.
  Result drain() {
    for (;;) {
      const Result result = next();
      if (result != KAMAELIA_DIRAC_FRAME) return result;
    }
  }

  // All bytes, in pieces; what the decoder said last.
  Result feed(const Bytes& bytes, size_t piece = 100000) {
    size_t at = 0;
    for (;;) {
      const Result result = drain();
      if (result != KAMAELIA_DIRAC_NEED_INPUT || at == bytes.size()) return result;
      size_t taken = 0;
      const size_t size = std::min(piece, bytes.size() - at);
      REQUIRE(kamaelia_dirac_push(decoder, bytes.data() + at, size, &taken) == KAMAELIA_DIRAC_OK);
      REQUIRE(taken > 0);
      at += taken;
    }
  }

  Result finish() {
    REQUIRE(kamaelia_dirac_finish(decoder) == KAMAELIA_DIRAC_OK);
    return drain();
  }

  std::string message() const {
    auto error = sized<kamaelia_dirac_error>();
    REQUIRE(kamaelia_dirac_get_error(decoder, &error) == KAMAELIA_DIRAC_OK);
    return error.message;
  }

  kamaelia_dirac_stats stats() const {
    auto out = sized<kamaelia_dirac_stats>();
    REQUIRE(kamaelia_dirac_get_stats(decoder, &out) == KAMAELIA_DIRAC_OK);
    return out;
  }
};

bool isFlat(const kamaelia_dirac_plane& plane, int32_t value) {
  for (uint32_t y = 0; y < plane.height; ++y) {
    const auto* row = static_cast<const uint8_t*>(plane.data) + y * plane.stride;
    if (!std::all_of(row, row + plane.width, [&](uint8_t sample) { return sample == value; })) {
      return false;
    }
  }
  return true;
}

bool isPicture(Frame frame) {
  const auto value = static_cast<int32_t>(1 + frame->picture_number % 250);
  return std::all_of(frame->planes, frame->planes + 3,
                     [&](const kamaelia_dirac_plane& plane) { return isFlat(plane, value); });
}

Numbers upTo(uint32_t count) {
  Numbers out;
  for (uint32_t i = 0; i < count; ++i) out.push_back(i);
  return out;
}

TEST_SUITE("C interface") {
  TEST_CASE("a whole stream comes out in order, with samples and parameters") {
    Session session;
    session.release = false;
    auto format = sized<kamaelia_dirac_format>();
    CHECK(kamaelia_dirac_get_format(session.decoder, &format) == KAMAELIA_DIRAC_NEED_INPUT);
    CHECK(session.feed(streamOf(3).endOfSequence().bytes(), 7) == KAMAELIA_DIRAC_NEED_INPUT);
    CHECK(session.finish() == KAMAELIA_DIRAC_END);
    CHECK(session.next() == KAMAELIA_DIRAC_END);
    REQUIRE(session.held.size() == 3);
    CHECK(session.numbers == upTo(3));
    CHECK(session.times == std::vector<int64_t>{0, 1, 2});
    CHECK(session.flags == Numbers{KAMAELIA_DIRAC_INTRA | KAMAELIA_DIRAC_NEW_FORMAT,
                                   KAMAELIA_DIRAC_INTRA, KAMAELIA_DIRAC_INTRA});
    for (Frame frame : session.held) {
      CHECK(frame->struct_size == sizeof *frame);
      CHECK(isPicture(frame));
      CHECK(frame->low_band == nullptr);
      CHECK(frame->side_data_count == 0);
      for (const kamaelia_dirac_plane& plane : frame->planes) {
        CHECK(reinterpret_cast<uintptr_t>(plane.data) % 64 == 0);
        CHECK(plane.stride % 64 == 0);
      }
    }
    CHECK(session.held[0]->planes[0].width == 20);
    CHECK(session.held[0]->planes[2].height == 6);
    REQUIRE(kamaelia_dirac_get_format(session.decoder, &format) == KAMAELIA_DIRAC_OK);
    CHECK(std::memcmp(&format, session.held[2]->format, sizeof format) == 0);
    CHECK(session.stats().delivered == 3);
  }

  TEST_CASE("a format has every parameter of the sequence header") {
    const HeaderOptions odd{.width = 37,
                            .height = 21,
                            .chroma = Chroma::k422,
                            .signalRange = 3,
                            .pictureCodingMode = 1,
                            .topFieldFirst = false};
    const Bytes header = sequenceHeader(odd);
    VideoFormat parsed;
    REQUIRE(parseSequenceHeader(header.data(), header.size(), &parsed).ok());
    Session session;
    session.feed(StreamBuilder().unit(kSequenceHeader, header).endOfSequence().bytes());
    session.finish();
    auto format = sized<kamaelia_dirac_format>();
    REQUIRE(kamaelia_dirac_get_format(session.decoder, &format) == KAMAELIA_DIRAC_OK);
    const Numbers got{format.major_version,
                      format.minor_version,
                      format.profile,
                      format.level,
                      format.base_video_format,
                      format.width,
                      format.height,
                      format.chroma_width,
                      format.chroma_height,
                      format.chroma_format,
                      format.interlaced,
                      format.top_field_first,
                      format.fields_coded,
                      format.frame_rate.num,
                      format.frame_rate.den,
                      format.pixel_aspect.num,
                      format.pixel_aspect.den,
                      format.clean_width,
                      format.clean_height,
                      format.clean_left,
                      format.clean_top,
                      format.luma_offset,
                      format.luma_excursion,
                      format.chroma_offset,
                      format.chroma_excursion,
                      format.luma_depth,
                      format.chroma_depth,
                      format.bytes_per_sample,
                      format.colour_primaries,
                      format.colour_matrix,
                      format.transfer_function};
    const Numbers expected{parsed.majorVersion,
                           parsed.minorVersion,
                           parsed.profile,
                           parsed.level,
                           parsed.baseVideoFormat,
                           37,
                           21,
                           19,
                           21,
                           1,
                           parsed.sourceSampling,
                           0,
                           1,
                           parsed.frameRate.num,
                           parsed.frameRate.den,
                           parsed.pixelAspect.num,
                           parsed.pixelAspect.den,
                           37,
                           21,
                           0,
                           0,
                           64,
                           876,
                           512,
                           896,
                           10,
                           10,
                           2,
                           parsed.colourPrimaries,
                           parsed.colourMatrix,
                           parsed.transferFunction};
    CHECK(got == expected);
  }

  TEST_CASE("with low delay a frame comes with its last byte, before the next one's first") {
    for (const uint32_t threads : {1u, 3u}) {
      auto options = defaults();
      options.threads = threads;
      options.low_delay = 1;
      Session session(options);
      const Bytes stream = streamOf(3).bytes();
      for (size_t at = 0; at < stream.size(); ++at) {
        CHECK(session.feed({stream[at]}) == KAMAELIA_DIRAC_NEED_INPUT);
        const size_t left = stream.size() - at - 1;
        if (left == 0) CHECK(session.numbers == upTo(3));
        if (left == 1) CHECK(session.numbers == upTo(2));
      }
    }
  }

  TEST_CASE("no more than a MiB is taken before the decoder asks for it") {
    Session session;
    const Bytes much(3 << 20, 0);
    size_t taken = 0;
    CHECK(kamaelia_dirac_push(session.decoder, much.data(), much.size(), &taken) ==
          KAMAELIA_DIRAC_OK);
    CHECK(taken == size_t{1} << 20);
    CHECK(kamaelia_dirac_push(session.decoder, much.data(), 1, &taken) == KAMAELIA_DIRAC_OK);
    CHECK(taken == 0);
    CHECK(kamaelia_dirac_push(session.decoder, nullptr, 0, &taken) == KAMAELIA_DIRAC_OK);
    Session other;
    REQUIRE(other.feed(streamOf(1).bytes()) == KAMAELIA_DIRAC_NEED_INPUT);
    CHECK(kamaelia_dirac_push(other.decoder, much.data(), much.size(), &taken) ==
          KAMAELIA_DIRAC_OK);
    CHECK(taken == size_t{1} << 20);
  }

  TEST_CASE("the caller holds so many frames as it wished, and none is lost by it") {
    auto options = defaults();
    options.max_held_frames = 2;
    Session session(options);
    session.release = false;
    size_t taken = 0;
    const Bytes bytes = streamOf(9).endOfSequence().bytes();
    REQUIRE(kamaelia_dirac_push(session.decoder, bytes.data(), bytes.size(), &taken) ==
            KAMAELIA_DIRAC_OK);
    REQUIRE(taken == bytes.size());
    REQUIRE(session.finish() == KAMAELIA_DIRAC_NEED_RELEASE);
    CHECK(session.next() == KAMAELIA_DIRAC_NEED_RELEASE);
    CHECK(session.held.size() == 2);
    while (!session.held.empty()) {
      CHECK(isPicture(session.held.front()));
      kamaelia_dirac_release(&session.held.front());
      session.held.erase(session.held.begin());
      const Result result = session.next();
      CHECK((result == KAMAELIA_DIRAC_FRAME || result == KAMAELIA_DIRAC_END));
      CHECK(session.held.size() <= 2);
    }
    CHECK(session.next() == KAMAELIA_DIRAC_END);
    CHECK(session.numbers == upTo(9));
  }

  TEST_CASE("frames outlive their decoder") {
    Frame frame = nullptr;
    {
      Session session;
      session.release = false;
      session.feed(streamOf(1).endOfSequence().bytes());
      session.finish();
      REQUIRE(session.held.size() == 1);
      std::swap(frame, session.held[0]);
    }
    CHECK(isPicture(frame));
    CHECK(frame->format->width == 20);
    kamaelia_dirac_release(&frame);
    CHECK(frame == nullptr);
    kamaelia_dirac_release(&frame);
    kamaelia_dirac_release(nullptr);
  }

  TEST_CASE("frames of a former format stay as they are") {
    const HeaderOptions larger{.width = 64, .height = 40};
    StreamBuilder stream = streamOf(1);
    stream.endOfSequence().unit(kSequenceHeader, sequenceHeader(larger));
    stream.unit(0x08, intra(5, larger)).endOfSequence();
    Session session;
    session.release = false;
    session.feed(stream.bytes());
    CHECK(session.finish() == KAMAELIA_DIRAC_END);
    REQUIRE(session.held.size() == 2);
    CHECK(isPicture(session.held[0]));
    CHECK(isPicture(session.held[1]));
    CHECK(session.held[0]->format->width == 20);
    CHECK(session.held[1]->format->width == 64);
    CHECK(session.flags[1] ==
          (KAMAELIA_DIRAC_INTRA | KAMAELIA_DIRAC_NEW_FORMAT | KAMAELIA_DIRAC_DISCONTINUITY));
  }

  TEST_CASE("damage is marked and counted, and no error") {
    Bytes cut = intra(1);
    cut.resize(cut.size() / 2);
    StreamBuilder stream = streamOf(1);
    stream.unit(0x08, cut).unit(0x08, {0}).unit(0x08, intra(3)).endOfSequence();
    Session session;
    session.feed(stream.bytes());
    CHECK(session.finish() == KAMAELIA_DIRAC_END);
    CHECK(session.numbers == Numbers{0, 1, 3});
    CHECK((session.flags[0] & KAMAELIA_DIRAC_DAMAGED) == 0);
    CHECK((session.flags[1] & KAMAELIA_DIRAC_DAMAGED) != 0);
    CHECK((session.flags[2] & KAMAELIA_DIRAC_DAMAGED) == 0);
    CHECK(session.stats().damaged == 1);
    CHECK(session.stats().skipped_pictures == 1);
    CHECK(session.message().empty());
  }

  TEST_CASE("low bands and auxiliary data come with the frame where they are there") {
    auto options = defaults();
    options.low_band = 1;
    StreamBuilder stream;
    CodingOptions coding;
    coding.depth = 1;
    stream.unit(kSequenceHeader, sequenceHeader(kFormat)).unit(kAuxiliary, {1, 'k'});
    stream.unit(kAuxiliary, {9}).unit(0x08, intraPicture(0, flatPicture(kFormat, 7), coding));
    Session session(options);
    session.release = false;
    session.feed(stream.endOfSequence().bytes());
    session.finish();
    REQUIRE(session.held.size() == 1);
    Frame frame = session.held[0];
    REQUIRE(frame->low_band != nullptr);
    CHECK(frame->low_band->width == 10);
    CHECK(frame->low_band->height == 6);
    CHECK(frame->low_band->level == 1);
    CHECK(frame->low_band->data[59] == frame->low_band->data[0]);
    REQUIRE(frame->side_data_count == 2);
    CHECK(frame->side_data[0].size == 2);
    CHECK(frame->side_data[0].data[1] == 'k');
    CHECK(frame->side_data[1].data[0] == 9);
  }

  TEST_CASE("a reset begins anew, with a picture waiting or an end or an error behind it") {
    auto options = defaults();
    options.max_held_frames = 1;
    options.max_pixels = 20 * 64;
    Session session(options);
    session.release = false;
    const Bytes bytes = streamOf(30).endOfSequence().bytes();
    for (int round = 0; round < 30; ++round) {
      size_t taken = 0;
      REQUIRE(kamaelia_dirac_push(session.decoder, bytes.data(), bytes.size(), &taken) ==
              KAMAELIA_DIRAC_OK);
      REQUIRE(session.drain() == KAMAELIA_DIRAC_NEED_RELEASE);
      CHECK(isPicture(session.held[0]));
      if (round % 2 == 0) session.releaseAll();
      REQUIRE(kamaelia_dirac_reset(session.decoder) == KAMAELIA_DIRAC_OK);
      session.releaseAll();
    }
    session.release = true;
    CHECK(session.feed(streamOf(1, {.width = 64, .height = 64}).bytes()) ==
          KAMAELIA_DIRAC_ERROR_LIMIT);
    REQUIRE(kamaelia_dirac_reset(session.decoder) == KAMAELIA_DIRAC_OK);
    session.numbers.clear();
    // The header of before is still known.
    StreamBuilder headless;
    headless.unit(0x08, intra(4)).endOfSequence();
    session.feed(streamOf(2).endOfSequence().bytes());
    CHECK(session.finish() == KAMAELIA_DIRAC_END);
    CHECK(session.numbers == upTo(2));
    REQUIRE(kamaelia_dirac_reset(session.decoder) == KAMAELIA_DIRAC_OK);
    CHECK(session.next() == KAMAELIA_DIRAC_NEED_INPUT);
  }

  TEST_CASE("frames may be released by another thread while the decoder works") {
    auto options = defaults();
    options.threads = 2;
    Session session(options);
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<Frame> queue;
    bool over = false;
    bool right = true;
    std::thread releaser([&] {
      std::unique_lock lock(mutex);
      for (;;) {
        changed.wait(lock, [&] { return over || !queue.empty(); });
        if (queue.empty()) return;
        Frame frame = queue.back();
        queue.pop_back();
        lock.unlock();
        const bool whole = isPicture(frame);
        kamaelia_dirac_release(&frame);
        lock.lock();
        right = right && whole;
        changed.notify_all();
      }
    });
    const Bytes bytes = streamOf(200).endOfSequence().bytes();
    size_t taken = 0;
    CHECK(kamaelia_dirac_push(session.decoder, bytes.data(), bytes.size(), &taken) ==
          KAMAELIA_DIRAC_OK);
    REQUIRE(taken == bytes.size());
    REQUIRE(kamaelia_dirac_finish(session.decoder) == KAMAELIA_DIRAC_OK);
    size_t frames = 0;
    for (;;) {
      Frame frame = nullptr;
      const Result result = kamaelia_dirac_next(session.decoder, &frame);
      if (result == KAMAELIA_DIRAC_END) break;
      if (result == KAMAELIA_DIRAC_NEED_RELEASE) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return queue.empty(); });
        continue;
      }
      REQUIRE(result == KAMAELIA_DIRAC_FRAME);
      ++frames;
      const std::lock_guard lock(mutex);
      queue.push_back(frame);
      changed.notify_all();
    }
    {
      const std::lock_guard lock(mutex);
      over = true;
      changed.notify_all();
    }
    releaser.join();
    CHECK(frames == 200);
    CHECK(right);
  }
}

TEST_SUITE("C interface, wrongly used") {
  TEST_CASE("NULL is an error wherever it may not be") {
    Session session;
    kamaelia_dirac_decoder* decoder = session.decoder;
    auto error = sized<kamaelia_dirac_error>();
    auto format = sized<kamaelia_dirac_format>();
    auto stats = sized<kamaelia_dirac_stats>();
    Frame frame = nullptr;
    size_t taken = 5;
    const uint8_t byte = 0;
    const std::vector<std::function<Result()>> calls = {
        [&] { return kamaelia_dirac_options_init(nullptr, sizeof(kamaelia_dirac_options)); },
        [&] { return kamaelia_dirac_open(nullptr, nullptr, nullptr); },
        [&] { return kamaelia_dirac_open(nullptr, nullptr, &error); },
        [&] { return kamaelia_dirac_push(nullptr, &byte, 1, &taken); },
        [&] { return kamaelia_dirac_push(decoder, nullptr, 1, &taken); },
        [&] { return kamaelia_dirac_push(decoder, &byte, 1, nullptr); },
        [&] { return kamaelia_dirac_finish(nullptr); },
        [&] { return kamaelia_dirac_next(nullptr, &frame); },
        [&] { return kamaelia_dirac_next(decoder, nullptr); },
        [&] { return kamaelia_dirac_reset(nullptr); },
        [&] { return kamaelia_dirac_get_format(nullptr, &format); },
        [&] { return kamaelia_dirac_get_format(decoder, nullptr); },
        [&] { return kamaelia_dirac_get_stats(nullptr, &stats); },
        [&] { return kamaelia_dirac_get_stats(decoder, nullptr); },
        [&] { return kamaelia_dirac_get_error(nullptr, &error); },
        [&] { return kamaelia_dirac_get_error(decoder, nullptr); },
    };
    for (const auto& call : calls) CHECK(call() == KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT);
    CHECK(taken == 0);
    CHECK(std::string(error.message) ==
          "kamaelia_dirac_open: Expected a pointer for decoder but received NULL");
    CHECK(session.message() ==
          "kamaelia_dirac_next: Expected a pointer for frame but received NULL");
    kamaelia_dirac_close(nullptr);
    // And the decoder is as it was.
    CHECK(session.feed(streamOf(1).endOfSequence().bytes()) == KAMAELIA_DIRAC_NEED_INPUT);
  }

  TEST_CASE("a closed decoder is NULL for its caller, and all calls say so") {
    kamaelia_dirac_decoder* decoder = nullptr;
    REQUIRE(kamaelia_dirac_open(nullptr, &decoder, nullptr) == KAMAELIA_DIRAC_OK);
    kamaelia_dirac_close(&decoder);
    CHECK(decoder == nullptr);
    kamaelia_dirac_close(&decoder);
    Frame frame = nullptr;
    CHECK(kamaelia_dirac_next(decoder, &frame) == KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT);
    CHECK(kamaelia_dirac_reset(decoder) == KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT);
  }

  TEST_CASE("options out of range are refused by name") {
    const std::vector<std::pair<std::string, std::function<void(kamaelia_dirac_options&)>>> wrong =
        {{"0 to 64 for threads but received 65", [](auto& o) { o.threads = 65; }},
         {"1 to 256 for max_held_frames but received 0", [](auto& o) { o.max_held_frames = 0; }},
         {"1 to 256 for max_held_frames but received 257",
          [](auto& o) { o.max_held_frames = 257; }},
         {"1 to 268435456 for max_pixels but received 0", [](auto& o) { o.max_pixels = 0; }},
         {"1 to 268435456 for max_pixels but received 18446744073709551615",
          [](auto& o) { o.max_pixels = UINT64_MAX; }},
         {"13 to 2147483648 for max_unit_bytes but received 12",
          [](auto& o) { o.max_unit_bytes = 12; }},
         {"0 to 2 for quantiser_dialect but received 3", [](auto& o) { o.quantiser_dialect = 3; }},
         {"0 to 1 for missing_references but received 2",
          [](auto& o) { o.missing_references = 2; }},
         {"0 to 1 for low_band but received 2", [](auto& o) { o.low_band = 2; }},
         {"0 to 1 for low_delay but received 2", [](auto& o) { o.low_delay = 2; }}};
    for (const auto& [text, change] : wrong) {
      auto options = defaults();
      change(options);
      auto error = sized<kamaelia_dirac_error>();
      auto* decoder = reinterpret_cast<kamaelia_dirac_decoder*>(&error);
      CHECK(kamaelia_dirac_open(&options, &decoder, &error) == KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT);
      CHECK(decoder == nullptr);
      CHECK(error.code == KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT);
      CHECK(error.message == "kamaelia_dirac_open: Expected " + text);
    }
  }

  TEST_CASE("structures of a newer program are taken as far as the library knows them") {
    struct Newer {
      kamaelia_dirac_options known;
      uint64_t unknown;
    } options;
    REQUIRE(kamaelia_dirac_options_init(&options.known, sizeof options) == KAMAELIA_DIRAC_OK);
    CHECK(options.unknown == 0);
    kamaelia_dirac_decoder* decoder = nullptr;
    REQUIRE(kamaelia_dirac_open(&options.known, &decoder, nullptr) == KAMAELIA_DIRAC_OK);
    struct {
      kamaelia_dirac_stats known;
      uint64_t unknown;
    } stats;
    stats.known.struct_size = sizeof stats;
    stats.unknown = 7;
    CHECK(kamaelia_dirac_get_stats(decoder, &stats.known) == KAMAELIA_DIRAC_OK);
    CHECK(stats.unknown == 0);
    CHECK(stats.known.struct_size == sizeof(kamaelia_dirac_stats));
    kamaelia_dirac_close(&decoder);
    options.unknown = 1;
    auto error = sized<kamaelia_dirac_error>();
    CHECK(kamaelia_dirac_open(&options.known, &decoder, &error) ==
          KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT);
    CHECK(std::string(error.message).find("Expected only options of version") != std::string::npos);
  }

  TEST_CASE("structures of sizes that nobody has are refused") {
    Session session;
    for (const size_t size : {size_t{0}, sizeof(size_t), size_t{4097}, SIZE_MAX}) {
      auto options = defaults();
      kamaelia_dirac_decoder* decoder = nullptr;
      CHECK(kamaelia_dirac_options_init(&options, size) == KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT);
      options.struct_size = size;
      CHECK(kamaelia_dirac_open(&options, &decoder, nullptr) == KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT);
      kamaelia_dirac_error error{};
      error.struct_size = size;
      CHECK(kamaelia_dirac_open(nullptr, &decoder, &error) == KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT);
      CHECK(kamaelia_dirac_get_error(session.decoder, &error) == KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT);
      kamaelia_dirac_stats stats{};
      stats.struct_size = size;
      CHECK(kamaelia_dirac_get_stats(session.decoder, &stats) == KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT);
    }
    session.feed(streamOf(1).bytes());
    kamaelia_dirac_format format{};
    CHECK(kamaelia_dirac_get_format(session.decoder, &format) == KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT);
  }

  TEST_CASE("pictures over the limit are refused by the option's name") {
    auto options = defaults();
    options.max_pixels = 1000;
    Session session(options);
    const Bytes bytes = streamOf(2, {.width = 64, .height = 64}).bytes();
    CHECK(session.feed(bytes) == KAMAELIA_DIRAC_ERROR_LIMIT);
    CHECK(session.message() ==
          "kamaelia_dirac_next: Expected pictures of at most 1000 luma samples (option max_pixels) "
          "but received larger ones");
    size_t taken = 1;
    CHECK(kamaelia_dirac_push(session.decoder, bytes.data(), 1, &taken) ==
          KAMAELIA_DIRAC_ERROR_LIMIT);
    CHECK(taken == 0);
    CHECK(session.next() == KAMAELIA_DIRAC_ERROR_LIMIT);
  }

  TEST_CASE("what is no stream, or nothing that can be decoded, is refused with the reason") {
    Session none;
    CHECK(none.finish() == KAMAELIA_DIRAC_ERROR_NO_SEQUENCE_HEADER);
    CHECK(none.message() ==
          "kamaelia_dirac_next: Expected a Dirac stream but received no sequence header in the "
          "input");
    Session junk;
    CHECK(junk.feed(Bytes(3 << 20, 0x42)) == KAMAELIA_DIRAC_ERROR_NO_SEQUENCE_HEADER);
    Session deep;
    CHECK(deep.feed(streamOf(1, {.width = 20, .height = 12, .excursion = 0x1FFFF}).bytes()) ==
          KAMAELIA_DIRAC_ERROR_UNSUPPORTED);
    CHECK(deep.message().find("more than 16 bits a sample") != std::string::npos);
  }

  TEST_CASE("bytes after the end are refused until a reset") {
    Session session;
    CHECK(session.feed(streamOf(1).bytes()) == KAMAELIA_DIRAC_NEED_INPUT);
    CHECK(session.finish() == KAMAELIA_DIRAC_END);
    size_t taken = 0;
    CHECK(kamaelia_dirac_push(session.decoder, "", 1, &taken) == KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT);
    CHECK(kamaelia_dirac_reset(session.decoder) == KAMAELIA_DIRAC_OK);
    CHECK(session.feed(streamOf(2).bytes()) == KAMAELIA_DIRAC_NEED_INPUT);
  }

  TEST_CASE("a stream cut off anywhere ends, with each whole picture and no other whole one") {
    const Bytes whole = streamOf(3).endOfSequence().bytes();
    for (size_t size = 0; size < whole.size(); ++size) {
      Session session;
      CAPTURE(size);
      session.feed(Bytes(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)), 50);
      const Result result = session.finish();
      CHECK((result == KAMAELIA_DIRAC_END || result == KAMAELIA_DIRAC_ERROR_NO_SEQUENCE_HEADER));
      CHECK(session.numbers == upTo(static_cast<uint32_t>(session.numbers.size())));
      for (size_t i = 0; i + 1 < session.flags.size(); ++i) {
        CHECK((session.flags[i] & KAMAELIA_DIRAC_DAMAGED) == 0);
      }
    }
  }

  TEST_CASE("every result has a name, and the versions fit each other") {
    std::vector<std::string> names;
    for (Result result = KAMAELIA_DIRAC_ERROR_OUT_OF_MEMORY; result <= KAMAELIA_DIRAC_NEED_RELEASE;
         ++result) {
      names.emplace_back(kamaelia_dirac_result_name(result));
    }
    CHECK(std::count(names.begin(), names.end(), "unknown result") == 0);
    std::sort(names.begin(), names.end());
    CHECK(std::unique(names.begin(), names.end()) == names.end());
    CHECK(std::string(kamaelia_dirac_result_name(99)) == "unknown result");
    CHECK(kamaelia_dirac_abi_version() == KAMAELIA_DIRAC_ABI_VERSION);
    CHECK(std::stoi(kamaelia_dirac_version()) == KAMAELIA_DIRAC_ABI_VERSION);
  }

  // Whoever changes one of these has to count up KAMAELIA_DIRAC_ABI_VERSION, or to grow it at its
  // end.
  TEST_CASE("structures have the sizes of this ABI version, in C too") {
    const std::vector<size_t> here{sizeof(kamaelia_dirac_options), sizeof(kamaelia_dirac_error),
                                   sizeof(kamaelia_dirac_format),  sizeof(kamaelia_dirac_plane),
                                   sizeof(kamaelia_dirac_bytes),   sizeof(kamaelia_dirac_low_band),
                                   sizeof(kamaelia_dirac_frame),   sizeof(kamaelia_dirac_stats)};
    CHECK(std::equal(here.begin(), here.end(), kamaelia_dirac_test_sizes));
    if (sizeof(void*) == 8) {
      CHECK(here == std::vector<size_t>{48, 256, 136, 24, 16, 24, 128, 112});
    }
  }
}

}  // namespace
}  // namespace kamaelia::dirac::test
