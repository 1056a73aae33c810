// SPDX-License-Identifier: Apache-2.0
// Decoded pictures in the order in which they are shown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "dirac/types.h"

namespace kamaelia::dirac {

// What becomes of a picture that may still be at work.
struct PictureOutcome {
  bool done = false;
  bool damaged = false;
  std::shared_ptr<const LowBand> lowBand;
};

struct WaitingPicture {
  uint32_t number = 0;
  int32_t slot = -1;
  uint32_t flags = 0;                                     // but kDamaged
  std::shared_ptr<const PictureOutcome> outcome[2] = {};  // of the frame, or of its fields
  bool woven = false;                                     // of two fields
  bool missing[2] = {false, false};                       // of its fields, by parity
  std::shared_ptr<const SideData> sideData = nullptr;
};

// Picture numbers rise by one in display order. A picture is due when its number is the next one;
// where a number never comes (its picture was lost or could not be decoded), the pictures behind it
// wait until kDepth of them are there.
class OutputOrder {
 public:
  static constexpr size_t kDepth = 6;

  void add(const WaitingPicture& picture);
  // A number that will not come; pictures behind it need not wait for it.
  void skip(uint32_t number);
  // The next due picture; with `flush` whatever waits, lowest number first. False when there is
  // none.
  bool next(bool flush, WaitingPicture* picture);
  // Begins a new sequence; what still waits is left to the caller, who has to flush first.
  void restart();

 private:
  bool due(const WaitingPicture& picture) const;
  void passSkipped();

  std::vector<WaitingPicture> waiting_;  // by number
  std::vector<uint32_t> skipped_;
  bool started_ = false;
  uint32_t expected_ = 0;
};

}  // namespace kamaelia::dirac
