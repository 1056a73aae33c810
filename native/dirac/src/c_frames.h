// SPDX-License-Identifier: Apache-2.0
// Picture memory of the C interface, and the frames that lie in it.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#include "common/slot_table.h"
#include "dirac/types.h"
#include "kamaelia/dirac.h"

namespace kamaelia::dirac {

class FrameMemory;

// What a caller in C holds. Each slot has one, as a slot is handed out once before it comes free.
struct OwnedFrame : kamaelia_dirac_frame {
  std::shared_ptr<FrameMemory> memory;  // while the caller holds it
  int32_t slot = -1;
  std::shared_ptr<const LowBand> lowBand;
  kamaelia_dirac_low_band lowBandView{};
  std::shared_ptr<const SideData> sideData;
  std::vector<kamaelia_dirac_bytes> sideDataViews;
};

// Frames that the caller holds of one decoder, of whatever format.
using HeldCount = std::shared_ptr<std::atomic<uint32_t>>;

// The slots of one format. It lives while the decoder uses it or the caller holds one of its
// frames.
class FrameMemory {
 public:
  FrameMemory(const VideoFormat& format, const FrameLayout& layout, size_t mostSlots,
              HeldCount held);
  FrameMemory(const FrameMemory&) = delete;
  FrameMemory& operator=(const FrameMemory&) = delete;

  enum class Growth : uint8_t { kGrown, kAtLimit, kOutOfMemory };
  // One slot more. Memory is only taken when it is needed.
  Growth grow();

  // The frame of a picture event, whose count of the slot passes to the caller. `self` is this.
  static const OwnedFrame* handOut(const std::shared_ptr<FrameMemory>& self, const Event& event,
                                   uint32_t flags);
  // By any thread.
  static void takeBack(OwnedFrame* frame);

  SlotTable& slots() { return slots_; }
  const kamaelia_dirac_format& format() const { return format_; }

 private:
  const kamaelia_dirac_format format_;
  const FrameLayout layout_;
  const HeldCount held_;
  std::vector<std::unique_ptr<uint8_t, decltype(&std::free)>> memory_;
  SlotTable slots_;
  std::vector<OwnedFrame> frames_;
};

kamaelia_dirac_format toC(const VideoFormat& format, const FrameLayout& layout);

}  // namespace kamaelia::dirac
