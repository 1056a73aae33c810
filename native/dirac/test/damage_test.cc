// SPDX-License-Identifier: Apache-2.0
// Every stream of other encoders, damaged at random, where KAMAELIA_SHARED names a folder with
// them. What may be harmed is known from the headers of the pictures: the damaged one and those
// that refer to it, one way or another. All others have to come to the bit, unmarked.
// KAMAELIA_DAMAGE_SEEDS says how often each stream is damaged in each way (1), KAMAELIA_DAMAGE_SEED
// is the first seed (1), KAMAELIA_DAMAGE_STREAM a part of the names of the streams (all).
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>

#include "fragments.h"
#include "picture_header.h"
#include "player.h"

namespace kamaelia::dirac::test {
namespace {

struct CodedPicture {
  uint32_t frame =
      0;  // number of the frame that it belongs to, with how many sequences came before
  uint32_t number = 0;
  std::vector<uint32_t> references;
  struct Place {
    size_t at = 0;  // of the parse info in the stream
    size_t size = 0;
  };
  std::vector<Place> units;  // one, or fragments
  size_t sequence = 0;
};

struct Seen {
  uint32_t number = 0;
  bool damaged = false;
  uint64_t digest = 0;
  bool operator==(const Seen&) const = default;
};

struct Run {
  std::vector<Seen> frames;
  Stats stats;
  bool ended = false;
  size_t slotsLeft = 0;
  double seconds = 0;  // of CPU
};

uint64_t digestOf(const uint8_t* base, const FrameLayout& layout) {
  uint64_t digest = 0;
  for (const FrameLayout::Plane& plane : layout.plane) {
    for (uint32_t y = 0; y < plane.height; ++y) {
      const std::string_view row(
          reinterpret_cast<const char*>(base + plane.offset + size_t{y} * plane.stride),
          size_t{plane.width} * layout.bytesPerSample);
      digest = digest * 0x9E3779B97F4A7C15u + std::hash<std::string_view>{}(row);
    }
  }
  return digest;
}

Run decode(const Bytes& bytes, const DecoderOptions& options) {
  Run run;
  std::vector<Slots> slots;
  std::vector<FrameLayout> layouts;
  const std::clock_t begun = std::clock();
  {
    StreamDecoder decoder(options);
    size_t at = 0;
    int64_t pts = 0;
    for (Step step = Step::kProgress; step != Step::kEnd && step != Step::kFailed;) {
      step = decoder.step();
      Event event;
      while (decoder.nextEvent(&event)) {
        if (event.kind == Event::Kind::kFormat) {
          layouts.push_back(event.layout);
          slots.emplace_back(event.layout, event.layout.minimumSlots);
          decoder.provideSlots(event.generation, slots.back().table());
        } else if (event.kind == Event::Kind::kPicture) {
          SlotTable& table = *slots.at(event.generation - 1).table();
          CHECK(event.pts == pts++);
          run.frames.push_back(
              {event.pictureNumber, (event.flags & kDamaged) != 0,
               digestOf(table.data(event.slot), layouts.at(event.generation - 1))});
          table.release(event.slot);
        } else if (event.kind == Event::Kind::kEnd) {
          run.ended = true;
        }
      }
      REQUIRE(step != Step::kNeedSlot);
      if (step != Step::kNeedInput) continue;
      if (at == bytes.size()) {
        decoder.finish();
      } else {
        at += decoder.push(bytes.data() + at, bytes.size() - at);
      }
    }
    run.stats = decoder.stats();
  }
  run.seconds = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
  for (const Slots& generation : slots) run.slotsLeft += generation.taken();
  return run;
}

// The pictures of a stream in coded order.
std::vector<CodedPicture> picturesOf(const Bytes& bytes) {
  std::vector<CodedPicture> pictures;
  StreamParser parser(bytes.size() + 1);
  REQUIRE(parser.push(bytes.data(), bytes.size()) == bytes.size());
  parser.finish();
  VideoFormat format;
  size_t sequence = 0;
  Unit unit;
  while (parser.next(&unit) == StreamParser::Result::kUnit) {
    if (unit.code == kEndOfSequence) ++sequence;
    if (unit.code == kSequenceHeader) {
      REQUIRE(parseSequenceHeader(unit.payload, unit.size, &format).ok());
    }
    if (!isPicture(unit.code)) continue;
    BitReader bits(unit.payload, unit.size);
    CodedPicture picture;
    picture.sequence = sequence;
    picture.units = {{static_cast<size_t>(unit.position), kParseInfoBytes + unit.size}};
    if (format.majorVersion >= 3 && (unit.code == 0xCC || unit.code == 0xEC)) {
      FragmentHeader header;
      REQUIRE(readFragmentHeader(bits, &header));
      picture.number = header.picture;
      if (header.slices > 0) {
        pictures.back().units.push_back(picture.units[0]);
        continue;
      }
    } else {
      PictureHeader header;
      readPictureHeader(bits, unit.code, &header);
      picture.number = header.number;
      picture.references.assign(header.reference, header.reference + header.references);
    }
    picture.frame = format.pictureCodingMode == 1 ? picture.number & ~1u : picture.number;
    pictures.push_back(picture);
  }
  return pictures;
}

// The numbers of the frames that may show damage of these pictures, by sequence.
std::set<std::pair<size_t, uint32_t>> harmedBy(const std::vector<CodedPicture>& pictures,
                                               const std::set<size_t>& damaged) {
  std::set<std::pair<size_t, uint32_t>> numbers;  // of pictures
  std::set<std::pair<size_t, uint32_t>> frames;
  for (size_t i = 0; i < pictures.size(); ++i) {
    const CodedPicture& picture = pictures[i];
    bool harmed = damaged.count(i) > 0;
    for (const uint32_t reference : picture.references) {
      harmed = harmed || numbers.count({picture.sequence, reference}) > 0;
    }
    // A later picture of the same number takes its place.
    numbers.erase({picture.sequence, picture.number});
    if (!harmed) continue;
    numbers.insert({picture.sequence, picture.number});
    frames.insert({picture.sequence, picture.frame});
  }
  return frames;
}

enum class Damage : uint8_t {
  kOverwritten,  // bytes in the second half of a picture, where its parameters are not
  kCut,          // some of these are gone
  kUnitLost,     // the parse info in front of a picture is none any more
  kAnywhere,     // behind the first sequence header
};

struct Damaged {
  Bytes bytes;
  std::set<size_t> pictures;  // that were hit, by coded order
};

Damaged harm(const Bytes& bytes, const std::vector<CodedPicture>& pictures, Damage kind,
             std::mt19937& random) {
  const auto below = [&](size_t n) { return static_cast<size_t>(random()) % n; };
  Damaged damaged{bytes, {}};
  if (kind == Damage::kAnywhere) {
    const size_t first = pictures[0].units[0].at;
    for (size_t left = 1 + below(64); left > 0; --left) {
      damaged.bytes[first + below(bytes.size() - first)] = static_cast<uint8_t>(random());
    }
    return damaged;
  }
  const size_t hit = below(pictures.size());
  const CodedPicture& picture = pictures[hit];
  damaged.pictures = {hit};
  // Of fragments, the first has the parameters and nothing else.
  const size_t fragments = picture.units.size();
  const CodedPicture::Place unit = picture.units[fragments > 1 ? 1 + below(fragments - 1) : 0];
  if (kind == Damage::kUnitLost) {
    damaged.bytes[unit.at + below(4)] ^= static_cast<uint8_t>(1 + below(255));
    // How far the unit before it goes is then in doubt.
    if (hit > 0) damaged.pictures.insert(hit - 1);
    return damaged;
  }
  const size_t half = unit.size / 2;
  const size_t body = unit.at + unit.size - half;
  if (kind == Damage::kOverwritten) {
    for (size_t left = 1 + below(16); left > 0; --left) {
      damaged.bytes[body + below(half)] = static_cast<uint8_t>(random());
    }
  } else {
    const size_t begin = below(half);
    const size_t size = 1 + below(half - begin);
    const auto from = damaged.bytes.begin() + static_cast<ptrdiff_t>(body + begin);
    damaged.bytes.erase(from, from + static_cast<ptrdiff_t>(size));
  }
  return damaged;
}

std::string folder() {
  const char* shared = std::getenv("KAMAELIA_SHARED");
  return shared != nullptr && *shared != 0 ? std::string(shared) + "/streams/dirac/" : "";
}

unsigned numberFrom(const char* name, unsigned otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr ? static_cast<unsigned>(std::strtoul(text, nullptr, 10)) : otherwise;
}

struct Reference {
  std::string name;
  Bytes bytes;
  std::vector<CodedPicture> pictures;
  DecoderOptions options;
  Run whole;
  std::vector<size_t> sequences;  // of each frame
};

Reference referenceOf(const std::string& name) {
  Reference reference;
  reference.name = name;
  std::ifstream file(folder() + name, std::ios::binary);
  reference.bytes = {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  reference.pictures = picturesOf(reference.bytes);
  // Detection looks at a single picture, so that damage of that one would harm all.
  reference.options.quantiserDialect =
      name == "dr_multiquants.drc" ? QuantiserDialect::kLegacy : QuantiserDialect::kStandard;
  reference.whole = decode(reference.bytes, reference.options);
  REQUIRE(reference.whole.ended);
  REQUIRE(reference.whole.stats.damaged == 0);
  std::map<size_t, std::set<uint32_t>> frames;
  for (const CodedPicture& picture : reference.pictures) {
    frames[picture.sequence].insert(picture.frame);
  }
  for (const auto& [sequence, numbers] : frames) {
    reference.sequences.insert(reference.sequences.end(), numbers.size(), sequence);
  }
  REQUIRE(reference.sequences.size() == reference.whole.frames.size());
  return reference;
}

std::vector<std::string> allStreams() {
  const char* wanted = std::getenv("KAMAELIA_DAMAGE_STREAM");
  const std::string part = wanted != nullptr ? wanted : "";
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder())) {
    const std::string extension = entry.path().extension();
    const std::string name = entry.path().filename();
    const bool stream = extension == ".drc" || extension == ".vc2";
    if (stream && name.find(part) != std::string::npos) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

// What holds whatever the damage.
void checkBounds(const Reference& reference, const Run& run) {
  CHECK(run.ended);
  CHECK(run.slotsLeft == 0);
  CHECK(run.stats.delivered == run.frames.size());
  // A picture is decoded twice at most; the rest is for searching, and for a clock that is not
  // exact.
  CHECK(run.seconds < 4 * reference.whole.seconds + 0.25);
}

// All frames are there; those that may not be harmed are as they were.
void checkFrames(const Reference& reference, const Damaged& damaged, Damage kind, const Run& run) {
  const auto harmed = harmedBy(reference.pictures, damaged.pictures);
  REQUIRE(run.frames.size() == reference.whole.frames.size());
  for (size_t i = 0; i < run.frames.size(); ++i) {
    CAPTURE(i);
    CHECK(run.frames[i].number == reference.whole.frames[i].number);
    if (!harmed.count({reference.sequences[i], run.frames[i].number})) {
      CHECK(run.frames[i] == reference.whole.frames[i]);
    } else if (kind == Damage::kCut) {
      CHECK(run.frames[i].damaged);
    }
  }
}

// Frames that may be harmed may be gone too, or come late where the first of all is gone; all
// others are there, as they were and in order.
void checkRest(const Reference& reference, const Damaged& damaged, const DecoderOptions& options,
               const Run& run) {
  const auto harmed = harmedBy(reference.pictures, damaged.pictures);
  std::set<uint32_t> numbers;
  for (const auto& [sequence, number] : harmed) numbers.insert(number);
  std::vector<Seen> expected;
  for (size_t i = 0; i < reference.whole.frames.size(); ++i) {
    const Seen& frame = reference.whole.frames[i];
    if (!harmed.count({reference.sequences[i], frame.number})) expected.push_back(frame);
  }
  size_t at = 0;
  for (const Seen& frame : run.frames) {
    if (at < expected.size() && frame == expected[at]) {
      ++at;
    } else {
      CHECK(numbers.count(frame.number) == 1);
    }
  }
  CHECK(at == expected.size());
  REQUIRE(run.frames.size() <= reference.whole.frames.size());
  const size_t lost = reference.whole.frames.size() - run.frames.size();
  if (options.missingReferences == MissingReferences::kSubstitute) CHECK(lost <= 2);
}

template <typename Check>
void forAll(Damage kind, Check&& check) {
  if (folder().empty()) {
    MESSAGE("Expected KAMAELIA_SHARED for the reference streams but received nothing: skipped");
    return;
  }
  const unsigned first = numberFrom("KAMAELIA_DAMAGE_SEED", 1);
  const unsigned count = numberFrom("KAMAELIA_DAMAGE_SEEDS", 1);
  for (const std::string& name : allStreams()) {
    CAPTURE(name);
    const Reference reference = referenceOf(name);
    for (unsigned seed = first; seed < first + count; ++seed) {
      CAPTURE(seed);
      std::mt19937 random(seed * 4 + static_cast<unsigned>(kind));
      const Damaged damaged = harm(reference.bytes, reference.pictures, kind, random);
      DecoderOptions options = reference.options;
      options.missingReferences =
          seed % 2 == 0 ? MissingReferences::kSubstitute : MissingReferences::kSkip;
      const Run run = decode(damaged.bytes, options);
      checkBounds(reference, run);
      check(reference, damaged, options, run);
    }
  }
}

TEST_SUITE("damaged streams") {
  TEST_CASE("bytes overwritten in a picture: no frame is lost, none harmed but what refers to it") {
    forAll(Damage::kOverwritten, [](auto& reference, auto& damaged, auto&, auto& run) {
      checkFrames(reference, damaged, Damage::kOverwritten, run);
    });
  }

  TEST_CASE("a picture cut short: no frame is lost, and it is marked with all that refer to it") {
    forAll(Damage::kCut, [](auto& reference, auto& damaged, auto&, auto& run) {
      checkFrames(reference, damaged, Damage::kCut, run);
    });
  }

  TEST_CASE("a unit that is not found: all frames come that do not refer to what is lost with it") {
    forAll(Damage::kUnitLost, [](auto& reference, auto& damaged, auto& options, auto& run) {
      checkRest(reference, damaged, options, run);
    });
  }

  TEST_CASE("bytes overwritten anywhere: an end, in time, with nothing held and nothing made up") {
    forAll(Damage::kAnywhere, [](auto& reference, auto&, auto&, auto& run) {
      CHECK(run.frames.size() <= reference.whole.frames.size() + 1);
    });
  }
}

}  // namespace
}  // namespace kamaelia::dirac::test
