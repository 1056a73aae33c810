// SPDX-License-Identifier: Apache-2.0
#include "common/job_queue.h"

#include <algorithm>
#include <utility>

namespace kamaelia {

JobQueue::JobQueue(std::shared_ptr<ThreadPool> pool, size_t threads)
    : pool_(std::move(pool)), mostHelpers_(std::min(pool_->workers(), threads - 1)) {}

JobQueue::~JobQueue() { pool_->dismiss(this); }

void JobQueue::add(Job* job) {
  std::unique_lock lock(mutex_);
  job->done_.store(false, std::memory_order_relaxed);
  job->between_ = true;
  job->tasks_ = job->next_ = job->left_ = 0;
  job->last_ = {};
  jobs_.push_back(job);
  prepare(lock);
}

bool JobQueue::work() {
  std::unique_lock lock(mutex_);
  if (jobs_.empty()) return false;
  if (!doPiece(lock)) changed_.wait(lock);
  return true;
}

bool JobQueue::doPiece() {
  std::unique_lock lock(mutex_);
  if (doPiece(lock)) return true;
  --helpers_;
  return false;
}

bool JobQueue::doPiece(std::unique_lock<std::mutex>& lock) {
  Job* const job = choose(std::this_thread::get_id());
  if (job == nullptr) return false;
  const size_t task = job->next_++;
  job->last_ = std::this_thread::get_id();
  lock.unlock();
  job->run(task);
  lock.lock();
  if (--job->left_ > 0) return true;
  job->between_ = true;
  prepare(lock);
  return true;
}

// What a job wrote in one phase it reads in the next: best on the thread that has it in its cache.
Job* JobQueue::choose(std::thread::id self) const {
  Job* best = nullptr;
  int worth = 0;
  for (Job* job : jobs_) {
    if (job->next_ == job->tasks_) continue;
    const int its = job->last_ == self ? 3 : job->last_ == std::thread::id{} ? 2 : 1;
    if (its <= worth) continue;
    worth = its;
    best = job;
  }
  return best;
}

// Moves every job on that has come to the end of a phase. Who ends one does so at once: others may
// be asleep.
void JobQueue::prepare(std::unique_lock<std::mutex>& lock) {
  for (;;) {
    const auto at = std::find_if(jobs_.begin(), jobs_.end(),
                                 [](Job* job) { return job->between_ && job->ready(); });
    if (at == jobs_.end()) break;
    Job* const job = *at;
    job->between_ = false;
    lock.unlock();
    const size_t tasks = job->nextPhase();
    lock.lock();
    if (tasks == 0) {
      std::erase(jobs_, job);
      job->done_.store(true, std::memory_order_release);
    } else if (tasks == Job::kBlocked) {
      job->between_ = true;
    } else {
      job->tasks_ = job->left_ = tasks;
      job->next_ = 0;
    }
  }
  callOthers();
  changed_.notify_all();
}

void JobQueue::callOthers() {
  size_t tasks = 0;
  for (const Job* job : jobs_) tasks += job->tasks_ - job->next_;
  for (; helpers_ < std::min(mostHelpers_, tasks); ++helpers_) pool_->call(this);
}

}  // namespace kamaelia
