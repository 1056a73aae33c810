// SPDX-License-Identifier: Apache-2.0
// The decoder on a thread of its own.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "common/slot_table.h"
#include "dirac/types.h"

namespace kamaelia::dirac {

class StreamDecoder;

// What poll() gives: an event of the engine, or word of what the decoder waits for.
struct DecoderEvent {
  enum class Kind : uint8_t {
    kEngine,     // event
    kNeedSlot,   // all slots of event.generation are taken: release one or add some
    kNeedInput,  // everything pushed so far has been used
  };
  Kind kind = Kind::kEngine;
  // Calls of released() that the thread had seen; if more were made since, kNeedSlot is old news.
  uint64_t releases = 0;
  // Bytes that the queue had taken since the decoder was opened; if more were pushed since,
  // kNeedInput is old news.
  uint64_t pushed = 0;
  Event event;
  std::shared_ptr<SlotTable> slots;  // of a picture: whose count it has
};

// A StreamDecoder that works on its own thread behind a bounded byte queue. All calls are for one
// other thread and never wait for decoding, but close(), which waits for the piece of work under
// way.
class Decoder {
 public:
  // Bytes that wait at most, beside a chunk larger than that given to an empty queue.
  static constexpr size_t kQueueBytes = size_t{1} << 20;
  // Events that wait at most before decoding pauses.
  static constexpr size_t kQueueEvents = 32;

  using Wake = void (*)(void* context);

  // wake: called on the decoder's thread when there is something for poll() or room for push()
  // after it was full; then not again before the next poll().
  Decoder(const DecoderOptions& options, Wake wake, void* context);
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  // Bytes taken (copied): fewer than `size` when the queue is full, 0 included, and after finish()
  // or close().
  size_t push(const uint8_t* data, size_t size);
  // All or nothing; an empty queue takes a chunk of any size.
  bool pushChunk(const uint8_t* data, size_t size);
  // No more input will come.
  void finish();
  // Begins anew, as before a seek or after the end or an error: input, references and undelivered
  // pictures are forgotten.
  void reset();
  // Up to `capacity` events, in order.
  size_t poll(DecoderEvent* events, size_t capacity);
  // The slots of a generation; a table that grows is announced by released().
  void provideSlots(uint32_t generation, std::shared_ptr<SlotTable> slots);
  // A slot came free or was added.
  void released();
  // Ends the thread; further calls do nothing. Undelivered pictures give their slots back.
  void close();

  Stats stats() const;

 private:
  void work();
  void takeEvents(std::unique_lock<std::mutex>& lock);
  bool waitFor(std::unique_lock<std::mutex>& lock, Step step);
  bool feed(std::unique_lock<std::mutex>& lock);
  bool goOn(std::unique_lock<std::mutex>& lock);
  void startAnew(std::unique_lock<std::mutex>& lock);
  void ring(std::unique_lock<std::mutex>& lock);
  void dropEvents();
  void say(DecoderEvent::Kind kind, std::unique_lock<std::mutex>& lock);

  const Wake wake_;
  void* const context_;
  std::atomic<bool> cancel_{false};
  std::unique_ptr<StreamDecoder> engine_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<uint8_t> queue_;
  std::vector<uint8_t> feeding_;  // what the thread took from the queue
  size_t fedTo_ = 0;              // how much of it the engine has
  std::deque<DecoderEvent> events_;
  std::shared_ptr<SlotTable> slots_;
  std::shared_ptr<SlotTable> provided_;
  uint32_t generation_ = 0;
  uint32_t providedGeneration_ = 0;
  bool rung_ = false;
  bool wasFull_ = false;
  bool finished_ = false;
  bool resetting_ = false;
  bool closing_ = false;
  bool slotsChanged_ = false;
  bool fed_ = false;  // since the last kNeedInput
  uint64_t releases_ = 0;
  uint64_t pushed_ = 0;
  Stats stats_;
  std::thread thread_;
};

}  // namespace kamaelia::dirac
