// SPDX-License-Identifier: Apache-2.0
// Whole streams through the decoder, in irregular pieces and with a reset on the way. The last two
// bytes of the input choose how. Seven of eight inputs have their pictures decoded as very small
// ones, whatever its sequence header says: the same code at a fraction of the time.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <memory>
#include <vector>

#include "dirac/stream_decoder.h"

namespace {

using namespace kamaelia;
using namespace kamaelia::dirac;

constexpr uint64_t kMaxPixels = uint64_t{1} << 18;
// Bounds of one run, so that it stays short: work grows with them and not with the input.
constexpr uint64_t kMaxWork = uint64_t{1} << 18;  // luma samples decoded
constexpr int kMaxFormats = 8;
constexpr int kMaxPictures = 200;

struct Held {
  std::shared_ptr<SlotTable> table;
  int32_t slot;
};

class HeaderWriter {
 public:
  HeaderWriter& bit(bool value) {
    if (used_ % 8 == 0) bytes.push_back(0);
    if (value) bytes.back() = static_cast<uint8_t>(bytes.back() | 0x80 >> used_ % 8);
    ++used_;
    return *this;
  }
  HeaderWriter& golomb(uint32_t value) {
    int top = 0;
    while ((value + 1) >> (top + 1) != 0) ++top;
    while (top-- > 0) bit(false).bit((value + 1) >> top & 1);
    return bit(true);
  }

  std::vector<uint8_t> bytes;

 private:
  size_t used_ = 0;
};

// A sequence header of small pictures in front, and the stream's own headers made auxiliary units.
// kind: 0 to 6, for version, chroma format, depth and fields.
std::vector<uint8_t> shrunk(const uint8_t* data, size_t size, int kind) {
  constexpr uint8_t kPrefix[] = {0x42, 0x42, 0x43, 0x44, kSequenceHeader};
  HeaderWriter header;
  header.golomb(kind % 2 == 0 ? 2 : 3).golomb(2).golomb(8).golomb(0).golomb(0);
  header.bit(true).golomb(48).golomb(36);
  header.bit(true).golomb(kind < 3 ? 2 : kind < 5 ? 1 : 0);
  header.bit(false).bit(false).bit(false).bit(false);  // scan, rate, aspect, clean area
  header.bit(true).golomb(kind == 4 ? 3 : kind == 6 ? 8 : 1);
  header.bit(false).golomb(kind == 2 || kind == 5 ? 1 : 0);
  std::vector<uint8_t> stream(kPrefix, kPrefix + sizeof kPrefix);
  const auto length = static_cast<uint8_t>(kParseInfoBytes + header.bytes.size());
  for (const uint8_t byte : {uint8_t{0}, uint8_t{0}, uint8_t{0}, length}) stream.push_back(byte);
  stream.insert(stream.end(), 4, 0);
  stream.insert(stream.end(), header.bytes.begin(), header.bytes.end());
  const size_t own = stream.size();
  stream.insert(stream.end(), data, data + size);
  for (size_t at = own; at + kParseInfoBytes <= stream.size(); ++at) {
    if (std::equal(kPrefix, kPrefix + 5, stream.begin() + static_cast<ptrdiff_t>(at))) {
      stream[at + 4] = kAuxiliary;
    }
  }
  return stream;
}

class Player {
 public:
  Player(const uint8_t* data, size_t size, uint8_t pace, uint8_t resetAt)
      : data_(data), size_(size), pace_(pace), decoder_(optionsFor(pace, resetAt)) {
    resetAfter_ = resetAt == 0 ? size_t{1} << 30 : size * resetAt / 256;
  }

  void play() {
    for (;;) {
      const Step step = decoder_.step();
      takeEvents();
      if (step == Step::kEnd || step == Step::kFailed || exhausted()) break;
      if (step == Step::kNeedInput) feed();
      if (step == Step::kNeedSlot) {
        if (held_.empty()) std::abort();  // the decoder holds more than its minimum allows
        releaseOldest();
      }
    }
    while (!held_.empty()) releaseOldest();
  }

 private:
  static DecoderOptions optionsFor(uint8_t pace, uint8_t resetAt) {
    DecoderOptions options;
    options.maxPixels = kMaxPixels;
    options.maxUnitBytes = pace & 8 ? 2048 : size_t{1} << 16;
    options.threads = pace & 32 ? 2 : 1;
    options.lowBand = (pace & 8) != 0;
    options.lowDelay = (resetAt & 1) != 0;
    options.missingReferences =
        pace & 64 ? MissingReferences::kSubstitute : MissingReferences::kSkip;
    return options;
  }

  bool exhausted() const {
    const uint64_t pictures = decoder_.stats().pictures;
    return formats_ > kMaxFormats || pictures > kMaxPictures || pictures * pixels_ > kMaxWork;
  }

  void feed() {
    if (at_ >= resetAfter_) {
      resetAfter_ = size_t{1} << 30;
      decoder_.reset();
      afterReset_ = true;
    }
    if (at_ == size_) return decoder_.finish();
    state_ = state_ * 1664525 + 1013904223;
    const size_t most = pace_ & 16 ? 40 : 4000;
    const size_t chunk = std::min(size_ - at_, size_t{1} + (state_ >> 16) % most);
    const size_t taken = decoder_.push(data_ + at_, chunk);
    if (taken == 0) std::abort();  // a decoder that asks for input has room for it
    at_ += taken;
  }

  void takeEvents() {
    Event event;
    while (decoder_.nextEvent(&event)) {
      if (event.kind == Event::Kind::kFormat) {
        makeSlots(event);
      } else if (event.kind == Event::Kind::kPicture) {
        // What was at work when it was reset had its time already.
        if (afterReset_) expectedPts_ = std::max(expectedPts_, event.pts);
        afterReset_ = false;
        if (event.pts != expectedPts_++) std::abort();
        held_.push_back({tables_.back(), event.slot});
        if (held_.size() > static_cast<size_t>(pace_ >> 6) * 4) releaseOldest();
      }
    }
  }

  // Slots of exactly the size of the layout, so that the sanitizer sees the first byte outside.
  void makeSlots(const Event& event) {
    ++formats_;
    const uint64_t pixels = uint64_t{event.format.width} * event.format.height;
    if (pixels > kMaxPixels) std::abort();
    pixels_ = std::max(pixels_, pixels);
    auto table = std::make_shared<SlotTable>(event.layout.minimumSlots);
    for (uint32_t i = 0; i < event.layout.minimumSlots; ++i) {
      memory_.emplace_back(new uint8_t[event.layout.slotBytes]);
      if (!table->add(memory_.back().get())) std::abort();
    }
    tables_.push_back(table);
    decoder_.provideSlots(event.generation, table);
  }

  void releaseOldest() {
    held_.front().table->release(held_.front().slot);
    held_.pop_front();
  }

  const uint8_t* data_;
  size_t size_;
  uint8_t pace_;
  size_t at_ = 0;
  size_t resetAfter_ = 0;
  uint32_t state_ = 1;
  int formats_ = 0;
  uint64_t pixels_ = 1;
  int64_t expectedPts_ = 0;
  bool afterReset_ = false;
  std::vector<std::unique_ptr<uint8_t[]>> memory_;
  std::vector<std::shared_ptr<SlotTable>> tables_;
  std::deque<Held> held_;
  StreamDecoder decoder_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const uint8_t pace = data[size - 2];
  const uint8_t resetAt = data[size - 1];
  size -= 2;
  if (pace % 8 == 7) {
    Player(data, size, pace, resetAt).play();
  } else {
    const std::vector<uint8_t> stream = shrunk(data, size, pace % 8);
    Player(stream.data(), stream.size(), pace, resetAt).play();
  }
  return 0;
}
