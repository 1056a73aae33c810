// SPDX-License-Identifier: Apache-2.0
// The pictures that others may be predicted from.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "common/slot_table.h"
#include "reference_picture.h"

namespace kamaelia::dirac {

// Holds a count on the slot of each picture in it.
class ReferenceBuffer {
 public:
  static constexpr size_t kMostFrames = 4;  // what encoders keep; or twice as many fields

  // The oldest goes where a damaged stream retires too little, so that there are never over `most`.
  void limit(size_t most) { most_ = most; }
  // A picture that is decoded from now on, and leaves itself when it is.
  ReferencePicture* add(uint32_t number, int32_t slot, const FrameLayout& layout, SlotTable* slots);
  ReferencePicture* find(uint32_t number);
  // The one whose number is next to this, or nullptr.
  ReferencePicture* nearest(uint32_t number);
  void retire(uint32_t number, SlotTable* slots);
  void clear(SlotTable* slots);
  // One picture less is at work on it. What was retired stays until there is none.
  void leave(ReferencePicture* picture, SlotTable* slots);
  // Bytes of half-pel planes. toCome: more that the next picture may need.
  size_t memory(size_t* toCome) const;
  // Gives up memory that was kept for pictures to come.
  void shrink() { spares_.clear(); }

 private:
  using Pictures = std::vector<std::unique_ptr<ReferencePicture>>;

  void drop(size_t at, SlotTable* slots);
  void spare(std::unique_ptr<ReferencePicture> picture, SlotTable* slots);

  size_t most_ = kMostFrames;
  Pictures pictures_;
  Pictures leaving_;  // that pictures on their way are predicted from
  Pictures spares_;   // their half-pel planes are used again
};

}  // namespace kamaelia::dirac
