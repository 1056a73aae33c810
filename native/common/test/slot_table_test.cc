// SPDX-License-Identifier: Apache-2.0
#include "common/slot_table.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

namespace kamaelia {
namespace {

TEST_SUITE("slot table") {
  TEST_CASE("each free slot is given once, then none, until one is released") {
    uint8_t memory[3];
    SlotTable table(3);
    for (uint8_t& base : memory) CHECK(table.add(&base));
    const int32_t a = table.acquire(), b = table.acquire(), c = table.acquire();
    CHECK(a >= 0);
    CHECK(b >= 0);
    CHECK(c >= 0);
    CHECK(a != b);
    CHECK(b != c);
    CHECK(a != c);
    CHECK(table.acquire() == -1);
    table.release(b);
    CHECK(table.acquire() == b);
  }

  TEST_CASE("a slot is free only when its last owner has released it") {
    uint8_t memory = 0;
    SlotTable table(1);
    CHECK(table.add(&memory));
    const int32_t slot = table.acquire();
    table.retain(slot);
    table.release(slot);
    CHECK(table.acquire() == -1);
    table.release(slot);
    CHECK(table.acquire() == slot);
  }

  TEST_CASE("a table without slots has none to give, and takes no more than its capacity") {
    uint8_t memory[2];
    SlotTable table(1);
    CHECK(table.acquire() == -1);
    CHECK(table.add(&memory[0]));
    CHECK_FALSE(table.add(&memory[1]));
    CHECK(table.size() == 1);
    CHECK(table.data(0) == &memory[0]);
  }

  TEST_CASE("counts are those of the shared memory that it was given") {
    uint8_t memory[2];
    int32_t counts[2] = {2, 0};
    SlotTable table(counts, 2);
    CHECK(table.add(&memory[0]));
    CHECK(table.add(&memory[1]));
    CHECK(table.acquire() == 1);
    CHECK(counts[1] == 1);
    counts[0] = 0;
    CHECK(table.acquire() == 0);
    table.retain(0);
    CHECK(counts[0] == 2);
  }

  TEST_CASE("threads that take slots at once never get the same one") {
    constexpr size_t kSlots = 8;
    uint8_t memory[kSlots] = {};
    SlotTable table(kSlots);
    for (uint8_t& base : memory) CHECK(table.add(&base));
    std::atomic<int> clashes{0};
    std::atomic<int> owners[kSlots] = {};
    const auto work = [&] {
      for (int i = 0; i < 5000; ++i) {
        const int32_t slot = table.acquire();
        if (slot < 0) continue;
        if (owners[slot].fetch_add(1) != 0) ++clashes;
        ++memory[slot];  // a data race unless the count orders it
        owners[slot].fetch_sub(1);
        table.release(slot);
      }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) threads.emplace_back(work);
    for (std::thread& thread : threads) thread.join();
    CHECK(clashes == 0);
  }

  TEST_CASE("slots may be added while another thread takes them") {
    constexpr size_t kSlots = 64;
    uint8_t memory[kSlots] = {};
    SlotTable table(kSlots);
    std::thread adder([&] {
      for (uint8_t& base : memory) static_cast<void>(table.add(&base));
    });
    size_t taken = 0;
    while (taken < kSlots) {
      const int32_t slot = table.acquire();
      if (slot < 0) {
        std::this_thread::yield();
        continue;
      }
      if (table.data(slot) == &memory[slot]) ++taken;
    }
    adder.join();
    CHECK(taken == kSlots);
  }
}

}  // namespace
}  // namespace kamaelia
