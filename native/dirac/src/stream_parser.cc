// SPDX-License-Identifier: Apache-2.0
#include "dirac/stream_parser.h"

#include <algorithm>
#include <cstring>

namespace kamaelia::dirac {
namespace {

constexpr uint8_t kPrefix[4] = {0x42, 0x42, 0x43, 0x44};

uint32_t read32(const uint8_t* data) {
  return uint32_t{data[0]} << 24 | uint32_t{data[1]} << 16 | uint32_t{data[2]} << 8 | data[3];
}

// Any other code is damage: no version of the format has it.
bool knownCode(uint8_t code) {
  if ((code & 0xB8) == 0x08) return referenceCount(code) < 3;  // core syntax
  return code == kSequenceHeader || code == kEndOfSequence || code == kPadding ||
         (code & 0xF8) == kAuxiliary || isLowDelay(code) || isHighQuality(code);
}

}  // namespace

size_t StreamParser::push(const uint8_t* data, size_t size) {
  // Room for a suspect unit and, inside it, one whose own offset has to be followed.
  const size_t limit = 2 * maxUnitBytes_ + 4 * kParseInfoBytes;
  if (at_ > 0 && at_ >= buffer_.size() / 2) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(at_));
    base_ += at_;
    scanned_ -= std::min(scanned_, at_);
    at_ = 0;
  }
  const size_t room = left() >= limit ? 0 : limit - left();
  const size_t taken = std::min(size, room);
  buffer_.insert(buffer_.end(), data, data + taken);
  return taken;
}

void StreamParser::reset() {
  base_ += buffer_.size();
  buffer_.clear();
  at_ = scanned_ = 0;
  finished_ = false;
  synchronised_ = true;
}

bool StreamParser::prefixAt(size_t at) const {
  return std::memcmp(buffer_.data() + at, kPrefix, sizeof kPrefix) == 0;
}

// The first parse info in [from, to) whose code is known and whose next offset leads to another
// prefix. Where the answer depends on bytes that are not there yet, kNeedInput with *found at the
// doubtful place.
StreamParser::Sync StreamParser::findUnit(size_t from, size_t to, size_t* found) const {
  const size_t size = buffer_.size();
  for (size_t at = from; at < to; ++at) {
    const size_t window = std::min(to, size) > at ? std::min(to, size) - at : 0;
    const auto* hit =
        window == 0
            ? nullptr
            : static_cast<const uint8_t*>(std::memchr(buffer_.data() + at, kPrefix[0], window));
    if (hit == nullptr) break;
    at = static_cast<size_t>(hit - buffer_.data());
    *found = at;
    if (size - at < kParseInfoBytes) {
      if (!finished_ && std::memcmp(hit, kPrefix, std::min<size_t>(4, size - at)) == 0) {
        return Sync::kNeedInput;
      }
      continue;
    }
    if (!prefixAt(at) || !knownCode(hit[4])) continue;
    const uint32_t next = read32(hit + 5);
    if (next == 0 || hit[4] == kEndOfSequence) return Sync::kFound;
    if (next < kParseInfoBytes || next > maxUnitBytes_) continue;
    const uint64_t follows = uint64_t{at} + next;
    if (follows + 4 <= size) {
      if (prefixAt(static_cast<size_t>(follows))) return Sync::kFound;
      continue;
    }
    if (!finished_) return Sync::kNeedInput;
    return Sync::kFound;  // the last unit, whole or cut short
  }
  *found = std::min(to, size);
  return Sync::kNone;
}

// Moves to the next unit after synchronisation was lost. False when *result is what to return.
bool StreamParser::resynchronise(Result* result) {
  size_t found = 0;
  const Sync sync = findUnit(std::max(at_, scanned_), buffer_.size(), &found);
  if (sync == Sync::kFound) {
    bytesSkipped_ += found - at_;
    at_ = scanned_ = found;
    synchronised_ = true;
    return true;
  }
  if (sync == Sync::kNone && finished_) {
    bytesSkipped_ += left();
    at_ = scanned_ = buffer_.size();
    *result = Result::kEnd;
    return false;
  }
  // Up to three bytes of a prefix may end the buffer; findUnit reports them as doubtful.
  bytesSkipped_ += found - at_;
  at_ = scanned_ = found;
  *result = Result::kNeedInput;
  return false;
}

StreamParser::Result StreamParser::give(Unit* unit, uint8_t code, size_t size, bool damaged) {
  unit->code = code;
  unit->position = base_ + at_;
  unit->payload = buffer_.data() + at_ + kParseInfoBytes;
  unit->size = size - kParseInfoBytes;
  unit->damaged = damaged;
  at_ += size;
  scanned_ = at_;
  return Result::kUnit;
}

// Whether the unit at `later` points back to another one that lies within the unit at hand: that
// one then lost bytes, or the one behind it its parse info. *begin: where it is.
bool StreamParser::confirmsUnit(size_t later, size_t* begin) const {
  const uint32_t back = read32(buffer_.data() + later + 9);
  if (back < kParseInfoBytes || back > later - at_ - kParseInfoBytes) return false;
  *begin = later - back;
  const uint32_t next = read32(buffer_.data() + *begin + 5);
  return prefixAt(*begin) && knownCode(buffer_[*begin + 4]) && (next == 0 || next == back);
}

// A next offset of 0 in a picture or header: the unit reaches to the next parse info that points
// back to this one. False where there is none within the limit: what was searched is skipped, so
// that no byte is searched twice, and where the skipping ends does not depend on how much is there.
bool StreamParser::unitOfUnknownSize(Unit* unit, uint8_t code, Result* result) {
  size_t from = std::max(at_ + kParseInfoBytes, scanned_);
  const size_t end = at_ + maxUnitBytes_ + 1;
  for (;;) {
    size_t found = 0;
    const Sync sync = findUnit(from, std::min(end, buffer_.size()), &found);
    if (sync == Sync::kFound) {
      const uint32_t back = read32(buffer_.data() + found + 9);
      size_t begin = 0;
      if (back != found - at_ && confirmsUnit(found, &begin)) {
        ++lostSync_;
        *result = give(unit, code, begin - at_, true);
        return true;
      }
      if (back == found - at_ || back == 0 || read32(buffer_.data() + found + 5) != 0) {
        *result = give(unit, code, found - at_, false);
        return true;
      }
      from = found + 1;
      continue;
    }
    if (sync == Sync::kNone && found >= end) {
      synchronised_ = false;
      ++lostSync_;
      bytesSkipped_ += found - at_;
      at_ = scanned_ = found;
      return false;
    }
    scanned_ = found;
    *result = finished_ ? giveLast(unit, code) : Result::kNeedInput;
    return true;
  }
}

// A unit of unknown size with nothing behind it, but perhaps an end of sequence that points
// elsewhere.
StreamParser::Result StreamParser::giveLast(Unit* unit, uint8_t code) {
  const size_t last = buffer_.size() - kParseInfoBytes;
  const bool closed =
      left() >= 2 * kParseInfoBytes && prefixAt(last) && buffer_[last + 4] == kEndOfSequence;
  if (!closed) return give(unit, code, left(), false);
  ++lostSync_;
  return give(unit, code, last - at_, true);
}

StreamParser::Result StreamParser::next(Unit* unit) {
  mark_ = {at_, synchronised_, bytesSkipped_, lostSync_};
  return advance(unit);
}

void StreamParser::giveBack() {
  at_ = scanned_ = mark_.at;
  synchronised_ = mark_.synchronised;
  bytesSkipped_ = mark_.bytesSkipped;
  lostSync_ = mark_.lostSync;
}

StreamParser::Result StreamParser::advance(Unit* unit) {
  for (;;) {
    Result result = Result::kNeedInput;
    if (!synchronised_ && !resynchronise(&result)) return result;
    if (left() < kParseInfoBytes) {
      if (!finished_) return Result::kNeedInput;
      bytesSkipped_ += left();
      at_ = buffer_.size();
      return Result::kEnd;
    }
    const uint8_t* info = buffer_.data() + at_;
    const uint8_t code = info[4];
    const size_t size = read32(info + 5);
    const bool sane =
        prefixAt(at_) && knownCode(code) &&
        (size == 0 || code == kEndOfSequence || (size >= kParseInfoBytes && size <= maxUnitBytes_));
    if (!sane) {
      synchronised_ = false;
      ++lostSync_;
      if (prefixAt(at_)) scanned_ = at_ + 4;  // this very prefix is not to be found again
      continue;
    }
    if (code == kEndOfSequence) return give(unit, code, kParseInfoBytes, false);
    if (size == 0) {
      if (unitOfUnknownSize(unit, code, &result)) return result;
      continue;
    }
    const bool whole = left() >= size + 4 && prefixAt(at_ + size);
    if (whole) return give(unit, code, size, false);
    if (left() < size + 4 && !finished_) return Result::kNeedInput;
    if (left() == size) return give(unit, code, size, false);
    // What follows is no unit: this one may have lost bytes, and the next may lie inside it.
    size_t found = 0;
    const size_t end = std::min(at_ + size, buffer_.size());
    const Sync sync = findUnit(std::max(at_ + kParseInfoBytes, scanned_), end, &found);
    if (sync == Sync::kNeedInput) {
      scanned_ = found;
      return Result::kNeedInput;
    }
    ++lostSync_;
    synchronised_ = false;
    return give(unit, code, found - at_, true);
  }
}

}  // namespace kamaelia::dirac
