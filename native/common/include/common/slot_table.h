// SPDX-License-Identifier: Apache-2.0
// Counted picture slots that native code shares with JavaScript.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kamaelia {

// The slots of one pool generation. A slot is free while its count is 0; whoever takes it counts 1,
// every further owner one more. Counts may lie in memory shared with JavaScript, so they change
// only atomically; a table without such memory keeps counts of its own. add() may run beside all
// other calls; slots never go away while the table lives.
class SlotTable {
 public:
  // counts: one Int32 for each slot that will ever be added, zeroed; it must outlive the table.
  // capacity: how many.
  SlotTable(int32_t* counts, size_t capacity) : counts_(counts), data_(capacity) {}

  // A table with counts of its own, for use without JavaScript.
  explicit SlotTable(size_t capacity) : own_(capacity, 0), counts_(own_.data()), data_(capacity) {}

  SlotTable(const SlotTable&) = delete;
  SlotTable& operator=(const SlotTable&) = delete;

  // base: first byte of a slot of the layout's slotBytes, 64-byte aligned. False when the capacity
  // is reached.
  [[nodiscard]] bool add(uint8_t* base) {
    const size_t at = size_.load(std::memory_order_relaxed);
    if (at >= data_.size()) return false;
    data_[at] = base;
    size_.store(at + 1, std::memory_order_release);
    return true;
  }

  // A free slot, now counted once by the caller, or -1.
  [[nodiscard]] int32_t acquire() {
    const size_t size = size_.load(std::memory_order_acquire);
    for (size_t at = 0; at < size; ++at) {
      int32_t free = 0;
      if (count(at).compare_exchange_strong(free, 1, std::memory_order_acq_rel)) {
        return static_cast<int32_t>(at);
      }
    }
    return -1;
  }

  void retain(int32_t slot) { count(slot).fetch_add(1, std::memory_order_acq_rel); }
  void release(int32_t slot) { count(slot).fetch_sub(1, std::memory_order_acq_rel); }
  uint8_t* data(int32_t slot) const { return data_[static_cast<size_t>(slot)]; }
  size_t size() const { return size_.load(std::memory_order_acquire); }

 private:
  std::atomic_ref<int32_t> count(size_t slot) { return std::atomic_ref<int32_t>(counts_[slot]); }

  std::vector<int32_t> own_;
  int32_t* counts_;
  std::vector<uint8_t*> data_;
  std::atomic<size_t> size_{0};
};

}  // namespace kamaelia
