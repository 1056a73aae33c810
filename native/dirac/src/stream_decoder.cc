// SPDX-License-Identifier: Apache-2.0
#include "dirac/stream_decoder.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "auxiliary.h"
#include "field_frames.h"
#include "fragments.h"
#include "output_order.h"
#include "picture_header.h"
#include "picture_pipeline.h"
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
  ReferencePicture* self = nullptr;  // where it is one
  bool damaged = false;
  std::shared_ptr<const SideData> sideData;
  std::optional<Checksum> checksum;
  std::shared_ptr<PictureOutcome> outcome = std::make_shared<PictureOutcome>();
  const PictureDecoder* decoder = nullptr;
};

// A picture that has begun and of which slices are still to come: in fragments, or in a unit that
// is not whole yet.
struct StreamDecoder::OpenPicture {
  PictureWork work;
  PictureDecoder* decoder = nullptr;
  bool inFragments = false;
  uint64_t position = 0;  // of its unit
  size_t taken = 0;       // bytes of that unit's payload
};

// A picture that is due, and may still be at work.
struct StreamDecoder::DuePicture {
  Event event;
  WaitingPicture picture;
};

StreamDecoder::StreamDecoder(const DecoderOptions& options)
    : options_(withSaneThreads(options)),
      parser_(options.maxUnitBytes, options.lowDelay),
      pictures_(std::make_unique<PicturePipeline>(options_)),
      order_(std::make_unique<OutputOrder>()),
      references_(std::make_unique<ReferenceBuffer>()),
      frames_(std::make_unique<FieldFrames>()),
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
  while (work()) continue;
  parser_.reset();
  WaitingPicture picture;
  while (order_->next(true, &picture)) {
    if (slots_) slots_->release(picture.slot);
  }
  order_->restart();
  if (opened_) {
    giveSlotBack(opened_->work);
    pictures_->abandon(opened_->decoder);
    opened_.reset();
  }
  while (!frames_->empty()) {
    const int32_t slot = frames_->takeOldest().picture.slot;
    if (slot >= 0 && slots_) slots_->release(slot);
  }
  references_->clear(slots_.get());
  auxiliary_->clear();
  dropEvents();
  finished_ = ended_ = failed_ = referenceSeen_ = false;
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
  while (work()) continue;
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
  takeDone();
  if (!opened_ && !pictures_->hasRoom(referenceMemory())) {
    work();
    return Step::kProgress;
  }
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
      if (options_.lowDelay && (work() || decodeArriving())) return Step::kProgress;
      return Step::kNeedInput;
    default:
      break;
  }
  stats_.bytesSkipped = parser_.bytesSkipped();
  if (!haveFormat_) {
    return fail({Code::kNoSequenceHeader, parser_.position(), "no sequence header in the input"});
  }
  endSequence();
  while (work()) continue;
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
  closeOpened();
  while (!frames_->empty()) closeFrame(frames_->takeOldest());
  deliver(true);
  order_->restart();
  references_->clear(slots_.get());
  auxiliary_->clear();
  if (inSequence_) discontinuity_ = true;
  inSequence_ = referenceSeen_ = false;
}

Step StreamDecoder::beginSequence(const Unit& unit) {
  // Repeated within a sequence, the header is the same to the byte.
  if (inSequence_ && header_.size() == unit.size &&
      std::equal(header_.begin(), header_.end(), unit.payload)) {
    // It stands between pictures: one that came in fragments does not wait for another to begin.
    closeOpened();
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
  while (work()) continue;
  const FrameLayout layout = layoutOf(format);
  format_ = format;
  layout_ = layout;
  haveFormat_ = true;
  ++generation_;
  slots_.reset();
  references_->shrink();
  references_->limit(ReferenceBuffer::kMostFrames * (fieldCoding() ? 2 : 1));
  grey_[0].reset();
  grey_[1].reset();
  for (int parity = 0; parity < 2; ++parity) fieldLayout_[parity] = fieldOf(layout_, parity);
  pictures_->configure(format_, layout_.slotBytes);
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

// There is no slot, or no room: the unit comes again when there may be.
Step StreamDecoder::postpone(Step reason) {
  parser_.giveBack();
  return work() ? Step::kProgress : reason;
}

Step StreamDecoder::decodePicture(const Unit& unit) {
  if (opened(unit)) {
    ++stats_.units;
    opened_->work.damaged = opened_->work.damaged || unit.damaged;
    addArrived(unit);
    closeOpened();
    return Step::kProgress;
  }
  closeOpened();
  PictureWork work;
  BitReader bits(unit.payload, unit.size);
  readPictureHeader(bits, unit.code, &work.header);
  if (bits.overrun()) {
    ++stats_.units;
    ++stats_.skippedPictures;
    return Step::kProgress;
  }
  PictureDecoder* const decoder = pictures_->vacant(referenceMemory());
  if (decoder == nullptr) return postpone(Step::kProgress);
  if (!takeSlot(&work)) return postpone(Step::kNeedSlot);
  ++stats_.units;
  work.sideData = auxiliary_->take(&work.checksum);
  if (!findReferences(&work)) {
    giveSlotBack(work);
    skipPicture(work.header);
    return Step::kProgress;
  }
  bool made = false;
  const Status status = decoder->begin(unit, bits, work.header, *work.layout, &made);
  if (status.code == Code::kUnsupported) {
    giveSlotBack(work);
    return unsupported(unit, status.detail);
  }
  if (!made) {
    giveSlotBack(work);
    skipPicture(work.header);
    return Step::kProgress;
  }
  work.damaged = work.damaged || unit.damaged || !status.ok();
  pictures_->begin();
  start(decoder, std::move(work));
  return Step::kProgress;
}

Step StreamDecoder::decodeFragment(const Unit& unit) {
  BitReader bits(unit.payload, unit.size);
  FragmentHeader header;
  const bool usable = readFragmentHeader(bits, &header);
  if (usable && header.slices == 0) return beginFragments(unit, header.picture, bits);
  ++stats_.units;
  if (!opened_ || !opened_->inFragments) return Step::kProgress;
  if (!usable) {
    opened_->work.damaged = true;
    return Step::kProgress;
  }
  if (header.picture != opened_->work.header.number) return Step::kProgress;
  pictures_->await(opened_->decoder);
  ArrivingSlices& slices = opened_->decoder->slices();
  if (!slices.addFragment(header, bits).ok() || unit.damaged) opened_->work.damaged = true;
  if (slices.complete()) {
    closeOpened();
  } else {
    decodeOpened();
  }
  return Step::kProgress;
}

// A picture's first fragment, with its transform parameters.
Step StreamDecoder::beginFragments(const Unit& unit, uint32_t number, BitReader& bits) {
  closeOpened();
  PictureWork work;
  work.header.number = number;
  PictureDecoder* const decoder = pictures_->vacant(referenceMemory());
  if (decoder == nullptr) return postpone(Step::kProgress);
  if (!takeSlot(&work)) return postpone(Step::kNeedSlot);
  ++stats_.units;
  const Syntax syntax = isHighQuality(unit.code) ? Syntax::kHighQuality : Syntax::kLowDelay;
  const Status status = decoder->beginSlices(bits, syntax, *work.layout);
  if (!status.ok()) {
    giveSlotBack(work);
    if (status.code == Code::kUnsupported) return unsupported(unit, status.detail);
    skipPicture(work.header);
    return Step::kProgress;
  }
  open(decoder, std::move(work));
  opened_->inFragments = true;
  return Step::kProgress;
}

// Goes on with a picture whose unit is not whole yet. False where nothing came that is of use.
bool StreamDecoder::decodeArriving() {
  Unit unit;
  if (!haveFormat_ || !inSequence_ || !parser_.arriving(&unit)) return false;
  if (!isPicture(unit.code) || isCore(unit.code) || isFragment(unit.code, format_)) return false;
  if (!opened(unit) && !openArriving(unit)) return false;
  if (opened_->taken == unit.size) return false;
  addArrived(unit);
  decodeOpened();
  return true;
}

// False while its parameters are not there, or where it has no use to begin: that is settled when
// the unit is whole.
bool StreamDecoder::openArriving(const Unit& unit) {
  PictureWork work;
  BitReader bits(unit.payload, unit.size);
  readPictureHeader(bits, unit.code, &work.header);
  if (bits.overrun()) return false;
  closeOpened();
  PictureDecoder* const decoder = pictures_->vacant(referenceMemory());
  if (decoder == nullptr || !takeSlot(&work)) return false;
  const Syntax syntax = isHighQuality(unit.code) ? Syntax::kHighQuality : Syntax::kLowDelay;
  if (!decoder->beginSlices(bits, syntax, *work.layout).ok() || bits.overrun()) {
    giveSlotBack(work);
    return false;
  }
  open(decoder, std::move(work));
  opened_->position = unit.position;
  opened_->taken = static_cast<size_t>(bits.bytePosition());
  return true;
}

// Whether the open picture is that of the unit.
bool StreamDecoder::opened(const Unit& unit) const {
  return opened_ && !opened_->inFragments && opened_->position == unit.position;
}

// What the unit has more than it had.
void StreamDecoder::addArrived(const Unit& unit) {
  pictures_->await(opened_->decoder);
  opened_->decoder->slices().addBytes(unit.payload + opened_->taken, unit.size - opened_->taken);
  opened_->taken = unit.size;
}

void StreamDecoder::open(PictureDecoder* decoder, PictureWork work) {
  work.sideData = auxiliary_->take(&work.checksum);
  opened_ = std::make_unique<OpenPicture>();
  opened_->work = std::move(work);
  opened_->decoder = decoder;
  pictures_->begin();
}

// Without the option lowDelay all slices are decoded at the end, side by side with other pictures.
void StreamDecoder::decodeOpened() {
  if (options_.lowDelay && opened_->decoder->slices().anyRow()) pictures_->goOn(opened_->decoder);
}

// The open picture has all that will come.
void StreamDecoder::closeOpened() {
  if (!opened_) return;
  const std::unique_ptr<OpenPicture> picture = std::move(opened_);
  pictures_->await(picture->decoder);
  ArrivingSlices& slices = picture->decoder->slices();
  slices.end();
  picture->work.damaged = picture->work.damaged || !slices.complete();
  start(picture->decoder, std::move(picture->work));
}

// What is begun is stored at once, as if it were done, so that those behind it may begin too.
void StreamDecoder::start(PictureDecoder* decoder, PictureWork work) {
  // It may itself retire what it is predicted from.
  for (int i = 0; i < work.header.references; ++i) ++work.references[i]->users;
  store(&work);
  PictureTarget target;
  target.base = slots_->data(work.slot);
  target.layout = work.layout;
  std::copy_n(work.references, 2, target.references);
  target.self = work.self;
  // How the checksum of deeper samples is made nobody has said.
  if (layout_.bytesPerSample == 1) target.checksum = work.checksum;
  target.damaged = work.damaged;
  work.decoder = decoder;
  decoder->setTarget(target);
  working_.push_back(std::move(work));
  pictures_->goOn(decoder);
  takeDone();
}

bool StreamDecoder::work() {
  const bool some = pictures_->work();
  takeDone();
  return some;
}

// Notes what became of pictures, in whatever order they are done, and lets go of what they needed.
void StreamDecoder::takeDone() {
  size_t toCome = 0;
  mostMemory_ = std::max(mostMemory_, pictures_->memory() + references_->memory(&toCome));
  while (const PictureDecoder* decoder = pictures_->takeDone()) {
    const auto at =
        std::find_if(working_.begin(), working_.end(),
                     [decoder](const PictureWork& one) { return one.decoder == decoder; });
    const PictureWork& work = *at;
    ++stats_.pictures;
    // What is broken off, as by a reset, is no damage of the input.
    const bool cancelled = options_.cancel != nullptr && *options_.cancel;
    if (decoder->damaged() && !cancelled) ++stats_.damaged;
    if (decoder->checksumRight()) {
      ++(*decoder->checksumRight() ? stats_.checksumsRight : stats_.checksumsWrong);
    }
    *work.outcome = {true, decoder->damaged(), decoder->lowBand()};
    for (int i = 0; i < work.header.references; ++i) {
      references_->leave(work.references[i], slots_.get());
    }
    if (work.self != nullptr) references_->leave(work.self, slots_.get());
    working_.erase(at);
  }
  settle();
}

size_t StreamDecoder::mostPicturesAtWork() const { return pictures_->most(); }

size_t StreamDecoder::referenceMemory() const {
  size_t toCome = 0;
  return references_->memory(&toCome) + toCome;
}

// The picture is gone: nobody is to wait for it, and what it retires is retired all the same.
void StreamDecoder::skipPicture(const PictureHeader& header) {
  ++stats_.skippedPictures;
  if (header.retires) references_->retire(header.retired, slots_.get());
  if (!fieldCoding()) {
    order_->skip(header.number);
    return deliver(false);
  }
  OpenFrame& frame = frameOf(header.number);
  frame.gone[header.number & 1] = true;
  if (frame.settled()) closeFrame(frames_->take(header.number));
  deliver(false);
}

// The frame of a field, which may be the first of it that is there.
OpenFrame& StreamDecoder::frameOf(uint32_t field) {
  if (OpenFrame* frame = frames_->find(field)) return *frame;
  while (frames_->full() || (inDecodingOrder() && !frames_->empty())) {
    closeFrame(frames_->takeOldest());
  }
  return frames_->open(field);
}

// Both fields of a frame are there, or will not come.
void StreamDecoder::closeFrame(OpenFrame frame) {
  if (frame.picture.slot < 0) return order_->skip(frame.picture.number);
  for (uint32_t field = 0; field < 2; ++field) {
    const bool lower = &layoutOfPicture(field) == &fieldLayout_[1];
    frame.picture.missing[lower ? 1 : 0] = !frame.made[field];
  }
  frame.picture.woven = true;
  order_->add(frame.picture);
}

void StreamDecoder::store(PictureWork* work) {
  const PictureHeader& header = work->header;
  referenceSeen_ = referenceSeen_ || header.isReference || header.references > 0;
  WaitingPicture waiting;
  waiting.number = header.number;
  waiting.slot = work->slot;
  waiting.flags = (header.references == 0 ? kIntra : 0u) | (header.isReference ? kReference : 0u);
  waiting.outcome[0] = work->outcome;
  waiting.sideData = work->sideData;
  if (header.isReference) {
    if (header.retires) references_->retire(header.retired, slots_.get());
    work->self = references_->add(header.number, work->slot, *work->layout, slots_.get());
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
  OpenFrame& frame = frameOf(number);
  WaitingPicture& whole = frame.picture;
  if (whole.slot < 0) {
    field.number = number >> 1;
    whole = std::move(field);
  } else {
    // A frame needs no other one when neither of its fields does.
    const uint32_t both = whole.flags & field.flags & kIntra;
    whole.flags = ((whole.flags | field.flags) & ~uint32_t{kIntra}) | both;
    whole.outcome[1] = field.outcome[0];
    if (whole.sideData == nullptr) {
      whole.sideData = field.sideData;
    } else if (field.sideData != nullptr) {
      auto joined = std::make_shared<SideData>(*whole.sideData);
      joined->insert(joined->end(), field.sideData->begin(), field.sideData->end());
      whole.sideData = std::move(joined);
    }
  }
  frame.made[number & 1] = true;
  if (frame.settled()) closeFrame(frames_->take(number));
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
    work->references[i] = found;
  }
  return true;
}

// The nearest reference there is, or mid-grey.
ReferencePicture* StreamDecoder::substitute(uint32_t number, const FrameLayout& layout) {
  if (ReferencePicture* near = references_->nearest(number)) return near;
  std::unique_ptr<ReferencePicture>& grey = grey_[&layout == &fieldLayout_[1] ? 1 : 0];
  if (grey == nullptr) {
    greySamples_.assign(layout_.slotBytes, 0x80);
    if (layout_.bytesPerSample == 2) {
      for (int c = 0; c < 3; ++c) {
        const FrameLayout::Plane& plane = layout_.plane[c];
        const uint32_t value = 1u << ((c == 0 ? format_.lumaDepth : format_.chromaDepth) - 1);
        for (uint32_t i = 0; i < plane.stride * plane.height; ++i) {
          greySamples_[plane.offset + i] = static_cast<uint8_t>(i % 2 == 0 ? value : value >> 8);
        }
      }
    }
    grey = std::make_unique<ReferencePicture>();
    grey->base = greySamples_.data();
    grey->damaged = true;
    grey->layout = layout;
  }
  return grey.get();
}

void StreamDecoder::deliver(bool flush) {
  WaitingPicture picture;
  while (order_->next(flush || inDecodingOrder(), &picture)) {
    DuePicture due;
    due.event.kind = Event::Kind::kPicture;
    due.event.generation = generation_;
    due.event.slot = picture.slot;
    due.event.pts = outputIndex_++;
    due.event.pictureNumber = fieldCoding() ? picture.number << 1 : picture.number;
    due.event.flags = picture.flags;
    due.event.sideData = picture.sideData;
    if (discontinuity_) {
      due.event.flags |= kDiscontinuity;
      discontinuity_ = false;
    }
    due.picture = std::move(picture);
    due_.push_back(std::move(due));
  }
  settle();
}

// Gives out the due pictures that are done, up to the first that is not.
void StreamDecoder::settle() {
  while (!due_.empty()) {
    const WaitingPicture& picture = due_.front().picture;
    Event& event = due_.front().event;
    for (const auto& outcome : picture.outcome) {
      if (!outcome) continue;
      if (!outcome->done) return;
      if (outcome->damaged) event.flags |= kDamaged;
      if (!picture.outcome[1]) event.lowBand = outcome->lowBand;
    }
    if (picture.woven) finishFrame(picture, &event);
    ++stats_.delivered;
    events_.push_back(std::move(event));
    due_.pop_front();
  }
}

// Rows of a frame of fields that no field has given.
void StreamDecoder::finishFrame(const WaitingPicture& picture, Event* event) {
  uint8_t* base = slots_->data(picture.slot);
  for (int parity = 0; parity < 2; ++parity) {
    if (!picture.missing[parity]) continue;
    doubleRows(base, layout_, parity);
    if (!(event->flags & kDamaged)) ++stats_.damaged;
    event->flags |= kDamaged;
  }
  fillLastRows(base, layout_);
}

}  // namespace kamaelia::dirac
