// SPDX-License-Identifier: Apache-2.0
// Several pictures at work at the same time.
#pragma once

#include <memory>
#include <vector>

#include "common/job_queue.h"
#include "picture_decoder.h"

namespace kamaelia::dirac {

// The decoders of pictures, as many as may be at work. With one thread it is one, and a picture is
// decoded as
// far as it can be when goOn() returns.
class PicturePipeline {
 public:
  // At work at most, whatever the number of threads.
  static constexpr size_t kMostPictures = 8;
  // What pictures at work and half-pel planes may take together, in slots of the format: 56 MB for
  // 1920x1080 in 4:2:0 of 8 bits. One picture is decoded whatever it takes.
  static constexpr size_t kMostSlotsOfMemory = 18;

  explicit PicturePipeline(const DecoderOptions& options);

  // No picture is at work.
  void configure(const VideoFormat& format, size_t slotBytes);
  void beginSequence();

  // Pictures at work at most.
  size_t most() const { return most_; }
  // Whether another picture may begin. otherMemory: bytes of half-pel planes.
  bool hasRoom(size_t otherMemory) const;
  // The decoder on which the next picture can begin, or nullptr while there is no room.
  PictureDecoder* vacant(size_t otherMemory);
  // The vacant decoder's picture has begun: it is among those at work until it is done.
  void begin();
  // Waits until what was to be done of a picture is done.
  void await(const PictureDecoder* decoder);
  // Decodes a picture as far as what has come of it leads.
  void goOn(PictureDecoder* decoder);
  // A picture of which nothing is to be done any more.
  void abandon(PictureDecoder* decoder);
  // Does a piece of the work, or waits until other threads have done one. False where there is
  // none.
  bool work() { return queue_.work(); }
  // A decoder whose picture is done, each once, or nullptr. Valid until the next picture begins.
  PictureDecoder* takeDone();
  bool empty() const { return working_.empty(); }
  // Bytes held for pictures at work and to come.
  size_t memory() const;

 private:
  size_t allowed(size_t otherMemory) const;

  const DecoderOptions options_;
  const size_t most_;
  CoefficientHistory history_;
  VideoFormat format_;
  size_t slotBytes_ = 0;
  std::vector<std::unique_ptr<PictureDecoder>> decoders_;
  std::vector<PictureDecoder*> vacant_;
  std::vector<PictureDecoder*> working_;
  JobQueue queue_;
};

}  // namespace kamaelia::dirac
