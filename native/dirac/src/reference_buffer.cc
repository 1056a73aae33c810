// SPDX-License-Identifier: Apache-2.0
#include "reference_buffer.h"

#include <cstdlib>
#include <utility>

namespace kamaelia::dirac {

void ReferenceBuffer::add(uint32_t number, int32_t slot, const FrameLayout& layout, bool damaged,
                          SlotTable* slots) {
  if (pictures_.size() >= most_) drop(0, slots);
  std::unique_ptr<ReferencePicture> picture;
  if (spares_.empty()) {
    picture = std::make_unique<ReferencePicture>();
  } else {
    picture = std::move(spares_.back());
    spares_.pop_back();
  }
  slots->retain(slot);
  picture->number = number;
  picture->slot = slot;
  picture->base = slots->data(slot);
  picture->layout = layout;
  picture->damaged = damaged;
  picture->upsampled = false;
  pictures_.push_back(std::move(picture));
}

ReferencePicture* ReferenceBuffer::find(uint32_t number) {
  for (const auto& picture : pictures_) {
    if (picture->number == number) return picture.get();
  }
  return nullptr;
}

ReferencePicture* ReferenceBuffer::nearest(uint32_t number) {
  ReferencePicture* best = nullptr;
  uint32_t least = UINT32_MAX;
  for (const auto& picture : pictures_) {
    const uint32_t apart = picture->number - number;
    const uint32_t distance = apart > INT32_MAX ? 0u - apart : apart;
    if (best == nullptr || distance < least) {
      best = picture.get();
      least = distance;
    }
  }
  return best;
}

void ReferenceBuffer::retire(uint32_t number, SlotTable* slots) {
  for (size_t at = 0; at < pictures_.size(); ++at) {
    if (pictures_[at]->number == number) return drop(at, slots);
  }
}

void ReferenceBuffer::clear(SlotTable* slots) {
  while (!pictures_.empty()) drop(0, slots);
}

void ReferenceBuffer::drop(size_t at, SlotTable* slots) {
  if (slots != nullptr) slots->release(pictures_[at]->slot);
  spares_.push_back(std::move(pictures_[at]));
  pictures_.erase(pictures_.begin() + static_cast<ptrdiff_t>(at));
}

}  // namespace kamaelia::dirac
