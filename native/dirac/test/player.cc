// SPDX-License-Identifier: Apache-2.0
#include "player.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace kamaelia::dirac::test {

Slots::Slots(const FrameLayout& layout, size_t count)
    : layout_(layout), counts_(std::make_shared<std::vector<int32_t>>(64, 0)) {
  table_ = std::make_shared<SlotTable>(counts_->data(), counts_->size());
  for (size_t i = 0; i < count; ++i) grow();
}

void Slots::grow() {
  memory_.emplace_back(new uint8_t[layout_.slotBytes]);
  std::memset(memory_.back().get(), 0xA5, layout_.slotBytes);
  if (!table_->add(memory_.back().get())) std::abort();
}

size_t Slots::taken() const {
  return counts_ ? counts_->size() -
                       static_cast<size_t>(std::count(counts_->begin(), counts_->end(), 0))
                 : 0;
}

namespace {

int32_t sampleAt(const uint8_t* row, uint32_t x, uint32_t bytes) {
  return bytes == 1 ? row[x] : row[2 * x] | row[2 * x + 1] << 8;
}

}  // namespace

Picture pictureIn(const uint8_t* slot, const FrameLayout& layout) {
  Picture picture;
  for (int c = 0; c < 3; ++c) {
    const FrameLayout::Plane& plane = layout.plane[c];
    picture.plane[c] = Grid(static_cast<int>(plane.width), static_cast<int>(plane.height));
    for (uint32_t y = 0; y < plane.height; ++y) {
      for (uint32_t x = 0; x < plane.width; ++x) {
        picture.plane[c].at(static_cast<int>(x), static_cast<int>(y)) =
            sampleAt(slot + plane.offset + size_t{y} * plane.stride, x, layout.bytesPerSample);
      }
    }
  }
  return picture;
}

std::vector<uint32_t> Played::numbers() const {
  std::vector<uint32_t> out;
  for (const Shown& shown : pictures) out.push_back(shown.number);
  return out;
}

Played play(const Bytes& bytes, const DecoderOptions& options, size_t chunk) {
  Played played;
  std::vector<Slots> slots;
  {
    StreamDecoder decoder(options);
    size_t at = 0;
    for (;;) {
      const Step step = decoder.step();
      Event event;
      while (decoder.nextEvent(&event)) {
        if (event.kind == Event::Kind::kFormat) {
          played.formats.push_back(event);
          slots.emplace_back(event.layout, event.layout.minimumSlots);
          decoder.provideSlots(event.generation, slots.back().table());
        } else if (event.kind == Event::Kind::kPicture) {
          SlotTable& table = *slots.at(event.generation - 1).table();
          const FrameLayout& layout = played.formats.at(event.generation - 1).layout;
          uint8_t* base = table.data(event.slot);
          played.pictures.push_back({event.pictureNumber, event.pts, event.flags, event.generation,
                                     pictureIn(base, layout), event.lowBand, event.sideData});
          if (!(event.flags & kReference)) std::memset(base, 0xA5, layout.slotBytes);
          table.release(event.slot);
        } else if (event.kind == Event::Kind::kError) {
          played.errors.push_back(event.status);
        } else {
          played.ended = true;
        }
      }
      played.stats = decoder.stats();
      if (step == Step::kEnd || step == Step::kFailed) break;
      if (step == Step::kNeedSlot) std::abort();
      if (step != Step::kNeedInput) continue;
      if (at == bytes.size()) {
        decoder.finish();
      } else {
        at += decoder.push(bytes.data() + at, std::min(chunk, bytes.size() - at));
      }
    }
  }
  for (const Slots& generation : slots) played.slotsLeft += generation.taken();
  return played;
}

}  // namespace kamaelia::dirac::test
