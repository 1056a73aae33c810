// SPDX-License-Identifier: Apache-2.0
#include "dirac/stream_decoder.h"

#include <algorithm>
#include <utility>

#include "output_order.h"
#include "picture_decoder.h"
#include "picture_header.h"

namespace kamaelia::dirac {
namespace {

// Without a sequence header by then, it is no Dirac stream.
constexpr uint64_t kSearchLimit = uint64_t{1} << 20;
constexpr size_t kMaxReferences = 4;
// Whatever the option says: a slot of more does not fit the layout's 32 bits.
constexpr uint64_t kMostPixels = uint64_t{1} << 28;
// Rows are padded to it, and so are both sides of the deepest transform.
constexpr uint64_t kLeastSide = 64;

bool overLimit(const VideoFormat& format, uint64_t maxPixels) {
  const uint64_t limit = std::min(maxPixels, kMostPixels);
  const uint64_t cost =
      std::max<uint64_t>(format.width, kLeastSide) * std::max<uint64_t>(format.height, kLeastSide);
  return uint64_t{format.width} * format.height > limit ||
         cost > std::max(limit, kLeastSide * kLeastSide);
}

// Names what of a format this decoder does not do, or nullptr.
const char* unsupportedFormat(const VideoFormat& format) {
  if (format.lumaDepth > 8 || format.chromaDepth > 8) return "more than 8 bits a sample";
  if (format.lumaDepth < 8 || format.chromaDepth < 8) return "less than 8 bits a sample";
  if (format.pictureCodingMode == 1) return "field coding";
  return nullptr;
}

const char* unsupportedCode(uint8_t code) {
  if (isHighQuality(code)) return "the VC-2 high quality profile";
  if (isLowDelay(code)) return "the VC-2 low delay profile";
  if (!usesArithmeticCoding(code)) return "core syntax without arithmetic coding (VLC)";
  return nullptr;
}

}  // namespace

StreamDecoder::StreamDecoder(const DecoderOptions& options)
    : options_(options),
      parser_(options.maxUnitBytes),
      pictures_(std::make_unique<PictureDecoder>(options)),
      order_(std::make_unique<OutputOrder>()) {
  options_.threads = std::clamp(options_.threads, 1, 64);
}

StreamDecoder::~StreamDecoder() { reset(); }

size_t StreamDecoder::push(const uint8_t* data, size_t size) {
  if (finished_ || failed_) return 0;
  const size_t taken = parser_.push(data, size);
  stats_.bytes += taken;
  return taken;
}

void StreamDecoder::finish() {
  finished_ = true;
  parser_.finish();
}

void StreamDecoder::reset() {
  parser_.reset();
  WaitingPicture picture;
  while (order_->next(true, &picture)) {
    if (slots_) slots_->release(picture.slot);
  }
  order_->restart();
  while (!references_.empty()) dropReference(0);
  dropEvents();
  finished_ = ended_ = failed_ = false;
  discontinuity_ = outputIndex_ > 0;
  searchedFrom_ = parser_.position();
}

// Pictures that nobody took give their slots back. Formats stay: their slots are still to be
// provided.
void StreamDecoder::dropEvents() {
  std::erase_if(events_, [this](const Event& event) {
    if (event.kind == Event::Kind::kPicture && event.generation == generation_ && slots_) {
      slots_->release(event.slot);
    }
    return event.kind != Event::Kind::kFormat;
  });
}

void StreamDecoder::provideSlots(uint32_t generation, std::shared_ptr<SlotTable> slots) {
  if (generation == generation_) slots_ = std::move(slots);
}

bool StreamDecoder::nextEvent(Event* event) {
  if (events_.empty()) return false;
  *event = events_.front();
  events_.pop_front();
  return true;
}

Step StreamDecoder::fail(Status status) {
  failed_ = true;
  deliver(true);
  Event event;
  event.kind = Event::Kind::kError;
  event.status = status;
  events_.push_back(event);
  return Step::kFailed;
}

Step StreamDecoder::step() {
  if (failed_) return Step::kFailed;
  if (ended_) return Step::kEnd;
  if (haveFormat_ && !slots_) return Step::kNeedSlots;
  Unit unit;
  switch (parser_.next(&unit)) {
    case StreamParser::Result::kUnit: {
      stats_.bytesSkipped = parser_.bytesSkipped();
      stats_.lostSync = parser_.lostSync();
      return handleUnit(unit);
    }
    case StreamParser::Result::kNeedInput:
      if (!haveFormat_ && parser_.position() - searchedFrom_ > kSearchLimit) {
        return fail(
            {Code::kNoSequenceHeader, parser_.position(), "no sequence header in the first MiB"});
      }
      return Step::kNeedInput;
    default:
      break;
  }
  stats_.bytesSkipped = parser_.bytesSkipped();
  if (!haveFormat_) {
    return fail({Code::kNoSequenceHeader, parser_.position(), "no sequence header in the input"});
  }
  endSequence();
  ended_ = true;
  Event event;
  event.kind = Event::Kind::kEnd;
  events_.push_back(event);
  return Step::kEnd;
}

Step StreamDecoder::handleUnit(const Unit& unit) {
  if (isPicture(unit.code) && haveFormat_ && inSequence_) return decodePicture(unit);
  ++stats_.units;
  if (unit.code == kSequenceHeader) return beginSequence(unit);
  if (unit.code == kEndOfSequence) endSequence();
  if (isPicture(unit.code)) ++stats_.skippedPictures;  // before any sequence header
  return Step::kProgress;
}

void StreamDecoder::endSequence() {
  deliver(true);
  order_->restart();
  while (!references_.empty()) dropReference(0);
  if (inSequence_) discontinuity_ = true;
  inSequence_ = false;
}

Step StreamDecoder::beginSequence(const Unit& unit) {
  // Repeated within a sequence, the header is the same to the byte.
  if (inSequence_ && header_.size() == unit.size &&
      std::equal(header_.begin(), header_.end(), unit.payload)) {
    return Step::kProgress;
  }
  VideoFormat format;
  const Status status = parseSequenceHeader(unit.payload, unit.size, &format);
  if (!status.ok() || unit.damaged) {
    // A damaged repetition says nothing new; without any header so far the search goes on.
    return Step::kProgress;
  }
  if (inSequence_) endSequence();
  if (overLimit(format, options_.maxPixels)) {
    return fail({Code::kLimit, unit.position, "maxPixels"});
  }
  if (const char* detail = unsupportedFormat(format)) return unsupported(unit, detail);
  header_.assign(unit.payload, unit.payload + unit.size);
  inSequence_ = true;
  ++stats_.sequences;
  if (haveFormat_ && format == format_) return Step::kProgress;
  const FrameLayout layout = layoutOf(format);
  format_ = format;
  layout_ = layout;
  haveFormat_ = true;
  ++generation_;
  slots_.reset();
  spares_.clear();
  pictures_->configure(format_, layout_);
  Event event;
  event.kind = Event::Kind::kFormat;
  event.generation = generation_;
  event.format = format_;
  event.layout = layout_;
  events_.push_back(event);
  return Step::kProgress;
}

Step StreamDecoder::unsupported(const Unit& unit, const char* detail) {
  return fail({Code::kUnsupported, unit.position, detail});
}

Step StreamDecoder::decodePicture(const Unit& unit) {
  if (const char* detail = unsupportedCode(unit.code)) return unsupported(unit, detail);
  const int32_t slot = slots_->acquire();
  if (slot < 0) {
    parser_.giveBack();
    return Step::kNeedSlot;
  }
  ++stats_.units;
  BitReader bits(unit.payload, unit.size);
  PictureHeader header;
  readPictureHeader(bits, unit.code, &header);
  ReferencePicture* references[2] = {};
  if (bits.overrun()) {
    slots_->release(slot);
    ++stats_.skippedPictures;
    return Step::kProgress;
  }
  if (!findReferences(header, references)) {
    slots_->release(slot);
    skipPicture(header);
    return Step::kProgress;
  }
  bool damaged = unit.damaged;
  for (int i = 0; i < header.references; ++i) damaged = damaged || references[i]->damaged;
  bool made = false;
  const Status status =
      pictures_->decode(unit, bits, header, references, slots_->data(slot), &made);
  if (status.code == Code::kUnsupported) {
    slots_->release(slot);
    return unsupported(unit, status.detail);
  }
  if (!made) {
    slots_->release(slot);
    skipPicture(header);
    return Step::kProgress;
  }
  damaged = damaged || !status.ok();
  ++stats_.pictures;
  if (damaged) ++stats_.damaged;
  store(header, slot, damaged);
  deliver(false);
  return Step::kProgress;
}

// The picture is gone: nobody is to wait for it, and what it retires is retired all the same.
void StreamDecoder::skipPicture(const PictureHeader& header) {
  ++stats_.skippedPictures;
  if (header.retires) retire(header.retired);
  order_->skip(header.number);
  deliver(false);
}

void StreamDecoder::store(const PictureHeader& header, int32_t slot, bool damaged) {
  WaitingPicture waiting;
  waiting.number = header.number;
  waiting.slot = slot;
  waiting.flags = (damaged ? kDamaged : 0u) | (header.references == 0 ? kIntra : 0u) |
                  (header.isReference ? kReference : 0u);
  order_->add(waiting);
  if (!header.isReference) return;
  if (header.retires) retire(header.retired);
  // Never more than the specification's buffer holds: the oldest goes where a damaged stream
  // retires too little.
  if (references_.size() >= kMaxReferences) dropReference(0);
  std::unique_ptr<ReferencePicture> picture;
  if (spares_.empty()) {
    picture = std::make_unique<ReferencePicture>();
  } else {
    picture = std::move(spares_.back());
    spares_.pop_back();
  }
  slots_->retain(slot);
  picture->number = header.number;
  picture->slot = slot;
  picture->base = slots_->data(slot);
  picture->damaged = damaged;
  picture->upsampled = false;
  references_.push_back(std::move(picture));
}

bool StreamDecoder::findReferences(const PictureHeader& header, ReferencePicture** found) {
  for (int i = 0; i < header.references; ++i) {
    for (const auto& reference : references_) {
      if (reference->number == header.reference[i]) found[i] = reference.get();
    }
    if (found[i] == nullptr) return false;
  }
  return true;
}

void StreamDecoder::retire(uint32_t number) {
  for (size_t at = 0; at < references_.size(); ++at) {
    if (references_[at]->number == number) return dropReference(at);
  }
}

void StreamDecoder::dropReference(size_t at) {
  if (slots_) slots_->release(references_[at]->slot);
  spares_.push_back(std::move(references_[at]));
  references_.erase(references_.begin() + static_cast<ptrdiff_t>(at));
}

void StreamDecoder::deliver(bool flush) {
  WaitingPicture picture;
  while (order_->next(flush, &picture)) {
    Event event;
    event.kind = Event::Kind::kPicture;
    event.generation = generation_;
    event.slot = picture.slot;
    event.pts = outputIndex_++;
    event.pictureNumber = picture.number;
    event.flags = picture.flags;
    if (discontinuity_) {
      event.flags |= kDiscontinuity;
      discontinuity_ = false;
    }
    ++stats_.delivered;
    events_.push_back(event);
  }
}

}  // namespace kamaelia::dirac
