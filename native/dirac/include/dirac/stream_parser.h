// SPDX-License-Identifier: Apache-2.0
// Data units of a byte stream (9), with resynchronisation.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "dirac/types.h"

namespace kamaelia::dirac {

constexpr size_t kParseInfoBytes = 13;

enum ParseCode : uint8_t {
  kSequenceHeader = 0x00,
  kEndOfSequence = 0x10,
  kAuxiliary = 0x20,
  kPadding = 0x30,
};

inline bool isPicture(uint8_t code) { return (code & 0x08) != 0; }
inline int referenceCount(uint8_t code) { return code & 3; }
inline bool isReference(uint8_t code) { return (code & 0x0C) == 0x0C; }
inline bool usesArithmeticCoding(uint8_t code) { return (code & 0x48) == 0x08; }
inline bool isCore(uint8_t code) { return (code & 0x88) == 0x08; }
inline bool isLowDelay(uint8_t code) { return (code & 0xF8) == 0xC8 || code == 0x88; }
inline bool isHighQuality(uint8_t code) { return (code & 0xF8) == 0xE8; }

struct Unit {
  uint8_t code = 0;
  uint64_t position = 0;  // of the parse info in the stream
  const uint8_t* payload =
      nullptr;           // after the parse info; valid until the next call on the parser
  size_t size = 0;       // of the payload
  bool damaged = false;  // cut short: the next unit began early, or the stream ended
};

// Cuts a stream into units. A unit is given once the next one's prefix follows it (or the stream
// ended), so that the result does not depend on how the input was cut up. Where the prefix is not
// found, the parser looks for the next parse info that its own offsets confirm, from the beginning
// of the suspect unit on.
//
// With lowDelay a unit that says how long it is is given once so many bytes are there, or a parse
// info that points back to it lies among them; what follows is not waited for, and so the unit is
// not marked where only that would show that it is damaged.
class StreamParser {
 public:
  // maxUnitBytes: the largest unit with its parse info; a longer one counts as lost
  // synchronisation.
  explicit StreamParser(size_t maxUnitBytes, bool lowDelay = false)
      : maxUnitBytes_(std::clamp(maxUnitBytes, kParseInfoBytes, kMostUnitBytes)),
        lowDelay_(lowDelay) {}

  // Takes up to `size` bytes (copied); fewer, down to 0, when a whole unit of the largest size is
  // already waiting.
  size_t push(const uint8_t* data, size_t size);
  void finish() { finished_ = true; }
  void reset();

  enum class Result : uint8_t { kUnit, kNeedInput, kEnd };
  Result next(Unit* unit);
  // Takes back the unit that next() gave last: the following next() gives it again.
  void giveBack();
  // With lowDelay, after kNeedInput: how far a unit has come that is not whole yet. What is there
  // is how it will begin when it is given. False where there is none, or nothing of its payload.
  bool arriving(Unit* unit) const;

  uint64_t bytesSkipped() const { return bytesSkipped_; }
  uint64_t lostSync() const { return lostSync_; }
  // Stream position up to which everything was given or skipped.
  uint64_t position() const { return base_ + at_; }

 private:
  static constexpr size_t kMostUnitBytes = size_t{1} << 31;

  size_t left() const { return buffer_.size() - at_; }
  bool prefixAt(size_t at) const;
  void skipTo(size_t to);
  bool resynchronise(Result* result);
  enum class Sync : uint8_t { kFound, kNone, kNeedInput };
  Sync findUnit(size_t from, size_t to, size_t* found) const;
  Result advance(Unit* unit);
  bool confirmsUnit(size_t later, size_t* begin) const;
  bool unitOfUnknownSize(Unit* unit, uint8_t code, Result* result);
  Result giveLast(Unit* unit, uint8_t code);
  bool giveAtOnce(Unit* unit, uint8_t code, size_t size, Result* result);
  bool findNeighbour(size_t size, size_t* found);
  Result give(Unit* unit, uint8_t code, size_t size, bool damaged);

  size_t maxUnitBytes_;
  bool lowDelay_;
  std::vector<uint8_t> buffer_;
  size_t at_ = 0;  // of the next unit in buffer_
  // Where a parse info may lie that belongs behind the unit given last, before that one's end;
  // at_ where there can be none.
  size_t doubtful_ = 0;
  size_t given_ = 0;    // up to where units were given
  size_t scanned_ = 0;  // how far a search has come, so that it does not begin again with each push
  uint64_t base_ = 0;   // stream position of buffer_[0]
  bool finished_ = false;
  bool synchronised_ = true;
  bool arriving_ = false;  // a unit of which more has to come is at at_, searched up to scanned_
  uint64_t bytesSkipped_ = 0;
  uint64_t lostSync_ = 0;

  struct Mark {
    size_t at = 0;
    size_t doubtful = 0;
    size_t given = 0;
    bool synchronised = true;
    uint64_t bytesSkipped = 0;
    uint64_t lostSync = 0;
  };
  Mark mark_;  // how things stood before the last next()
};

// Reads a sequence header's payload (10). kUnsupported is not its business: it only says what the
// header says.
Status parseSequenceHeader(const uint8_t* payload, size_t size, VideoFormat* format);

}  // namespace kamaelia::dirac
