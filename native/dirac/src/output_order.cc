// SPDX-License-Identifier: Apache-2.0
#include "output_order.h"

#include <algorithm>

namespace kamaelia::dirac {
namespace {

// Numbers are taken modulo 2^32.
bool before(uint32_t a, uint32_t b) { return static_cast<int32_t>(a - b) < 0; }

}  // namespace

void OutputOrder::restart() {
  started_ = false;
  waiting_.clear();
  skipped_.clear();
}

void OutputOrder::add(const WaitingPicture& picture) {
  if (!started_) {
    started_ = true;
    expected_ = picture.number;
  }
  const auto at = std::find_if(waiting_.begin(), waiting_.end(), [&](const WaitingPicture& other) {
    return before(picture.number, other.number);
  });
  waiting_.insert(at, picture);
}

void OutputOrder::skip(uint32_t number) {
  if (!started_ || before(number, expected_)) return;
  if (skipped_.size() >= 2 * kDepth) skipped_.erase(skipped_.begin());
  skipped_.push_back(number);
  passSkipped();
}

void OutputOrder::passSkipped() {
  for (;;) {
    const auto at = std::find(skipped_.begin(), skipped_.end(), expected_);
    if (at == skipped_.end()) return;
    skipped_.erase(at);
    ++expected_;
  }
}

bool OutputOrder::due(const WaitingPicture& picture) const {
  return !before(expected_, picture.number);
}

bool OutputOrder::next(bool flush, WaitingPicture* picture) {
  if (waiting_.empty()) return false;
  if (!flush && !due(waiting_.front()) && waiting_.size() < kDepth) return false;
  *picture = waiting_.front();
  waiting_.erase(waiting_.begin());
  // A late picture, behind one already shown, does not turn the clock back.
  if (!before(picture->number, expected_)) expected_ = picture->number + 1;
  passSkipped();
  return true;
}

}  // namespace kamaelia::dirac
