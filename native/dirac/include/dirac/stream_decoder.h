// SPDX-License-Identifier: Apache-2.0
// The whole decoder without a thread of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "common/slot_table.h"
#include "dirac/stream_parser.h"
#include "dirac/types.h"

namespace kamaelia::dirac {

class PictureDecoder;
class OutputOrder;
struct ReferencePicture;
struct PictureHeader;

// Bytes in, pictures in presentation order out, one unit of work a step. Not for use by two threads
// at once, but for SlotTable, which the receiver of pictures may change at any time.
//
//   decoder.push(bytes); while (decoder.step() == Step::kProgress) while
//   (decoder.nextEvent(&event)) ...
class StreamDecoder {
 public:
  explicit StreamDecoder(const DecoderOptions& options);
  ~StreamDecoder();
  StreamDecoder(const StreamDecoder&) = delete;
  StreamDecoder& operator=(const StreamDecoder&) = delete;

  // Takes up to `size` bytes, copied; fewer when a unit of the largest size waits already.
  size_t push(const uint8_t* data, size_t size);
  // No more input: what waits is decoded and delivered, then comes the end event.
  void finish();
  // Begins anew, as before a seek or after the end or a failure: stream position, references and
  // pictures that were not taken are forgotten; slots and formats stay.
  void reset();

  Step step();
  // Events pile up only as long as step() is called without taking them; a step makes at most
  // OutputOrder::kDepth + 2.
  bool nextEvent(Event* event);

  // The slots of the generation that the last format event named. A picture's slot is counted once
  // for the receiver.
  void provideSlots(uint32_t generation, std::shared_ptr<SlotTable> slots);

  const Stats& stats() const { return stats_; }

 private:
  Step handleUnit(const Unit& unit);
  Step beginSequence(const Unit& unit);
  Step decodePicture(const Unit& unit);
  Step unsupported(const Unit& unit, const char* detail);
  Step fail(Status status);
  void endSequence();
  void dropEvents();
  void deliver(bool flush);
  void skipPicture(const PictureHeader& header);
  void store(const PictureHeader& header, int32_t slot, bool damaged);
  bool findReferences(const PictureHeader& header, ReferencePicture** found);
  void retire(uint32_t number);
  void dropReference(size_t at);

  DecoderOptions options_;
  StreamParser parser_;
  std::unique_ptr<PictureDecoder> pictures_;
  std::unique_ptr<OutputOrder> order_;
  std::vector<std::unique_ptr<ReferencePicture>> references_;
  std::vector<std::unique_ptr<ReferencePicture>> spares_;  // their half-pel planes are used again
  std::deque<Event> events_;
  std::shared_ptr<SlotTable> slots_;
  std::vector<uint8_t> header_;  // of the current sequence, as it came
  VideoFormat format_;
  FrameLayout layout_;
  uint32_t generation_ = 0;
  bool haveFormat_ = false;
  bool inSequence_ = false;
  bool discontinuity_ = false;
  bool finished_ = false;
  bool ended_ = false;
  bool failed_ = false;
  int64_t outputIndex_ = 0;
  uint64_t searchedFrom_ = 0;  // stream position from which a sequence header is looked for
  Stats stats_;
};

}  // namespace kamaelia::dirac
