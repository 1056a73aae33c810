// SPDX-License-Identifier: Apache-2.0
#include "common/thread_pool.h"

#include <doctest/doctest.h>

#include <pthread.h>

#include <atomic>
#include <set>
#include <thread>

namespace kamaelia {
namespace {

// Pieces that are there from the beginning.
class Pieces final : public PooledWork {
 public:
  explicit Pieces(int count) : left(count) {}

  bool doPiece() override {
    if (left.fetch_sub(1) <= 0) {
      ++visits;
      return false;
    }
    ++done;
    return true;
  }

  std::atomic<int> left;
  std::atomic<int> done{0};
  std::atomic<int> visits{0};  // that have ended
};

// Workers meet in it: no piece ends before so many have begun.
class Meeting final : public PooledWork {
 public:
  explicit Meeting(int count) : count_(count) {}

  bool doPiece() override {
    if (++began > count_) return false;
    {
      const std::lock_guard lock(mutex_);
      threads.insert(std::this_thread::get_id());
    }
    while (began < count_) std::this_thread::yield();
    return false;
  }

  std::atomic<int> began{0};
  std::set<std::thread::id> threads;

 private:
  const int count_;
  std::mutex mutex_;
};

#if defined(__GLIBC__)
// While it is there no thread starts: each would need a stack that no machine has.
class NoThreads {
 public:
  NoThreads() {
    pthread_attr_t attributes;
    pthread_getattr_default_np(&attributes);
    pthread_attr_getstacksize(&attributes, &before_);
    pthread_attr_destroy(&attributes);
    set(size_t{1} << 48);
  }
  ~NoThreads() { set(before_); }

 private:
  static void set(size_t bytes) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, bytes);
    pthread_setattr_default_np(&attributes);
    pthread_attr_destroy(&attributes);
  }

  size_t before_ = 0;
};
#endif

TEST_SUITE("thread pool") {
  TEST_CASE("a worker that was called does all pieces, and leaves") {
    ThreadPool pool(2);
    for (int round = 0; round < 50; ++round) {
      Pieces pieces(20);
      pool.call(&pieces);
      while (pieces.visits < 1) std::this_thread::yield();
      pool.dismiss(&pieces);
      CHECK(pieces.done == 20);
      CHECK(pieces.visits == 1);
    }
  }

  TEST_CASE("each call brings one worker more") {
    ThreadPool pool(3);
    Meeting meeting(3);
    for (int i = 0; i < 3; ++i) pool.call(&meeting);
    while (meeting.began < 3) std::this_thread::yield();
    pool.dismiss(&meeting);
    CHECK(meeting.threads.size() == 3);
    CHECK(meeting.threads.count(std::this_thread::get_id()) == 0);
  }

  TEST_CASE("work without an end leaves room for other work") {
    ThreadPool pool(1);
    Pieces endless(1 << 30);
    Pieces other(3);
    pool.call(&endless);
    while (endless.done < 1) std::this_thread::yield();
    pool.call(&other);
    while (other.visits < 1) std::this_thread::yield();
    CHECK(other.done == 3);
    const int before = endless.done;
    while (endless.done <= before) std::this_thread::yield();
    pool.dismiss(&other);
    pool.dismiss(&endless);
  }

  TEST_CASE("after a dismissal no worker is in the work, whatever was left of it") {
    ThreadPool pool(2);
    for (int round = 0; round < 200; ++round) {
      Pieces pieces(1 << 30);
      for (int i = 0; i < 4; ++i) pool.call(&pieces);
      if (round % 2) {
        while (pieces.done < 1) std::this_thread::yield();
      }
      pieces.left = 0;
      pool.dismiss(&pieces);
      const int done = pieces.done;
      std::this_thread::yield();
      CHECK(pieces.done == done);
    }
  }

  TEST_CASE("the shared pool is one while it is held, and made anew after that") {
    std::shared_ptr<ThreadPool> first = ThreadPool::shared();
    CHECK(ThreadPool::shared() == first);
    const std::weak_ptr<ThreadPool> watched = first;
    first.reset();
    CHECK(watched.expired());
    CHECK(ThreadPool::shared() != nullptr);
  }

#if defined(__GLIBC__)
  TEST_CASE("where no thread starts there are no workers, and the next pool has them again") {
    {
      const NoThreads none;
      CHECK(ThreadPool(3).workers() == 0);
      const std::shared_ptr<ThreadPool> shared = ThreadPool::shared();
      CHECK(shared->workers() == 0);
      CHECK(ThreadPool::shared() == shared);
    }
    CHECK(ThreadPool(3).workers() == 3);
  }
#endif
}

}  // namespace
}  // namespace kamaelia
