// SPDX-License-Identifier: Apache-2.0
#include "field_frames.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace kamaelia::dirac {

FrameLayout fieldOf(const FrameLayout& frame, int parity) {
  FrameLayout field = frame;
  for (FrameLayout::Plane& plane : field.plane) {
    plane.offset += static_cast<uint32_t>(parity) * plane.stride;
    plane.stride *= 2;
    plane.height /= 2;
  }
  return field;
}

void doubleRows(uint8_t* base, const FrameLayout& frame, int missingParity) {
  for (const FrameLayout::Plane& plane : frame.plane) {
    for (uint32_t y = static_cast<uint32_t>(missingParity); y < plane.height / 2 * 2; y += 2) {
      uint8_t* row = base + plane.offset + size_t{y} * plane.stride;
      std::memcpy(row, missingParity ? row - plane.stride : row + plane.stride, plane.stride);
    }
  }
}

void fillLastRows(uint8_t* base, const FrameLayout& frame) {
  for (const FrameLayout::Plane& plane : frame.plane) {
    if (plane.height % 2 == 0) continue;
    uint8_t* row = base + plane.offset + size_t{plane.height - 1} * plane.stride;
    if (plane.height == 1) {
      std::memset(row, 0, plane.stride);
    } else {
      std::memcpy(row, row - plane.stride, plane.stride);
    }
  }
}

OpenFrame* FieldFrames::find(uint32_t field) {
  for (OpenFrame& frame : frames_) {
    if (frame.picture.number == field >> 1 && !frame.made[field & 1] && !frame.gone[field & 1]) {
      return &frame;
    }
  }
  return nullptr;
}

OpenFrame& FieldFrames::open(uint32_t field) {
  frames_.emplace_back();
  frames_.back().picture.number = field >> 1;
  return frames_.back();
}

OpenFrame FieldFrames::take(uint32_t field) {
  const auto at = std::find_if(frames_.begin(), frames_.end(), [&](const OpenFrame& frame) {
    return frame.picture.number == field >> 1 && frame.settled();
  });
  OpenFrame frame = std::move(*at);
  frames_.erase(at);
  return frame;
}

OpenFrame FieldFrames::takeOldest() {
  OpenFrame frame = std::move(frames_.front());
  frames_.erase(frames_.begin());
  return frame;
}

}  // namespace kamaelia::dirac
