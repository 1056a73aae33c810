// SPDX-License-Identifier: Apache-2.0
#include "dirac/stream_decoder.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "auxiliary.h"
#include "field_frames.h"
#include "fragments.h"
#include "output_order.h"
#include "picture_decoder.h"
#include "picture_header.h"
#include "reference_buffer.h"

namespace kamaelia::dirac {
namespace {

// Without a sequence header by then, it is no Dirac stream.
constexpr uint64_t kSearchLimit = uint64_t{1} << 20;
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

DecoderOptions withSaneThreads(DecoderOptions options) {
  options.threads = std::clamp(options.threads, 1, 64);
  return options;
}

// Names what of a format this decoder does not do, or nullptr.
const char* unsupportedFormat(const VideoFormat& format) {
  if (format.lumaDepth > 16 || format.chromaDepth > 16) return "more than 16 bits a sample";
  if (format.lumaDepth < 8 || format.chromaDepth < 8) return "less than 8 bits a sample";
  return nullptr;
}

// What Dirac has as a low delay reference, VC-2 from version 3 on has as a fragment.
bool isFragment(uint8_t code, const VideoFormat& format) {
  return format.majorVersion >= 3 && (code == 0xCC || code == 0xEC);
}

}  // namespace

// A picture on its way from its unit into a slot.
struct StreamDecoder::PictureWork {
  PictureHeader header;
  int32_t slot = -1;
  bool own =
      false;  // the slot was taken for this picture, and is not that of its frame's other field
  const FrameLayout* layout = nullptr;
  ReferencePicture* references[2] = {};
  bool damaged = false;
  std::shared_ptr<const SideData> sideData;
  std::shared_ptr<const LowBand> lowBand;
  std::optional<Checksum> checksum;
};

StreamDecoder::StreamDecoder(const DecoderOptions& options)
    : options_(withSaneThreads(options)),
      parser_(options.maxUnitBytes),
      pictures_(std::make_unique<PictureDecoder>(options_)),
      order_(std::make_unique<OutputOrder>()),
      references_(std::make_unique<ReferenceBuffer>()),
      frames_(std::make_unique<FieldFrames>()),
      fragmented_(std::make_unique<FragmentedPicture>(options.maxUnitBytes)),
      auxiliary_(std::make_unique<AuxiliaryUnits>()) {}

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
  if (fragmentedWork_) giveSlotBack(*fragmentedWork_);
  fragmentedWork_.reset();
  fragmented_->end();
  while (!frames_->empty()) {
    const int32_t slot = frames_->takeOldest().picture.slot;
    if (slot >= 0 && slots_) slots_->release(slot);
  }
  references_->clear(slots_.get());
  auxiliary_->clear();
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
  if (isPicture(unit.code) && haveFormat_ && inSequence_) {
    return isFragment(unit.code, format_) ? decodeFragment(unit) : decodePicture(unit);
  }
  ++stats_.units;
  if (unit.code == kSequenceHeader) return beginSequence(unit);
  if (unit.code == kEndOfSequence) {
    endSequence();
  } else if (unit.code == kPadding) {
    ++stats_.padding;
  } else if (isPicture(unit.code)) {
    ++stats_.skippedPictures;  // before any sequence header
  } else {
    ++stats_.auxiliary;
    if (!unit.damaged) auxiliary_->add(unit);
  }
  return Step::kProgress;
}

void StreamDecoder::endSequence() {
  finishFragments();
  while (!frames_->empty()) closeFrame(frames_->takeOldest());
  deliver(true);
  order_->restart();
  references_->clear(slots_.get());
  auxiliary_->clear();
  if (inSequence_) discontinuity_ = true;
  inSequence_ = false;
}

Step StreamDecoder::beginSequence(const Unit& unit) {
  // Repeated within a sequence, the header is the same to the byte.
  if (inSequence_ && header_.size() == unit.size &&
      std::equal(header_.begin(), header_.end(), unit.payload)) {
    // It stands between pictures: one that came in fragments does not wait for another to begin.
    finishFragments();
    return Step::kProgress;
  }
  // Without a usable header so far the search goes on.
  VideoFormat format;
  if (!parseSequenceHeader(unit.payload, unit.size, &format).ok()) return Step::kProgress;
  if (unit.damaged) {
    // A damaged repetition says nothing new. Any other counts if it fills its unit: then it is what
    // follows that was lost.
    VideoFormat shorter;
    const bool fills = !parseSequenceHeader(unit.payload, unit.size - 1, &shorter).ok();
    if (inSequence_ || !fills) return Step::kProgress;
  }
  if (inSequence_) endSequence();
  if (overLimit(format, options_.maxPixels)) {
    return fail({Code::kLimit, unit.position, "maxPixels"});
  }
  if (const char* detail = unsupportedFormat(format)) return unsupported(unit, detail);
  header_.assign(unit.payload, unit.payload + unit.size);
  inSequence_ = true;
  ++stats_.sequences;
  if (haveFormat_ && format == format_) {
    pictures_->beginSequence();
    return Step::kProgress;
  }
  const FrameLayout layout = layoutOf(format);
  format_ = format;
  layout_ = layout;
  haveFormat_ = true;
  ++generation_;
  slots_.reset();
  references_->shrink();
  references_->limit(ReferenceBuffer::kMostFrames * (fieldCoding() ? 2 : 1));
  grey_.reset();
  for (int parity = 0; parity < 2; ++parity) fieldLayout_[parity] = fieldOf(layout_, parity);
  pictures_->configure(format_);
  pictures_->beginSequence();
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

const FrameLayout& StreamDecoder::layoutOfPicture(uint32_t number) const {
  if (!fieldCoding()) return layout_;
  // The first field in time is the upper one where the format says so.
  return fieldLayout_[(number & 1) == (format_.topFieldFirst ? 1 : 0)];
}

// The slot of the frame's other field, or a new one. False when there is none.
bool StreamDecoder::takeSlot(PictureWork* work) {
  const uint32_t number = work->header.number;
  work->layout = &layoutOfPicture(number);
  OpenFrame* frame = fieldCoding() ? frames_->find(number) : nullptr;
  work->own = frame == nullptr || frame->picture.slot < 0;
  work->slot = work->own ? slots_->acquire() : frame->picture.slot;
  return work->slot >= 0;
}

void StreamDecoder::giveSlotBack(const PictureWork& work) {
  if (work.own && slots_) slots_->release(work.slot);
}

Step StreamDecoder::decodePicture(const Unit& unit) {
  finishFragments();
  PictureWork work;
  BitReader bits(unit.payload, unit.size);
  readPictureHeader(bits, unit.code, &work.header);
  if (bits.overrun()) {
    ++stats_.units;
    ++stats_.skippedPictures;
    return Step::kProgress;
  }
  if (!takeSlot(&work)) {
    parser_.giveBack();
    return Step::kNeedSlot;
  }
  ++stats_.units;
  work.sideData = auxiliary_->take(&work.checksum);
  bool damaged = unit.damaged;
  if (!findReferences(&work)) {
    giveSlotBack(work);
    skipPicture(work.header);
    return Step::kProgress;
  }
  const PictureTarget target{slots_->data(work.slot), work.layout, work.references};
  bool made = false;
  const Status status = pictures_->decode(unit, bits, work.header, target, &made);
  if (status.code == Code::kUnsupported) {
    giveSlotBack(work);
    return unsupported(unit, status.detail);
  }
  if (!made) {
    giveSlotBack(work);
    skipPicture(work.header);
    return Step::kProgress;
  }
  damaged = damaged || work.damaged || !status.ok();
  if (work.header.references == 0) work.lowBand = pictures_->lowBand();
  store(work, damaged);
  return Step::kProgress;
}

Step StreamDecoder::decodeFragment(const Unit& unit) {
  BitReader bits(unit.payload, unit.size);
  FragmentHeader header;
  if (!readFragmentHeader(bits, &header)) {
    ++stats_.units;
    if (fragmentedWork_) fragmentedWork_->damaged = true;
    return Step::kProgress;
  }
  if (header.slices > 0) {
    ++stats_.units;
    if (!fragmentedWork_ || header.picture != fragmented_->number()) return Step::kProgress;
    if (!fragmented_->add(header, bits).ok() || unit.damaged) fragmentedWork_->damaged = true;
    if (fragmented_->complete()) finishFragments();
    return Step::kProgress;
  }
  finishFragments();
  auto work = std::make_unique<PictureWork>();
  work->header.number = header.picture;
  if (!takeSlot(work.get())) {
    parser_.giveBack();
    return Step::kNeedSlot;
  }
  ++stats_.units;
  const Syntax syntax = isHighQuality(unit.code) ? Syntax::kHighQuality : Syntax::kLowDelay;
  Status status = fragmented_->begin(header.picture, bits, syntax, true);
  if (status.ok() &&
      tooManySlices(fragmented_->transform().slices, static_cast<int>(work->layout->plane[0].width),
                    static_cast<int>(work->layout->plane[0].height))) {
    status = {Code::kDamaged, unit.position, "more slices than samples"};
    fragmented_->end();
  }
  if (!status.ok()) {
    giveSlotBack(*work);
    if (status.code == Code::kUnsupported) return unsupported(unit, status.detail);
    skipPicture(work->header);
    return Step::kProgress;
  }
  work->sideData = auxiliary_->take(&work->checksum);
  fragmentedWork_ = std::move(work);
  return Step::kProgress;
}

// The picture that comes in fragments has all that will come.
void StreamDecoder::finishFragments() {
  if (!fragmentedWork_) return;
  const std::unique_ptr<PictureWork> work = std::move(fragmentedWork_);
  const PictureTarget target{slots_->data(work->slot), work->layout, work->references};
  const Status status = pictures_->decodeFragments(*fragmented_, target);
  fragmented_->end();
  work->lowBand = pictures_->lowBand();
  store(*work, work->damaged || !status.ok());
}

// The picture is gone: nobody is to wait for it, and what it retires is retired all the same.
void StreamDecoder::skipPicture(const PictureHeader& header) {
  ++stats_.skippedPictures;
  if (header.retires) references_->retire(header.retired, slots_.get());
  if (!fieldCoding()) {
    order_->skip(header.number);
    return deliver(false);
  }
  OpenFrame* frame = frames_->find(header.number);
  if (frame == nullptr) {
    if (frames_->full()) closeFrame(frames_->takeOldest());
    frame = &frames_->open(header.number);
  }
  frame->gone[header.number & 1] = true;
  if (frame->settled()) closeFrame(frames_->take(header.number));
  deliver(false);
}

// Both fields of a frame are there, or will not come.
void StreamDecoder::closeFrame(OpenFrame frame) {
  if (frame.picture.slot < 0) return order_->skip(frame.picture.number);
  uint8_t* base = slots_->data(frame.picture.slot);
  for (uint32_t field = 0; field < 2; ++field) {
    if (frame.made[field]) continue;
    const bool lower = &layoutOfPicture(field) == &fieldLayout_[1];
    doubleRows(base, layout_, lower ? 1 : 0);
    if (!(frame.picture.flags & kDamaged)) ++stats_.damaged;
    frame.picture.flags |= kDamaged;
  }
  fillLastRows(base, layout_);
  order_->add(frame.picture);
}

void StreamDecoder::store(const PictureWork& work, bool damaged) {
  const PictureHeader& header = work.header;
  ++stats_.pictures;
  // What is broken off, as by a reset, is no damage of the input.
  const bool cancelled = options_.cancel != nullptr && *options_.cancel;
  if (damaged && !cancelled) ++stats_.damaged;
  if (!damaged) verify(work);
  WaitingPicture waiting;
  waiting.number = header.number;
  waiting.slot = work.slot;
  waiting.flags = (damaged ? kDamaged : 0u) | (header.references == 0 ? kIntra : 0u) |
                  (header.isReference ? kReference : 0u);
  waiting.lowBand = work.lowBand;
  waiting.sideData = work.sideData;
  if (header.isReference) {
    if (header.retires) references_->retire(header.retired, slots_.get());
    references_->add(header.number, work.slot, *work.layout, damaged, slots_.get());
  }
  if (fieldCoding()) {
    storeField(std::move(waiting));
  } else {
    order_->add(waiting);
  }
  deliver(false);
}

void StreamDecoder::storeField(WaitingPicture field) {
  const uint32_t number = field.number;
  OpenFrame* frame = frames_->find(number);
  if (frame == nullptr) {
    if (frames_->full()) closeFrame(frames_->takeOldest());
    frame = &frames_->open(number);
  }
  WaitingPicture& whole = frame->picture;
  if (whole.slot < 0) {
    field.number = number >> 1;
    whole = std::move(field);
  } else {
    // A frame needs no other one when neither of its fields does.
    const uint32_t both = whole.flags & field.flags & kIntra;
    whole.flags = ((whole.flags | field.flags) & ~uint32_t{kIntra}) | both;
    whole.lowBand = nullptr;
    if (whole.sideData == nullptr) {
      whole.sideData = field.sideData;
    } else if (field.sideData != nullptr) {
      auto joined = std::make_shared<SideData>(*whole.sideData);
      joined->insert(joined->end(), field.sideData->begin(), field.sideData->end());
      whole.sideData = std::move(joined);
    }
  }
  frame->made[number & 1] = true;
  if (frame->settled()) closeFrame(frames_->take(number));
}

// Compares a picture with the checksum in front of it.
void StreamDecoder::verify(const PictureWork& work) {
  // How deeper samples are summed up nobody has said.
  if (!work.checksum || layout_.bytesPerSample > 1) return;
  const bool right = checksumOf(slots_->data(work.slot), *work.layout) == *work.checksum;
  ++(right ? stats_.checksumsRight : stats_.checksumsWrong);
}

bool StreamDecoder::findReferences(PictureWork* work) {
  const PictureHeader& header = work->header;
  for (int i = 0; i < header.references; ++i) {
    ReferencePicture* found = references_->find(header.reference[i]);
    if (found == nullptr) {
      if (options_.missingReferences == MissingReferences::kSkip) return false;
      found = substitute(header.reference[i], *work->layout);
      work->damaged = true;
    }
    work->damaged = work->damaged || found->damaged;
    work->references[i] = found;
  }
  return true;
}

// The nearest reference there is, or mid-grey.
ReferencePicture* StreamDecoder::substitute(uint32_t number, const FrameLayout& layout) {
  if (ReferencePicture* near = references_->nearest(number)) return near;
  if (grey_ == nullptr) {
    greySamples_.assign(layout_.slotBytes, 0x80);
    if (layout_.bytesPerSample == 2) {
      for (int c = 0; c < 3; ++c) {
        const FrameLayout::Plane& plane = layout_.plane[c];
        const uint32_t grey = 1u << ((c == 0 ? format_.lumaDepth : format_.chromaDepth) - 1);
        for (uint32_t i = 0; i < plane.stride * plane.height; ++i) {
          greySamples_[plane.offset + i] = static_cast<uint8_t>(i % 2 == 0 ? grey : grey >> 8);
        }
      }
    }
    grey_ = std::make_unique<ReferencePicture>();
    grey_->base = greySamples_.data();
    grey_->damaged = true;
  }
  grey_->layout = layout;
  grey_->upsampled = false;
  return grey_.get();
}

void StreamDecoder::deliver(bool flush) {
  WaitingPicture picture;
  while (order_->next(flush, &picture)) {
    Event event;
    event.kind = Event::Kind::kPicture;
    event.generation = generation_;
    event.slot = picture.slot;
    event.pts = outputIndex_++;
    event.pictureNumber = fieldCoding() ? picture.number << 1 : picture.number;
    event.flags = picture.flags;
    event.lowBand = picture.lowBand;
    event.sideData = picture.sideData;
    if (discontinuity_) {
      event.flags |= kDiscontinuity;
      discontinuity_ = false;
    }
    ++stats_.delivered;
    events_.push_back(event);
  }
}

}  // namespace kamaelia::dirac
