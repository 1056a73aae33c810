// SPDX-License-Identifier: Apache-2.0
#include "common/thread_pool.h"

#include <algorithm>
#include <system_error>

namespace kamaelia {

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
  // The system may have no thread left. Callers do all work that workers do not.
  try {
    while (threads_.size() < workers) threads_.emplace_back([this] { visit(); });
  } catch (const std::system_error&) {
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::call(PooledWork* work) {
  {
    const std::lock_guard lock(mutex_);
    calls_.push_back(work);
  }
  wake_.notify_one();
}

void ThreadPool::dismiss(PooledWork* work) {
  std::unique_lock lock(mutex_);
  std::erase(calls_, work);
  for (Visit* visit : visits_) visit->dismissed = visit->dismissed || visit->work == work;
  left_.wait(lock, [&] {
    return std::none_of(visits_.begin(), visits_.end(),
                        [work](const Visit* visit) { return visit->work == work; });
  });
}

void ThreadPool::visit() {
  std::unique_lock lock(mutex_);
  for (;;) {
    wake_.wait(lock, [this] { return closing_ || !calls_.empty(); });
    if (closing_) return;
    Visit visit{calls_.front()};
    calls_.pop_front();
    visits_.push_back(&visit);
    bool more = false;
    do {
      lock.unlock();
      more = visit.work->doPiece();
      lock.lock();
    } while (more && calls_.empty() && !visit.dismissed && !closing_);
    if (more && !visit.dismissed) calls_.push_back(visit.work);
    std::erase(visits_, &visit);
    left_.notify_all();
  }
}

}  // namespace kamaelia
