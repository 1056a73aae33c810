// SPDX-License-Identifier: Apache-2.0
#include "common/job_queue.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace kamaelia {
namespace {

// What ran, in the order in which it began.
struct Log {
  std::mutex mutex;
  std::vector<int> jobs;
  std::set<std::thread::id> threads;
  size_t inside = 0;
  size_t mostInside = 0;

  void enter(int job) {
    const std::lock_guard lock(mutex);
    jobs.push_back(job);
    threads.insert(std::this_thread::get_id());
    mostInside = std::max(mostInside, ++inside);
  }

  void leave() {
    const std::lock_guard lock(mutex);
    --inside;
  }
};

// Phases of so many tasks each; the phase at `blockedAt` waits for another job to be done.
class Phases final : public Job {
 public:
  Phases(Log* log, int number, std::vector<size_t> tasks, const Job* other = nullptr,
         size_t blockedAt = 0)
      : log_(log),
        number_(number),
        tasks_(std::move(tasks)),
        other_(other),
        blockedAt_(blockedAt) {}

  bool ready() const override { return other_ == nullptr || at_ != blockedAt_ || other_->done(); }

  size_t nextPhase() override {
    if (!ready()) return kBlocked;
    wrong += at_ > 0 && ran_ != runs_.size();
    if (at_ == tasks_.size()) return 0;
    runs_ = std::vector<std::atomic<int>>(tasks_[at_]);
    ran_ = 0;
    return tasks_[at_++];
  }

  void run(size_t task) override {
    log_->enter(number_);
    wrong += runs_[task].fetch_add(1) != 0;
    wrong += other_ != nullptr && at_ > blockedAt_ && !other_->done();
    ++ran_;
    log_->leave();
  }

  std::atomic<int> wrong{0};

 private:
  Log* log_;
  int number_;
  std::vector<size_t> tasks_;
  const Job* other_;
  size_t blockedAt_;
  size_t at_ = 0;
  std::vector<std::atomic<int>> runs_;
  std::atomic<size_t> ran_{0};
};

// Notes whose tasks are taken, in their order. Workers stay in theirs until they are let go, so
// that a test knows where everybody is.
class Gate {
 public:
  void pass(int job) {
    std::unique_lock lock(mutex_);
    (self() ? owners : others).push_back(job);
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_ || self(); });
  }

  void waitForOthers(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return others.size() >= count; });
  }

  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

  std::vector<int> owners;
  std::vector<int> others;

 private:
  bool self() const { return std::this_thread::get_id() == owner_; }

  const std::thread::id owner_ = std::this_thread::get_id();
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

class Gated final : public Job {
 public:
  Gated(Gate* gate, int number, std::vector<size_t> phases)
      : gate_(gate), number_(number), phases_(std::move(phases)) {}

  size_t nextPhase() override { return at_ < phases_.size() ? phases_[at_++] : 0; }
  void run(size_t) override { gate_->pass(number_); }

 private:
  Gate* gate_;
  int number_;
  std::vector<size_t> phases_;
  size_t at_ = 0;
};

// Other work of the pool, which has a worker until it is let go.
class Elsewhere final : public PooledWork {
 public:
  explicit Elsewhere(Gate* gate) : gate_(gate) {}

  bool doPiece() override {
    gate_->pass(0);
    return false;
  }

 private:
  Gate* gate_;
};

TEST_SUITE("job queue") {
  TEST_CASE("every task of every phase runs once, behind those of the phase in front") {
    for (const size_t workers : {0, 1, 3}) {
      const auto pool = std::make_shared<ThreadPool>(workers);
      for (const size_t threads : {1, 2, 4}) {
        for (int round = 0; round < 20; ++round) {
          Log log;
          std::deque<Phases> jobs;
          JobQueue queue(pool, threads);
          for (int i = 0; i < 5; ++i) {
            jobs.emplace_back(&log, i, std::vector<size_t>{3, 1, 20, 2});
            queue.add(&jobs.back());
          }
          while (queue.work()) continue;
          for (const Phases& job : jobs) {
            CHECK(job.done());
            CHECK(job.wrong == 0);
          }
          CHECK(log.jobs.size() == 5 * 26);
          CHECK(log.mostInside <= threads);
        }
      }
    }
  }

  TEST_CASE("a single thread takes the oldest job first") {
    Log log;
    JobQueue queue(std::make_shared<ThreadPool>(2), 1);
    Phases first(&log, 1, {2, 2});
    Phases second(&log, 2, {1});
    queue.add(&first);
    queue.add(&second);
    CHECK(queue.work());
    CHECK(log.jobs == std::vector<int>{1});
    while (queue.work()) continue;
    CHECK(log.jobs == std::vector<int>{1, 1, 1, 1, 2});
    CHECK(log.threads == std::set{std::this_thread::get_id()});
  }

  TEST_CASE("a thread goes on with its job, then takes one that nobody has, then helps another") {
    Gate gate;
    JobQueue queue(std::make_shared<ThreadPool>(1), 2);
    Gated first(&gate, 1, {3});
    Gated second(&gate, 2, {2, 1});
    Gated third(&gate, 3, {2});
    queue.add(&first);
    gate.waitForOthers(1);
    queue.add(&second);
    queue.add(&third);
    for (int i = 0; i < 7; ++i) CHECK(queue.work());
    CHECK(gate.owners == std::vector<int>{2, 2, 2, 3, 3, 1, 1});
    CHECK(gate.others == std::vector<int>{1});
    gate.open();
    while (queue.work()) continue;
    CHECK(first.done());
  }

  TEST_CASE("a thread that has helped another goes on with that job") {
    Gate gate;
    JobQueue queue(std::make_shared<ThreadPool>(1), 2);
    Gated first(&gate, 1, {3});
    queue.add(&first);
    gate.waitForOthers(1);
    CHECK(queue.work());
    Gated second(&gate, 2, {1});
    queue.add(&second);
    CHECK(queue.work());
    CHECK(queue.work());
    CHECK(gate.owners == std::vector<int>{1, 1, 2});
    gate.open();
    while (queue.work()) continue;
  }

  TEST_CASE("of jobs that others have, a thread helps the oldest") {
    Gate gate;
    Gate elsewhere;
    const auto pool = std::make_shared<ThreadPool>(2);
    Elsewhere other(&elsewhere);
    JobQueue queue(pool, 3);
    pool->call(&other);
    elsewhere.waitForOthers(1);
    Gated first(&gate, 1, {3});
    Gated second(&gate, 2, {3});
    queue.add(&first);
    gate.waitForOthers(1);
    queue.add(&second);
    elsewhere.open();
    gate.waitForOthers(2);
    CHECK(gate.others == std::vector<int>{1, 2});
    CHECK(queue.work());
    CHECK(gate.owners == std::vector<int>{1});
    gate.open();
    while (queue.work()) continue;
    CHECK(first.done());
    CHECK(second.done());
    pool->dismiss(&other);
  }

  TEST_CASE("a job waits for an older one where it has to, and what is behind it does not") {
    Log log;
    JobQueue queue(std::make_shared<ThreadPool>(0), 1);
    Phases first(&log, 1, {1, 3});
    Phases second(&log, 2, {1, 1}, &first, 1);
    Phases third(&log, 3, {1});
    for (Phases* job : {&first, &second, &third}) queue.add(job);
    while (queue.work()) continue;
    CHECK(log.jobs == std::vector<int>{1, 1, 1, 1, 2, 2, 3});
    CHECK(second.wrong == 0);
  }

  TEST_CASE("chains of jobs that wait for each other come to an end, however many threads") {
    const auto pool = std::make_shared<ThreadPool>(3);
    for (int round = 0; round < 100; ++round) {
      Log log;
      std::deque<Phases> jobs;
      JobQueue queue(pool, 4);
      for (int i = 0; i < 6; ++i) {
        jobs.emplace_back(&log, i, std::vector<size_t>{2, 4}, i > 0 ? &jobs.back() : nullptr, 1);
        queue.add(&jobs.back());
      }
      while (queue.work()) continue;
      for (const Phases& job : jobs) CHECK(job.wrong == 0);
      CHECK(log.jobs.size() == 36);
    }
  }

  TEST_CASE("workers come to the end without the owner") {
    Log log;
    JobQueue queue(std::make_shared<ThreadPool>(1), 2);
    Phases job(&log, 1, {5, 1, 7});
    queue.add(&job);
    while (!job.done()) std::this_thread::yield();
    CHECK(log.jobs.size() == 13);
    CHECK(log.threads.count(std::this_thread::get_id()) == 0);
    CHECK_FALSE(queue.work());
  }

  TEST_CASE("a job that is done may begin again") {
    Log log;
    JobQueue queue(std::make_shared<ThreadPool>(1), 2);
    class Again final : public Job {
     public:
      size_t nextPhase() override { return phase++ % 2 == 0 ? 4 : 0; }
      void run(size_t) override { ++ran; }
      int phase = 0;
      std::atomic<int> ran{0};
    } job;
    CHECK(job.done());
    for (int i = 0; i < 100; ++i) {
      queue.add(&job);
      while (queue.work()) continue;
      CHECK(job.done());
    }
    CHECK(job.ran == 400);
  }

  TEST_CASE("several queues share a pool, and each owner gets all of his own work") {
    const auto pool = std::make_shared<ThreadPool>(2);
    std::atomic<int> good{0};
    std::vector<std::thread> owners;
    for (int owner = 0; owner < 3; ++owner) {
      owners.emplace_back([&] {
        for (int round = 0; round < 30; ++round) {
          Log log;
          JobQueue queue(pool, 3);
          Phases first(&log, 1, {10, 10});
          Phases second(&log, 2, {10}, &first, 0);
          queue.add(&first);
          queue.add(&second);
          while (queue.work()) continue;
          if (log.jobs.size() == 30 && first.wrong + second.wrong == 0) ++good;
        }
      });
    }
    for (std::thread& thread : owners) thread.join();
    CHECK(good == 90);
  }
}

}  // namespace
}  // namespace kamaelia
