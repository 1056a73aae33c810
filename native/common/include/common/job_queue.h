// SPDX-License-Identifier: Apache-2.0
// Jobs of several phases, worked on side by side.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "common/thread_pool.h"

namespace kamaelia {

// One piece of work, in phases one behind the other; the tasks of a phase may run at the same time.
// What a phase wrote is seen by the next one.
class Job {
 public:
  static constexpr size_t kBlocked = SIZE_MAX;

  Job() = default;
  virtual ~Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Sets the next phase up, on any thread, and gives the number of its tasks; 0: the job is done.
  // kBlocked: it waits for another job, and is asked again once ready().
  virtual size_t nextPhase() = 0;
  // Asked before nextPhase() with the queue locked: it looks at flags and no more.
  virtual bool ready() const { return true; }
  // One task of the phase; of each phase, every task below its number is run once.
  virtual void run(size_t task) = 0;

  // Neither waiting nor at work; what it did is seen by who sees this.
  bool done() const { return done_.load(std::memory_order_acquire); }

 private:
  friend class JobQueue;

  bool between_ = false;  // two phases
  size_t tasks_ = 0;      // of the phase
  size_t next_ = 0;       // to be handed out
  size_t left_ = 0;       // not finished yet
  std::thread::id last_;  // that took the last task
  std::atomic<bool> done_{true};
};

// Each thread goes on with the job of which it took the last task, else takes the oldest job that
// nobody has begun, else helps with the oldest. A job may wait for older ones only, so there always
// is something to do while a job is there. For one owner, but that jobs run on other threads too.
class JobQueue final : private PooledWork {
 public:
  // threads: that take part, of which the owner is one.
  JobQueue(std::shared_ptr<ThreadPool> pool, size_t threads);
  // All jobs have to be done.
  ~JobQueue();
  JobQueue(const JobQueue&) = delete;
  JobQueue& operator=(const JobQueue&) = delete;

  // The job begins; it stays the caller's, who keeps it until it is done.
  void add(Job* job);
  // The owner takes part: does a piece of work, or, where others have all that there is, waits for
  // one of them to come to an end with something. False where no job is left.
  bool work();

 private:
  bool doPiece() override;
  bool doPiece(std::unique_lock<std::mutex>& lock);
  Job* choose(std::thread::id self) const;
  void prepare(std::unique_lock<std::mutex>& lock);
  void callOthers();

  const std::shared_ptr<ThreadPool> pool_;
  const size_t mostHelpers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Job*> jobs_;  // from the oldest
  size_t helpers_ = 0;      // workers that were called and have not left
};

}  // namespace kamaelia
