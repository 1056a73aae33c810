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

// Work that comes in pieces.
class PooledWork {
 public:
  // Does a piece, on a worker of a pool. False where there is none at the moment: the worker
  // leaves.
  virtual bool doPiece() = 0;

 protected:
  ~PooledWork() = default;
};

// One pool a library image, alive while somebody holds it, with as many workers as there are cores
// less one.
class ThreadPool {
 public:
  // The pool of this image, made on first use; dropping the last pointer joins its workers.
  static std::shared_ptr<ThreadPool> shared();

  // workers: threads beside the callers, fewer where the system gives no more; 0 is allowed and
  // leaves all work to the callers.
  explicit ThreadPool(size_t workers);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  size_t workers() const { return threads_.size(); }

  // One worker more comes to the work when it can, and stays until there is no piece; between two
  // pieces it turns to whatever else waits for workers. Never waits itself. work: until dismiss().
  void call(PooledWork* work);
  // No worker will come any more; waits until those that are there have done their piece. Not from
  // inside doPiece().
  void dismiss(PooledWork* work);

 private:
  struct Visit {
    PooledWork* work;
    bool dismissed = false;
  };

  void visit();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable left_;
  std::deque<PooledWork*> calls_;
  std::vector<Visit*> visits_;  // one for each worker that is at work
  bool closing_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace kamaelia
