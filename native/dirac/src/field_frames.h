// SPDX-License-Identifier: Apache-2.0
// Frames that are coded as two pictures, one a field (picture coding mode 1).
#pragma once

#include <cstdint>
#include <vector>

#include "dirac/types.h"
#include "output_order.h"

namespace kamaelia::dirac {

// Rows 0, 2, 4... (parity 0) or 1, 3, 5... of a frame. Where a plane's rows are odd in number, the
// last belongs to neither.
FrameLayout fieldOf(const FrameLayout& frame, int parity);

// Gives the rows of one field to the other, which is missing.
void doubleRows(uint8_t* base, const FrameLayout& frame, int missingParity);
// Rows that belong to neither field repeat the one above.
void fillLastRows(uint8_t* base, const FrameLayout& frame);

// A frame of which not both fields have been seen.
struct OpenFrame {
  WaitingPicture picture;         // slot: -1 as long as no field of it was decoded
  bool made[2] = {false, false};  // by the field's place in time
  bool gone[2] = {false, false};

  bool settled() const { return (made[0] || gone[0]) && (made[1] || gone[1]); }
};

// The open frames. Field 2n is the first in time of frame n, field 2n + 1 the second.
class FieldFrames {
 public:
  // More and the oldest has lost a field for ever.
  static constexpr size_t kMost = 4;

  // nullptr where the frame is not open, or already has this field.
  OpenFrame* find(uint32_t field);
  OpenFrame& open(uint32_t field);
  bool full() const { return frames_.size() >= kMost; }
  bool empty() const { return frames_.empty(); }
  // Takes the frame of a field out, or the oldest.
  OpenFrame take(uint32_t field);
  OpenFrame takeOldest();

 private:
  std::vector<OpenFrame> frames_;
};

}  // namespace kamaelia::dirac
