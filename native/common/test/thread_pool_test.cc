// SPDX-License-Identifier: Apache-2.0
#include "common/thread_pool.h"

#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace kamaelia {
namespace {

TEST_SUITE("thread pool") {
  TEST_CASE("every index is run once, whatever the number of threads") {
    for (const size_t workers : {0, 1, 3}) {
      ThreadPool pool(workers);
      for (const size_t maxThreads : {0, 1, 2, 64}) {
        for (const size_t count : {0, 1, 2, 7, 1000}) {
          CAPTURE(workers);
          CAPTURE(maxThreads);
          CAPTURE(count);
          std::vector<std::atomic<int>> runs(count);
          pool.parallelFor(count, maxThreads, [&](size_t i) { ++runs[i]; });
          size_t once = 0;
          for (const auto& run : runs) once += run == 1;
          CHECK(once == count);
        }
      }
    }
  }

  TEST_CASE("one thread at most means the caller's") {
    ThreadPool pool(2);
    std::set<std::thread::id> seen;
    pool.parallelFor(50, 1, [&](size_t) { seen.insert(std::this_thread::get_id()); });
    CHECK(seen == std::set{std::this_thread::get_id()});
  }

  TEST_CASE("no more threads than asked for take part") {
    ThreadPool pool(3);
    std::mutex mutex;
    std::set<std::thread::id> seen;
    for (int round = 0; round < 20; ++round) {
      seen.clear();
      pool.parallelFor(200, 2, [&](size_t) {
        const std::lock_guard lock(mutex);
        seen.insert(std::this_thread::get_id());
      });
      CHECK(seen.size() <= 2);
    }
  }

  TEST_CASE("a worker takes part while the caller is busy") {
    ThreadPool pool(1);
    std::atomic<int> inside{0};
    // Neither index ends before the other began: with one thread this would hang.
    pool.parallelFor(2, 2, [&](size_t) {
      ++inside;
      while (inside < 2) std::this_thread::yield();
    });
    CHECK(inside == 2);
  }

  TEST_CASE("what the indices wrote is seen when all are done") {
    ThreadPool pool(3);
    for (int round = 0; round < 50; ++round) {
      std::vector<int> written(100, -1);
      pool.parallelFor(written.size(), 4, [&](size_t i) { written[i] = static_cast<int>(i); });
      int wrong = 0;
      for (size_t i = 0; i < written.size(); ++i) wrong += written[i] != static_cast<int>(i);
      CHECK(wrong == 0);
    }
  }

  TEST_CASE("several callers at once each get all of their own work") {
    ThreadPool pool(2);
    std::atomic<int> total{0};
    std::vector<std::thread> callers;
    for (int c = 0; c < 3; ++c) {
      callers.emplace_back([&] {
        for (int round = 0; round < 50; ++round) {
          std::atomic<int> mine{0};
          pool.parallelFor(20, 3, [&](size_t) { ++mine; });
          if (mine == 20) ++total;
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
    CHECK(total == 150);
  }

  TEST_CASE("the shared pool is one while it is held, and made anew after that") {
    std::shared_ptr<ThreadPool> first = ThreadPool::shared();
    CHECK(ThreadPool::shared() == first);
    const std::weak_ptr<ThreadPool> watched = first;
    first.reset();
    CHECK(watched.expired());
    CHECK(ThreadPool::shared() != nullptr);
  }
}

}  // namespace
}  // namespace kamaelia
