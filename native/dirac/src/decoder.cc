// SPDX-License-Identifier: Apache-2.0
#include "dirac/decoder.h"

#include <algorithm>
#include <utility>

#include "dirac/stream_decoder.h"

namespace kamaelia::dirac {
namespace {

DecoderOptions withCancel(DecoderOptions options, const std::atomic<bool>* cancel) {
  options.cancel = cancel;
  return options;
}

}  // namespace

Decoder::Decoder(const DecoderOptions& options, Wake wake, void* context)
    : wake_(wake),
      context_(context),
      engine_(std::make_unique<StreamDecoder>(withCancel(options, &cancel_))) {
  thread_ = std::thread([this] { work(); });
}

Decoder::~Decoder() { close(); }

size_t Decoder::push(const uint8_t* data, size_t size) {
  const std::lock_guard lock(mutex_);
  if (closing_ || finished_) return 0;
  const size_t room = queue_.size() >= kQueueBytes ? 0 : kQueueBytes - queue_.size();
  const size_t taken = std::min(size, room);
  queue_.insert(queue_.end(), data, data + taken);
  pushed_ += taken;
  wasFull_ = taken < size;
  if (taken > 0) changed_.notify_all();
  return taken;
}

bool Decoder::pushChunk(const uint8_t* data, size_t size) {
  const std::lock_guard lock(mutex_);
  if (closing_ || finished_) return false;
  if (!queue_.empty() && queue_.size() + size > kQueueBytes) {
    wasFull_ = true;
    return false;
  }
  queue_.insert(queue_.end(), data, data + size);
  pushed_ += size;
  changed_.notify_all();
  return true;
}

void Decoder::finish() {
  const std::lock_guard lock(mutex_);
  finished_ = true;
  changed_.notify_all();
}

void Decoder::reset() {
  const std::lock_guard lock(mutex_);
  if (closing_) return;
  cancel_ = true;
  resetting_ = true;
  finished_ = false;
  wasFull_ = false;
  queue_.clear();
  dropEvents();
  changed_.notify_all();
}

// Pictures that nobody took give their slots back. Formats stay: their slots are still to be
// provided.
void Decoder::dropEvents() {
  std::deque<DecoderEvent> kept;
  for (const DecoderEvent& waiting : events_) {
    const Event& event = waiting.event;
    if (waiting.kind != DecoderEvent::Kind::kEngine) continue;
    if (event.kind == Event::Kind::kFormat) {
      kept.push_back(waiting);
    } else if (event.kind == Event::Kind::kPicture && waiting.slots) {
      waiting.slots->release(event.slot);
    }
  }
  events_ = std::move(kept);
}

size_t Decoder::poll(DecoderEvent* events, size_t capacity) {
  const std::lock_guard lock(mutex_);
  rung_ = false;
  const size_t count = std::min(capacity, events_.size());
  std::copy_n(events_.begin(), count, events);
  events_.erase(events_.begin(), events_.begin() + static_cast<ptrdiff_t>(count));
  if (count > 0) changed_.notify_all();
  return count;
}

void Decoder::provideSlots(uint32_t generation, std::shared_ptr<SlotTable> slots) {
  const std::lock_guard lock(mutex_);
  provided_ = std::move(slots);
  providedGeneration_ = generation;
  slotsChanged_ = true;
  changed_.notify_all();
}

void Decoder::released() {
  const std::lock_guard lock(mutex_);
  ++releases_;
  slotsChanged_ = true;
  changed_.notify_all();
}

void Decoder::close() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    cancel_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  const std::lock_guard lock(mutex_);
  dropEvents();
  events_.clear();
  queue_.clear();
  engine_.reset();
}

Stats Decoder::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void Decoder::ring(std::unique_lock<std::mutex>& lock) {
  if (rung_ || closing_) return;
  rung_ = true;
  lock.unlock();
  wake_(context_);
  lock.lock();
}

void Decoder::takeEvents(std::unique_lock<std::mutex>& lock) {
  DecoderEvent waiting;
  bool any = false;
  while (engine_->nextEvent(&waiting.event)) {
    if (waiting.event.kind == Event::Kind::kFormat) generation_ = waiting.event.generation;
    waiting.slots = waiting.event.kind == Event::Kind::kPicture ? slots_ : nullptr;
    events_.push_back(waiting);
    any = true;
  }
  if (resetting_) dropEvents();
  if (any) ring(lock);
}

void Decoder::startAnew(std::unique_lock<std::mutex>& lock) {
  resetting_ = false;
  feeding_.clear();
  fedTo_ = 0;
  lock.unlock();
  engine_->reset();
  lock.lock();
  // What was at work has been broken off.
  if (!resetting_ && !closing_) cancel_ = false;
}

// Hands queued bytes to the engine, as many as it takes: at least one when it asks for input. False
// when there were none.
bool Decoder::feed(std::unique_lock<std::mutex>& lock) {
  bool room = false;
  if (fedTo_ == feeding_.size()) {
    if (queue_.empty()) return false;
    feeding_.clear();
    fedTo_ = 0;
    std::swap(queue_, feeding_);
    std::swap(room, wasFull_);
    fed_ = true;
  }
  fedTo_ += engine_->push(feeding_.data() + fedTo_, feeding_.size() - fedTo_);
  if (room) ring(lock);
  return true;
}

// Does some of what is at work while there is no input. False where there is nothing.
bool Decoder::goOn(std::unique_lock<std::mutex>& lock) {
  lock.unlock();
  const bool some = engine_->work();
  const Stats stats = engine_->stats();
  lock.lock();
  stats_ = stats;
  takeEvents(lock);
  return some;
}

void Decoder::say(DecoderEvent::Kind kind, std::unique_lock<std::mutex>& lock) {
  DecoderEvent waiting;
  waiting.kind = kind;
  waiting.releases = releases_;
  waiting.pushed = pushed_;
  waiting.event.generation = generation_;
  events_.push_back(waiting);
  ring(lock);
}

// Waits until the reason for which the engine stopped may be gone. False when the thread is to end.
bool Decoder::waitFor(std::unique_lock<std::mutex>& lock, Step step) {
  const auto until = [&](auto condition) {
    changed_.wait(lock, [&] { return closing_ || resetting_ || condition(); });
    return !closing_;
  };
  switch (step) {
    case Step::kProgress:
      return true;
    case Step::kNeedInput:
      if (feed(lock) || goOn(lock)) return true;
      // It was unlocked: input may have come, and even its end.
      if (closing_ || resetting_ || !queue_.empty()) return true;
      if (finished_) {
        engine_->finish();
        return true;
      }
      if (fed_) {
        fed_ = false;
        say(DecoderEvent::Kind::kNeedInput, lock);
      }
      return until([&] { return !queue_.empty() || finished_; });
    case Step::kNeedSlots:
    case Step::kNeedSlot: {
      if (step == Step::kNeedSlot && !slotsChanged_) say(DecoderEvent::Kind::kNeedSlot, lock);
      if (!until([&] { return slotsChanged_; })) return false;
      slotsChanged_ = false;
      if (provided_ && providedGeneration_ == generation_ && provided_ != slots_) {
        slots_ = provided_;
        engine_->provideSlots(generation_, slots_);
      }
      return true;
    }
    default:
      return until([] { return false; });
  }
}

void Decoder::work() {
  std::unique_lock lock(mutex_);
  while (!closing_) {
    if (resetting_) startAnew(lock);
    changed_.wait(lock, [this] { return closing_ || resetting_ || events_.size() < kQueueEvents; });
    if (closing_ || resetting_) continue;
    lock.unlock();
    const Step step = engine_->step();
    const Stats stats = engine_->stats();
    lock.lock();
    stats_ = stats;
    takeEvents(lock);
    // What is queued by now is for the time after the reset.
    if (resetting_) continue;
    if (!waitFor(lock, step)) return;
  }
}

}  // namespace kamaelia::dirac
