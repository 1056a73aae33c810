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

namespace kamaelia {
class BitReader;
}

namespace kamaelia::dirac {

class AuxiliaryUnits;
class FieldFrames;
class OutputOrder;
class PictureDecoder;
class PicturePipeline;
class ReferenceBuffer;
struct OpenFrame;
struct PictureHeader;
struct ReferencePicture;
struct WaitingPicture;

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

  // With several threads, pictures may be at work when it returns, whatever it returns but kEnd,
  // kFailed and kNeedSlot; with the option lowDelay none is when it returns kNeedInput.
  Step step();
  // Goes on with pictures that are at work: does a piece, or waits until other threads have done
  // one. False where no picture is at work. To be called before waiting for input.
  bool work();
  // Events pile up only as long as step() and work() are called without taking them; a call makes
  // at most OutputOrder::kDepth + 2, and as many as there may be pictures at work.
  bool nextEvent(Event* event);

  // The slots of the generation that the last format event named. A picture's slot is counted once
  // for the receiver.
  void provideSlots(uint32_t generation, std::shared_ptr<SlotTable> slots);

  const Stats& stats() const { return stats_; }
  // Pictures that may be at work at the same time: one more than there are threads, but 1 with a
  // single thread and 8 at most; fewer where slots are few or pictures need much memory.
  size_t mostPicturesAtWork() const;
  // The most bytes that pictures at work and half-pel planes of references have taken, beside the
  // slots.
  size_t workingMemory() const { return mostMemory_; }

 private:
  struct PictureWork;
  struct DuePicture;
  struct OpenPicture;

  Step handleUnit(const Unit& unit);
  Step beginSequence(const Unit& unit);
  Step decodePicture(const Unit& unit);
  Step decodeFragment(const Unit& unit);
  Step beginFragments(const Unit& unit, uint32_t number, BitReader& bits);
  bool decodeArriving();
  bool openArriving(const Unit& unit);
  bool opened(const Unit& unit) const;
  void addArrived(const Unit& unit);
  void open(PictureDecoder* decoder, PictureWork work);
  void decodeOpened();
  void closeOpened();
  Step unsupported(const Unit& unit, const char* detail);
  Step fail(Status status);
  void endSequence();
  void dropEvents();
  void deliver(bool flush);
  bool takeSlot(PictureWork* work);
  void giveSlotBack(const PictureWork& work);
  void skipPicture(const PictureHeader& header);
  Step postpone(Step reason);
  void start(PictureDecoder* decoder, PictureWork work);
  void takeDone();
  void settle();
  void finishFrame(const WaitingPicture& picture, Event* event);
  size_t referenceMemory() const;
  void store(PictureWork* work);
  void storeField(WaitingPicture field);
  bool findReferences(PictureWork* work);
  ReferencePicture* substitute(uint32_t number, const FrameLayout& layout);
  bool inDecodingOrder() const { return options_.lowDelay && !referenceSeen_; }
  OpenFrame& frameOf(uint32_t field);
  bool fieldCoding() const { return format_.pictureCodingMode == 1; }
  const FrameLayout& layoutOfPicture(uint32_t number) const;
  void closeFrame(OpenFrame frame);

  DecoderOptions options_;
  StreamParser parser_;
  std::unique_ptr<PicturePipeline> pictures_;
  std::vector<PictureWork> working_;  // of the pictures at work, in their order
  std::unique_ptr<OutputOrder> order_;
  std::unique_ptr<ReferenceBuffer> references_;
  std::unique_ptr<FieldFrames> frames_;  // that lack a field
  std::unique_ptr<OpenPicture> opened_;  // of which slices come one after the other
  std::unique_ptr<AuxiliaryUnits> auxiliary_;
  // Stand in for a missing reference of a lower field, and of any other picture.
  std::unique_ptr<ReferencePicture> grey_[2];
  std::vector<uint8_t> greySamples_;
  std::deque<DuePicture> due_;  // in their order
  std::deque<Event> events_;
  std::shared_ptr<SlotTable> slots_;
  std::vector<uint8_t> header_;  // of the current sequence, as it came
  VideoFormat format_;
  FrameLayout layout_;
  FrameLayout fieldLayout_[2];  // of rows 0, 2, 4... and of rows 1, 3, 5...
  uint32_t generation_ = 0;
  bool haveFormat_ = false;
  bool inSequence_ = false;
  bool referenceSeen_ = false;  // by the sequence
  bool discontinuity_ = false;
  bool finished_ = false;
  bool ended_ = false;
  bool failed_ = false;
  int64_t outputIndex_ = 0;
  uint64_t searchedFrom_ = 0;  // stream position from which a sequence header is looked for
  size_t mostMemory_ = 0;
  Stats stats_;
};

}  // namespace kamaelia::dirac
