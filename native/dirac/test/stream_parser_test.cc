// SPDX-License-Identifier: Apache-2.0
#include "dirac/stream_parser.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "stream_builder.h"

namespace kamaelia::dirac::test {
namespace {

struct Seen {
  uint8_t code;
  uint64_t position;
  Bytes payload;
  bool damaged;
  bool operator==(const Seen&) const = default;
};

struct Run {
  std::vector<Seen> units;
  uint64_t skipped = 0;
  uint64_t lostSync = 0;
  bool operator==(const Run&) const = default;
};

doctest::String toString(const Run& run) {
  std::string text =
      std::to_string(run.skipped) + " skipped, " + std::to_string(run.lostSync) + " times lost;";
  for (const Seen& seen : run.units) {
    text += " " + std::to_string(seen.code) + "@" + std::to_string(seen.position) + "+" +
            std::to_string(seen.payload.size()) + (seen.damaged ? "!" : "");
  }
  return text.c_str();
}

constexpr size_t kLimit = 1000;

Run parse(const Bytes& bytes, size_t chunk, size_t limit = kLimit, bool lowDelay = false) {
  StreamParser parser(limit, lowDelay);
  Run run;
  size_t at = 0;
  Seen begun{};  // what was there of the unit that was arriving
  for (;;) {
    Unit unit;
    const StreamParser::Result result = parser.next(&unit);
    if (result == StreamParser::Result::kEnd) break;
    if (result == StreamParser::Result::kUnit) {
      const Bytes payload(unit.payload, unit.payload + unit.size);
      if (unit.position == begun.position) {
        REQUIRE(payload.size() >= begun.payload.size());
        CHECK(std::equal(begun.payload.begin(), begun.payload.end(), payload.begin()));
      }
      run.units.push_back({unit.code, unit.position, payload, unit.damaged});
    } else if (parser.arriving(&unit)) {
      begun = {unit.code, unit.position, Bytes(unit.payload, unit.payload + unit.size), false};
    }
    if (result == StreamParser::Result::kUnit) continue;
    if (at == bytes.size()) {
      parser.finish();
    } else {
      const size_t taken = parser.push(bytes.data() + at, std::min(chunk, bytes.size() - at));
      REQUIRE(taken > 0);
      at += taken;
    }
  }
  run.skipped = parser.bytesSkipped();
  run.lostSync = parser.lostSync();
  return run;
}

// What comes out whatever the size of the pieces.
Run parseAnyHow(const Bytes& bytes, size_t limit = kLimit, bool lowDelay = false) {
  const Run whole = parse(bytes, bytes.size() + 1, limit, lowDelay);
  for (const size_t chunk : {size_t{1}, size_t{2}, size_t{13}, size_t{100}, size_t{1999}}) {
    CAPTURE(chunk);
    CHECK(parse(bytes, chunk, limit, lowDelay) == whole);
  }
  return whole;
}

Bytes pattern(size_t size, uint8_t first = 0) {
  Bytes bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(first + i * 7);
  return bytes;
}

Bytes joined(Bytes a, const Bytes& b) {
  append(&a, b);
  return a;
}

TEST_SUITE("stream parser") {
  TEST_CASE("units of a sound stream come out whole, in order and with their positions") {
    StreamBuilder stream;
    stream.unit(kSequenceHeader, pattern(20)).unit(0x0C, pattern(300, 1)).unit(kPadding, {});
    stream.unit(kAuxiliary, pattern(5)).unit(0x08, pattern(40, 9)).endOfSequence();
    const Run run = parseAnyHow(stream.bytes());
    REQUIRE(run.units.size() == 6);
    CHECK(run.units[0] == Seen{kSequenceHeader, 0, pattern(20), false});
    CHECK(run.units[1] == Seen{0x0C, 33, pattern(300, 1), false});
    CHECK(run.units[2] == Seen{kPadding, 346, {}, false});
    CHECK(run.units[5].code == kEndOfSequence);
    CHECK(run.units[5].position == stream.size() - kParseInfoBytes);
    CHECK(run.skipped == 0);
    CHECK(run.lostSync == 0);
  }

  TEST_CASE("junk in front of the first unit is skipped and counted") {
    StreamBuilder stream;
    stream.unit(kSequenceHeader, pattern(20)).unit(0x0C, pattern(30)).endOfSequence();
    Bytes bytes = joined(pattern(77), {0x42, 0x42, 0x43, 0x42, 0x42});
    append(&bytes, stream.bytes());
    const Run run = parseAnyHow(bytes);
    REQUIRE(run.units.size() == 3);
    CHECK(run.units[0].position == 82);
    CHECK(run.skipped == 82);
    CHECK(run.lostSync == 1);
  }

  TEST_CASE("a prefix by chance inside a payload is no unit") {
    Bytes payload = pattern(50);
    append(&payload, parseInfo(0x0C, 0x00112233, 0));
    append(&payload, parseInfo(0x0C, 30, 0));
    append(&payload, pattern(50));
    StreamBuilder stream;
    stream.unit(0x0C, payload).unit(0x08, pattern(20)).endOfSequence();
    const Run run = parseAnyHow(stream.bytes());
    REQUIRE(run.units.size() == 3);
    CHECK(run.units[0].payload == payload);

    SUBCASE("nor while synchronisation is sought") {
      Bytes bytes = joined(pattern(9), payload);
      append(&bytes, stream.bytes());
      const Run late = parseAnyHow(bytes);
      REQUIRE(late.units.size() == 3);
      CHECK(late.skipped == 9 + payload.size());
    }
  }

  TEST_CASE("a unit that lost bytes is given as damaged, and the next one whole") {
    StreamBuilder whole;
    whole.unit(kSequenceHeader, pattern(20)).unit(0x0C, pattern(300, 1)).unit(0x08, pattern(40, 9));
    whole.endOfSequence();
    Bytes bytes = whole.bytes();
    bytes.erase(bytes.begin() + 100, bytes.begin() + 150);
    const Run run = parseAnyHow(bytes);
    REQUIRE(run.units.size() == 4);
    CHECK(run.units[1].damaged);
    CHECK(run.units[1].payload.size() == 250);
    CHECK(run.units[2] == Seen{0x08, 33 + 263, pattern(40, 9), false});
    CHECK(run.lostSync == 1);
    CHECK(run.skipped == 0);
  }

  TEST_CASE("a unit whose successor was overwritten ends where it said, as damaged") {
    StreamBuilder stream;
    stream.unit(0x0C, pattern(60, 1)).unit(0x08, pattern(40, 9)).unit(0x08, pattern(30, 3));
    stream.endOfSequence();
    Bytes bytes = stream.bytes();
    bytes[73] = 0;  // the second unit's prefix
    const Run run = parseAnyHow(bytes);
    REQUIRE(run.units.size() == 3);
    CHECK(run.units[0] == Seen{0x0C, 0, pattern(60, 1), true});
    CHECK(run.units[1] == Seen{0x08, 126, pattern(30, 3), false});
    CHECK(run.skipped == 53);
  }

  TEST_CASE("the last unit of a stream that ends early is given as damaged") {
    StreamBuilder stream;
    stream.unit(kSequenceHeader, pattern(20)).unit(0x0C, pattern(300, 1));
    Bytes bytes = stream.bytes();
    bytes.resize(200);
    const Run run = parseAnyHow(bytes);
    REQUIRE(run.units.size() == 2);
    CHECK(run.units[1].damaged);
    CHECK(run.units[1].payload.size() == 200 - 33 - kParseInfoBytes);
  }

  TEST_CASE("a stream may end without an end of sequence, or in the midst of a parse info") {
    StreamBuilder stream;
    stream.unit(kSequenceHeader, pattern(20)).unit(0x0C, pattern(30));
    CHECK_FALSE(parseAnyHow(stream.bytes()).units.at(1).damaged);
    const Run cut = parseAnyHow(joined(stream.bytes(), {0x42, 0x42, 0x43, 0x44, 0x0C}));
    REQUIRE(cut.units.size() == 2);
    CHECK_FALSE(cut.units[1].damaged);
    CHECK(cut.skipped == 5);
  }

  TEST_CASE("a unit that does not say its size reaches to the unit that points back to it") {
    Bytes payload = pattern(60, 1);
    append(&payload, parseInfo(0x0C, 0, 12345));  // by chance
    append(&payload, pattern(20));
    StreamBuilder stream;
    stream.unit(kSequenceHeader, pattern(20)).unitOfUnknownSize(0x0C, payload);
    stream.unitOfUnknownSize(0x08, pattern(40, 9)).endOfSequence();
    const Run run = parseAnyHow(stream.bytes());
    REQUIRE(run.units.size() == 4);
    CHECK(run.units[1] == Seen{0x0C, 33, payload, false});
    CHECK(run.units[2].payload == pattern(40, 9));

    SUBCASE("or to the end of the stream") {
      Bytes bytes = stream.bytes();
      bytes.resize(bytes.size() - kParseInfoBytes);
      const Run last = parseAnyHow(bytes);
      REQUIRE(last.units.size() == 3);
      CHECK(last.units[2] == Seen{0x08, run.units[2].position, pattern(40, 9), false});
    }
  }

  TEST_CASE(
      "a unit of unknown size that lost bytes ends where units begin that confirm each other") {
    StreamBuilder stream;
    stream.unit(kSequenceHeader, pattern(20)).unitOfUnknownSize(0x0C, pattern(60, 1));
    const size_t third = stream.size();
    stream.unitOfUnknownSize(0x08, pattern(40, 9)).unitOfUnknownSize(0x08, pattern(50, 5));
    const size_t last = stream.endOfSequence().size() - kParseInfoBytes;
    Bytes cut = stream.bytes();
    cut.erase(cut.begin() + static_cast<ptrdiff_t>(third - 10),
              cut.begin() + static_cast<ptrdiff_t>(third));
    const Run run = parseAnyHow(cut);
    REQUIRE(run.units.size() == 5);
    CHECK(run.units[1] == Seen{0x0C, 33, pattern(50, 1), true});
    CHECK(run.units[2] == Seen{0x08, third - 10, pattern(40, 9), false});
    CHECK(run.lostSync == 1);

    SUBCASE("or where the sequence ends with the stream") {
      Bytes bytes = stream.bytes();
      bytes.resize(last - 10);
      append(&bytes, parseInfo(kEndOfSequence, 0, 63));
      const Run end = parseAnyHow(bytes);
      REQUIRE(end.units.size() == 5);
      CHECK(end.units[3].damaged);
      CHECK(end.units[3].payload == pattern(40, 5));
    }
    SUBCASE("though the one behind it is lost") {
      Bytes bytes = stream.bytes();
      bytes[third] ^= 1;
      const Run lost = parseAnyHow(bytes);
      REQUIRE(lost.units.size() == 4);
      CHECK(lost.units[1].damaged);
      CHECK(lost.units[2].payload == pattern(50, 5));
    }
  }

  TEST_CASE(
      "a unit of unknown size that has no end within the limit is skipped, whatever the pieces") {
    StreamBuilder stream;
    stream.unit(kSequenceHeader, pattern(20)).unitOfUnknownSize(0x0C, pattern(4000, 1));
    stream.unit(0x08, pattern(40, 9)).endOfSequence();
    const Run run = parseAnyHow(stream.bytes());
    REQUIRE(run.units.size() == 3);
    CHECK(run.units[1].payload == pattern(40, 9));
    CHECK(run.skipped == 4013);
    CHECK(run.lostSync == 1);

    SUBCASE("as is the last one") {
      Bytes bytes = stream.bytes();
      bytes.resize(33 + 2000);
      CHECK(parseAnyHow(bytes).units.size() == 1);
    }
    SUBCASE("while one of exactly the limit is given") {
      StreamBuilder exact;
      exact.unitOfUnknownSize(0x0C, pattern(kLimit - kParseInfoBytes, 1)).endOfSequence();
      CHECK(parseAnyHow(exact.bytes()).units.at(0).payload.size() == kLimit - kParseInfoBytes);
      StreamBuilder over;
      over.unitOfUnknownSize(0x0C, pattern(kLimit - kParseInfoBytes + 1, 1)).endOfSequence();
      CHECK(parseAnyHow(over.bytes()).units.at(0).code == kEndOfSequence);
    }
  }

  TEST_CASE("units that claim more than the limit count as lost synchronisation") {
    StreamBuilder stream;
    stream.unit(0x0C, pattern(kLimit)).unit(0x08, pattern(40, 9)).endOfSequence();
    const Run run = parseAnyHow(stream.bytes());
    REQUIRE(run.units.size() == 2);
    CHECK(run.units[0].code == 0x08);
    CHECK(run.skipped == kLimit + kParseInfoBytes);
  }

  TEST_CASE("unknown parse codes and offsets shorter than a parse info are skipped") {
    StreamBuilder stream;
    stream.unit(0x50, pattern(20)).unit(0x0C, pattern(30));
    Bytes bytes = stream.bytes();
    append(&bytes, parseInfo(0x0C, 12, 0));
    StreamBuilder rest;
    append(&bytes, rest.unit(0x08, pattern(40)).endOfSequence().bytes());
    const Run run = parseAnyHow(bytes);
    REQUIRE(run.units.size() == 3);
    CHECK(run.units[0].code == 0x0C);
    CHECK(run.units[1].code == 0x08);
    CHECK(run.lostSync == 2);
  }

  TEST_CASE("only the parse codes that some version of the format has begin a unit") {
    for (int code = 0; code < 256; ++code) {
      CAPTURE(code);
      StreamBuilder stream;
      stream.unit(static_cast<uint8_t>(code), pattern(20)).unit(kPadding, pattern(30));
      const int syntax = code & 0xF8;
      const bool core = (code & 0x03) < 3 && (syntax == 0x08 || syntax == 0x48);
      const bool known = core || code == 0x00 || code == 0x10 || code == 0x30 || code == 0x88 ||
                         syntax == 0x20 || syntax == 0xC8 || syntax == 0xE8;
      const Run run = parse(stream.bytes(), 1000);
      CHECK(run.units.size() == (known ? 2 : 1));
      CHECK(run.units.back().code == kPadding);
      CHECK(run.lostSync == (known && code != kEndOfSequence ? 0 : 1));
    }
  }

  TEST_CASE("many false parse infos cost time in proportion to their bytes, and no stack") {
    // Each claims an unknown size, and none points back to another.
    constexpr size_t kSize = size_t{1} << 20;
    Bytes bytes;
    while (bytes.size() < 3 * kSize) append(&bytes, parseInfo(0x0C, 0, 7));
    const Run run = parse(bytes, size_t{1} << 16, kSize);
    CHECK(run.units.size() <= 3);
  }

  TEST_CASE("a unit that was given back comes again, and counts once") {
    StreamBuilder stream;
    stream.unit(0x0C, pattern(30)).unit(0x08, pattern(40)).endOfSequence();
    const Bytes bytes = joined(pattern(11), stream.bytes());
    StreamParser parser(kLimit);
    CHECK(parser.push(bytes.data(), bytes.size()) == bytes.size());
    Unit unit;
    for (int i = 0; i < 3; ++i) {
      REQUIRE(parser.next(&unit) == StreamParser::Result::kUnit);
      CHECK(unit.code == 0x0C);
      CHECK(unit.position == 11);
      CHECK(parser.bytesSkipped() == 11);
      CHECK(parser.lostSync() == 1);
      if (i < 2) parser.giveBack();
    }
    REQUIRE(parser.next(&unit) == StreamParser::Result::kUnit);
    CHECK(unit.code == 0x08);
  }

  TEST_CASE("a parser takes no more than the largest unit and its confirmation need") {
    StreamParser parser(kLimit);
    const Bytes bytes(10 * kLimit, 0x42);
    const size_t taken = parser.push(bytes.data(), bytes.size());
    CHECK(taken >= 2 * kLimit);
    CHECK(taken < 3 * kLimit);
    CHECK(parser.push(bytes.data(), 1) == 0);
    Unit unit;
    CHECK(parser.next(&unit) == StreamParser::Result::kNeedInput);
    CHECK(parser.push(bytes.data(), 1) == 1);
  }

  TEST_CASE("after a reset the parser begins anew and positions go on") {
    StreamBuilder stream;
    stream.unit(0x0C, pattern(30)).endOfSequence();
    StreamParser parser(kLimit);
    const Bytes half(stream.bytes().begin(), stream.bytes().begin() + 20);
    CHECK(parser.push(half.data(), half.size()) == 20);
    parser.finish();
    parser.reset();
    CHECK(parser.push(stream.bytes().data(), stream.size()) == stream.size());
    Unit unit;
    REQUIRE(parser.next(&unit) == StreamParser::Result::kUnit);
    CHECK(unit.position == 20);
    CHECK_FALSE(unit.damaged);
    CHECK(unit.size == 30);
  }

  TEST_CASE("a limit of any size is taken") {
    StreamBuilder stream;
    stream.unit(0x0C, pattern(30)).endOfSequence();
    for (const size_t limit : {size_t{0}, ~size_t{0}}) {
      CAPTURE(limit);
      CHECK(parse(stream.bytes(), 10, limit).units.back().code == kEndOfSequence);
    }
  }
}

TEST_SUITE("stream parser with low delay") {
  Run atOnce(const Bytes& bytes) { return parseAnyHow(bytes, kLimit, true); }

  TEST_CASE("gives each unit with its last byte, and before it what has come of it") {
    StreamBuilder stream;
    stream.unit(kSequenceHeader, pattern(20)).unit(0xE8, pattern(300, 1)).unit(kPadding, {});
    StreamParser parser(kLimit, true);
    Unit unit;
    size_t units = 0;
    for (size_t i = 0; i < stream.size(); ++i) {
      CHECK(parser.push(stream.bytes().data() + i, 1) == 1);
      const size_t end = i + 1;
      const bool whole = end == 33 || end == 346 || end == 359;
      REQUIRE((parser.next(&unit) == StreamParser::Result::kUnit) == whole);
      if (whole) {
        ++units;
        CHECK_FALSE(parser.arriving(&unit));
      } else if (parser.arriving(&unit) && unit.position == 33) {
        CHECK(unit.code == 0xE8);
        // All but what might begin a parse info.
        CHECK(unit.size == end - 33 - kParseInfoBytes - 12);
        CHECK(Bytes(unit.payload, unit.payload + unit.size) == [&] {
          Bytes begin = pattern(300, 1);
          begin.resize(unit.size);
          return begin;
        }());
      } else {
        CHECK((end < 33 + 26 || end > 346));
      }
    }
    CHECK(units == 3);
  }

  TEST_CASE("waits for the next unit where one does not say how long it is") {
    StreamBuilder stream;
    stream.unitOfUnknownSize(0xE8, pattern(40, 1));
    const size_t end = stream.size();
    stream.unit(0xE8, pattern(30, 2)).endOfSequence();
    StreamParser parser(kLimit, true);
    Unit unit;
    CHECK(parser.push(stream.bytes().data(), end) == end);
    CHECK(parser.next(&unit) == StreamParser::Result::kNeedInput);
    CHECK_FALSE(parser.arriving(&unit));
    CHECK(parser.push(stream.bytes().data() + end, stream.size() - end) == stream.size() - end);
    CHECK(parser.next(&unit) == StreamParser::Result::kUnit);
    CHECK(unit.size == 40);
  }

  TEST_CASE("gives the units of a sound stream as without, a stream inside one among them") {
    StreamBuilder inner;
    inner.unit(kSequenceHeader, pattern(20)).unit(0x08, pattern(40, 9)).endOfSequence();
    StreamBuilder stream;
    stream.unit(kSequenceHeader, pattern(20)).unit(kAuxiliary, inner.bytes());
    stream.unit(0x0C, pattern(300, 1)).unit(0x08, pattern(40, 9)).endOfSequence();
    const Run run = atOnce(joined({1, 2, 3}, stream.bytes()));
    CHECK(run == parseAnyHow(joined({1, 2, 3}, stream.bytes())));
    CHECK(run.units.size() == 5);
    CHECK(run.skipped == 3);
  }

  TEST_CASE(
      "finds the unit behind one that lost bytes, however many, and marks where it can be known") {
    StreamBuilder whole;
    whole.unit(kSequenceHeader, pattern(20)).unit(0x0C, pattern(300, 1)).unit(0x08, pattern(40, 9));
    whole.endOfSequence();
    for (const size_t lost : {1u, 2u, 3u, 4u, 7u, 12u, 13u, 14u, 50u, 250u}) {
      CAPTURE(lost);
      Bytes bytes = whole.bytes();
      bytes.erase(bytes.begin() + 50, bytes.begin() + 50 + static_cast<ptrdiff_t>(lost));
      const Run run = atOnce(bytes);
      REQUIRE(run.units.size() == 4);
      CHECK(run.units[1].damaged == (lost >= 13));
      CHECK(run.units[1].payload.size() == (lost >= 13 ? 300 - lost : 300));
      CHECK(run.units[2] == Seen{0x08, 33 + 313 - lost, pattern(40, 9), false});
      CHECK(run.lostSync == 1);
      CHECK(run.skipped == 0);
    }
  }

  TEST_CASE("finds the unit behind one that claims to be longer than it is, or shorter") {
    StreamBuilder stream;
    stream.unit(0x0C, pattern(60, 1)).unit(0x08, pattern(40, 9)).unit(0x08, pattern(30, 3));
    stream.endOfSequence();
    for (const uint8_t claimed : {90, 40}) {
      CAPTURE(claimed);
      Bytes bytes = stream.bytes();
      bytes[8] = claimed;
      const Run run = atOnce(bytes);
      REQUIRE(run.units.size() == 4);
      CHECK(run.units[0].damaged == (claimed == 90));
      CHECK(run.units[1] == Seen{0x08, 73, pattern(40, 9), false});
      CHECK(run.skipped == (claimed == 90 ? 0 : 33));
    }
  }

  TEST_CASE("gives the last unit of a stream that ends early as damaged") {
    StreamBuilder stream;
    stream.unit(kSequenceHeader, pattern(20)).unit(0x0C, pattern(300, 1));
    Bytes bytes = stream.bytes();
    bytes.resize(200);
    const Run run = atOnce(bytes);
    REQUIRE(run.units.size() == 2);
    CHECK(run.units[1].damaged);
    CHECK(run.units[1].payload.size() == 200 - 33 - kParseInfoBytes);
  }

  TEST_CASE("keeps to what it said of a unit, whatever lies in it when the stream ends early") {
    Bytes payload = pattern(60);
    append(&payload, parseInfo(0x0C, 30, 5));
    append(&payload, pattern(17));
    append(&payload, parseInfo(0x0C, 30, 5));
    append(&payload, pattern(100));
    StreamBuilder stream;
    stream.unit(0xE8, payload);
    Bytes bytes = stream.bytes();
    bytes.resize(bytes.size() - 40);
    const Run run = atOnce(bytes);
    REQUIRE(run.units.size() == 1);
    CHECK(run.units[0].damaged);
    CHECK(run.units[0].payload.size() == bytes.size() - kParseInfoBytes);
  }
}

}  // namespace
}  // namespace kamaelia::dirac::test
