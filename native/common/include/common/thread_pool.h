// SPDX-License-Identifier: Apache-2.0
// Threads shared by all decoders of one library image.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace kamaelia {

// One pool a library image, alive while somebody holds it, with as many workers as there are cores
// less one.
class ThreadPool {
 public:
  // The pool of this image, made on first use; dropping the last pointer joins its workers.
  static std::shared_ptr<ThreadPool> shared();

  // workers: threads beside the callers; 0 is allowed and leaves all work to them.
  explicit ThreadPool(size_t workers);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // Runs fn(context, i) for every i below count, each once, on at most maxThreads threads of which
  // the caller is one, and returns when all are done. Order is not defined. May be called from
  // several threads at once, not from inside fn.
  void parallelFor(size_t count, size_t maxThreads, void (*fn)(void* context, size_t index),
                   void* context);

  template <typename Function>
  void parallelFor(size_t count, size_t maxThreads, Function&& function) {
    auto* target = &function;
    parallelFor(
        count, maxThreads,
        [](void* context, size_t index) { (*static_cast<decltype(target)>(context))(index); },
        target);
  }

 private:
  struct Job;

  void work();
  static void take(Job& job);

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::shared_ptr<Job>> jobs_;
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace kamaelia
