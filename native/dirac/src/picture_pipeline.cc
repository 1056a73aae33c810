// SPDX-License-Identifier: Apache-2.0
#include "picture_pipeline.h"

#include <algorithm>

namespace kamaelia::dirac {
namespace {

constexpr size_t kSlotsOfPicture = 4;

// One more than there are threads: while the last tasks of the oldest picture are at work, those of
// the one behind it may have to wait for it.
size_t mostPictures(int threads) {
  if (threads == 1) return 1;
  return std::min(static_cast<size_t>(threads) + 1, PicturePipeline::kMostPictures);
}

}  // namespace

PicturePipeline::PicturePipeline(const DecoderOptions& options)
    : options_(options),
      most_(mostPictures(options.threads)),
      queue_(ThreadPool::shared(), static_cast<size_t>(options.threads)) {}

void PicturePipeline::configure(const VideoFormat& format, size_t slotBytes) {
  format_ = format;
  slotBytes_ = slotBytes;
  decoders_.clear();
  vacant_.clear();
}

void PicturePipeline::beginSequence() {
  const bool deep = format_.lumaDepth > 8 || format_.chromaDepth > 8;
  history_.begin(!deep, options_.quantiserDialect);
}

size_t PicturePipeline::memory() const {
  size_t bytes = 0;
  for (const auto& decoder : decoders_) bytes += decoder->memory();
  return bytes;
}

// Each decoder comes to hold as much as the one that holds most; before any picture was done, that
// is taken for coefficients of 32 bits.
size_t PicturePipeline::allowed(size_t otherMemory) const {
  if (slotBytes_ == 0) return most_;  // no format is known
  size_t each = 0;
  for (const auto& decoder : decoders_) each = std::max(each, decoder->memory());
  if (each == 0) each = kSlotsOfPicture * slotBytes_;
  const size_t limit = kMostSlotsOfMemory * slotBytes_;
  return std::clamp<size_t>((limit - std::min(limit, otherMemory)) / each, 1, most_);
}

bool PicturePipeline::hasRoom(size_t otherMemory) const {
  return working_.size() < allowed(otherMemory);
}

PictureDecoder* PicturePipeline::vacant(size_t otherMemory) {
  const size_t most = allowed(otherMemory);
  if (working_.size() >= most) return nullptr;
  while (decoders_.size() > most && vacant_.size() > 1) {
    std::erase_if(decoders_, [this](const auto& one) { return one.get() == vacant_.back(); });
    vacant_.pop_back();
  }
  if (vacant_.empty()) {
    decoders_.push_back(std::make_unique<PictureDecoder>(options_, &history_, most_ > 1));
    decoders_.back()->configure(format_);
    vacant_.push_back(decoders_.back().get());
  }
  return vacant_.back();
}

void PicturePipeline::begin() {
  working_.push_back(vacant_.back());
  vacant_.pop_back();
}

void PicturePipeline::await(const PictureDecoder* decoder) {
  while (!decoder->done() && queue_.work()) continue;
}

void PicturePipeline::goOn(PictureDecoder* decoder) {
  queue_.add(decoder);
  while (most_ == 1 && queue_.work()) continue;
}

void PicturePipeline::abandon(PictureDecoder* decoder) {
  std::erase(working_, decoder);
  vacant_.push_back(decoder);
}

PictureDecoder* PicturePipeline::takeDone() {
  const auto at = std::find_if(working_.begin(), working_.end(), [](const PictureDecoder* decoder) {
    return decoder->hasAll() && decoder->done();
  });
  if (at == working_.end()) return nullptr;
  PictureDecoder* const decoder = *at;
  working_.erase(at);
  vacant_.push_back(decoder);
  return decoder;
}

}  // namespace kamaelia::dirac
