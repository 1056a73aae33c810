// SPDX-License-Identifier: Apache-2.0
#include "reference_buffer.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace kamaelia::dirac {

ReferencePicture* ReferenceBuffer::add(uint32_t number, int32_t slot, const FrameLayout& layout,
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
  picture->decoded = picture->damaged = picture->halfReady = false;
  picture->halfWanted = false;
  picture->users = 1;
  pictures_.push_back(std::move(picture));
  return pictures_.back().get();
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
  std::unique_ptr<ReferencePicture> picture = std::move(pictures_[at]);
  pictures_.erase(pictures_.begin() + static_cast<ptrdiff_t>(at));
  if (picture->users == 0) return spare(std::move(picture), slots);
  leaving_.push_back(std::move(picture));
}

void ReferenceBuffer::leave(ReferencePicture* picture, SlotTable* slots) {
  --picture->users;
  if (picture->users > 0) return;
  const auto at = std::find_if(leaving_.begin(), leaving_.end(),
                               [picture](const auto& leaving) { return leaving.get() == picture; });
  if (at == leaving_.end()) return;
  std::unique_ptr<ReferencePicture> left = std::move(*at);
  leaving_.erase(at);
  spare(std::move(left), slots);
}

void ReferenceBuffer::spare(std::unique_ptr<ReferencePicture> picture, SlotTable* slots) {
  if (slots != nullptr) slots->release(picture->slot);
  spares_.push_back(std::move(picture));
}

size_t ReferenceBuffer::memory(size_t* toCome) const {
  size_t bytes = 0;
  size_t most = 0;
  size_t without = 0;
  for (const Pictures* pictures : {&pictures_, &leaving_, &spares_}) {
    for (const auto& picture : *pictures) {
      size_t own = 0;
      for (const auto& component : picture->half) {
        for (const auto& half : component) own += half.capacity();
      }
      bytes += own;
      most = std::max(most, own);
      without += own == 0;
    }
  }
  *toCome = most * std::min<size_t>(without, 2);
  return bytes;
}

}  // namespace kamaelia::dirac
