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
  if (const size_t past = doubtful_; past > 0 && past >= buffer_.size() / 2) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<ptrdiff_t>(past));
    base_ += past;
    for (size_t* place : {&at_, &doubtful_, &given_, &scanned_}) *place -= std::min(*place, past);
  }
  const size_t room = left() >= limit ? 0 : limit - left();
  const size_t taken = std::min(size, room);
  buffer_.insert(buffer_.end(), data, data + taken);
  return taken;
}

void StreamParser::reset() {
  base_ += buffer_.size();
  buffer_.clear();
  at_ = doubtful_ = given_ = scanned_ = 0;
  finished_ = arriving_ = false;
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

// `to` may lie within the unit given last, whose bytes are not skipped.
void StreamParser::skipTo(size_t to) {
  bytesSkipped_ += std::max(to, given_) - std::max(at_, given_);
  at_ = doubtful_ = scanned_ = to;
}

// Moves to the next unit after synchronisation was lost. False when *result is what to return.
bool StreamParser::resynchronise(Result* result) {
  size_t found = 0;
  const Sync sync = findUnit(std::max(doubtful_, scanned_), buffer_.size(), &found);
  if (sync == Sync::kFound) {
    skipTo(found);
    synchronised_ = true;
    return true;
  }
  if (sync == Sync::kNone && finished_) {
    skipTo(buffer_.size());
    *result = Result::kEnd;
    return false;
  }
  // Up to three bytes of a prefix may end the buffer; findUnit reports them as doubtful.
  skipTo(found);
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
  doubtful_ = given_ = scanned_ = at_;
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
      skipTo(found);
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

// Whether a parse info lies within the unit at hand that has it, by either's length, in front.
// What has been searched is not searched again.
bool StreamParser::findNeighbour(size_t size, size_t* found) {
  const size_t end = at_ + std::min(left(), size);
  size_t at = std::max(at_ + kParseInfoBytes, scanned_);
  for (; at + kParseInfoBytes <= end; ++at) {
    const auto* hit = static_cast<const uint8_t*>(
        std::memchr(buffer_.data() + at, kPrefix[0], end - kParseInfoBytes + 1 - at));
    at = hit == nullptr ? end - kParseInfoBytes + 1 : static_cast<size_t>(hit - buffer_.data());
    if (hit == nullptr) break;
    if (!prefixAt(at) || !knownCode(hit[4])) continue;
    const uint32_t back = read32(hit + 9);
    // Some encoders leave the length out; other units than pictures may hold a stream of their own.
    const bool unknown = back == 0 && isPicture(buffer_[at_ + 4]);
    if (!unknown && back != size && back != at - at_) continue;
    *found = at;
    return true;
  }
  scanned_ = at;
  return false;
}

// False where the unit is cut short by the end of the stream.
bool StreamParser::giveAtOnce(Unit* unit, uint8_t code, size_t size, Result* result) {
  size_t found = 0;
  if (findNeighbour(size, &found)) {
    ++lostSync_;
    *result = give(unit, code, found - at_, true);
    return true;
  }
  if (left() >= size) {
    *result = give(unit, code, size, false);
    doubtful_ = at_ - std::min(size, 2 * kParseInfoBytes - 1) + kParseInfoBytes;
    return true;
  }
  arriving_ = !finished_;
  *result = Result::kNeedInput;
  return arriving_;
}

bool StreamParser::arriving(Unit* unit) const {
  if (!arriving_ || scanned_ <= at_ + kParseInfoBytes) return false;
  unit->code = buffer_[at_ + 4];
  unit->position = base_ + at_;
  unit->payload = buffer_.data() + at_ + kParseInfoBytes;
  unit->size = scanned_ - at_ - kParseInfoBytes;
  unit->damaged = false;
  return true;
}

StreamParser::Result StreamParser::next(Unit* unit) {
  mark_ = {at_, doubtful_, given_, synchronised_, bytesSkipped_, lostSync_};
  arriving_ = false;
  return advance(unit);
}

void StreamParser::giveBack() {
  at_ = scanned_ = mark_.at;
  doubtful_ = mark_.doubtful;
  given_ = mark_.given;
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
      skipTo(buffer_.size());
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
      if (prefixAt(at_)) {
        scanned_ = at_ + 4;  // this very prefix is not to be found again
      } else {
        scanned_ = doubtful_;
      }
      continue;
    }
    doubtful_ = at_;
    if (code == kEndOfSequence) return give(unit, code, kParseInfoBytes, false);
    if (size == 0) {
      if (unitOfUnknownSize(unit, code, &result)) return result;
      continue;
    }
    if (lowDelay_ && giveAtOnce(unit, code, size, &result)) return result;
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
