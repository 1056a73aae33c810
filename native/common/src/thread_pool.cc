// SPDX-License-Identifier: Apache-2.0
#include "common/thread_pool.h"

#include <algorithm>
#include <atomic>

namespace kamaelia {

struct ThreadPool::Job {
  size_t count;
  void (*fn)(void*, size_t);
  void* context;
  size_t seats;  // workers that may still join; guarded by the pool's mutex
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::condition_variable finished;
  size_t done = 0;
};

std::shared_ptr<ThreadPool> ThreadPool::shared() {
  // The registry itself is trivial to destroy; the pool goes with its last holder.
  static std::mutex mutex;
  static std::weak_ptr<ThreadPool> current;
  const std::lock_guard lock(mutex);
  std::shared_ptr<ThreadPool> pool = current.lock();
  if (!pool) {
    const size_t cores = std::max(1u, std::thread::hardware_concurrency());
    pool = std::make_shared<ThreadPool>(cores - 1);
    current = pool;
  }
  return pool;
}

ThreadPool::ThreadPool(size_t workers) {
  threads_.reserve(workers);
  for (size_t i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::take(Job& job) {
  size_t mine = 0;
  for (;;) {
    const size_t index = job.next.fetch_add(1, std::memory_order_relaxed);
    if (index >= job.count) break;
    job.fn(job.context, index);
    ++mine;
  }
  if (mine == 0) return;
  const std::lock_guard lock(job.mutex);
  job.done += mine;
  if (job.done == job.count) job.finished.notify_all();
}

void ThreadPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return closing_ || !jobs_.empty(); });
    if (closing_) return;
    const std::shared_ptr<Job> job = jobs_.front();
    if (--job->seats == 0) jobs_.pop_front();
    lock.unlock();
    take(*job);
    lock.lock();
  }
}

void ThreadPool::parallelFor(size_t count, size_t maxThreads, void (*fn)(void*, size_t),
                             void* context) {
  const size_t helpers =
      std::min({threads_.size(), count > 0 ? count - 1 : 0, maxThreads > 0 ? maxThreads - 1 : 0});
  if (helpers == 0) {
    for (size_t i = 0; i < count; ++i) fn(context, i);
    return;
  }
  const auto job = std::make_shared<Job>();
  job->count = count;
  job->fn = fn;
  job->context = context;
  job->seats = helpers;
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(job);
  }
  for (size_t i = 0; i < helpers; ++i) wake_.notify_one();
  take(*job);
  {
    // Workers that have not joined by now would find nothing to do.
    const std::lock_guard lock(mutex_);
    const auto at = std::find(jobs_.begin(), jobs_.end(), job);
    if (at != jobs_.end()) jobs_.erase(at);
  }
  std::unique_lock lock(job->mutex);
  job->finished.wait(lock, [&] { return job->done == job->count; });
}

}  // namespace kamaelia
