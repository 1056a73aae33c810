// SPDX-License-Identifier: Apache-2.0
#include "picture_decoder.h"

#include <algorithm>

#include "common/cpu_flags.h"

namespace kamaelia::dirac {
namespace {

// Luma is rebuilt in stripes, several for each thread, and chroma in as large ones; each repeats a
// little of the work of the one above, and has rows in the making of its own. Without references,
// and with nobody to wait for it, a picture is cheapest in one, beside others that are at work.
constexpr int kStripesPerThread = 2;
constexpr int kMostStripes = 16;

PictureSize sizeOf(const FrameLayout& layout) {
  PictureSize size;
  for (int c = 0; c < 3; ++c) {
    size.width[c] = static_cast<int>(layout.plane[c].width);
    size.height[c] = static_cast<int>(layout.plane[c].height);
  }
  return size;
}

Syntax syntaxOf(uint8_t code) {
  if (isHighQuality(code)) return Syntax::kHighQuality;
  return isCore(code) ? Syntax::kCore : Syntax::kLowDelay;
}

// The fault that counts is the first.
void note(Status* worst, const Status& status) {
  if (worst->ok()) *worst = status;
}

}  // namespace

PictureDecoder::PictureDecoder(const DecoderOptions& options, CoefficientHistory* history,
                               bool copies)
    : options_(options),
      copies_(copies),
      coefficients_(options, history),
      rebuildShort_(cpuFlags()),
      rebuildWide_(cpuFlags()),
      rebuildDeep_(cpuFlags()) {
  initUpsample(&upsampling_, cpuFlags());
  initUpsample(&upsamplingDeep_, cpuFlags());
}

void PictureDecoder::configure(const VideoFormat& format) {
  format_ = format;
  bitDepth_[0] = static_cast<int>(format.lumaDepth);
  bitDepth_[1] = bitDepth_[2] = static_cast<int>(format.chromaDepth);
  deep_ = format.lumaDepth > 8 || format.chromaDepth > 8;
}

bool PictureDecoder::cancelled() {
  if (options_.cancel == nullptr || !options_.cancel->load(std::memory_order_relaxed)) return false;
  cutShort_ = true;
  return true;
}

void PictureDecoder::clear() {
  target_ = PictureTarget{};
  references_ = 0;
  damaged_ = false;
  cutShort_ = false;
  checksumRight_.reset();
  phase_ = Phase::kCodes;
  firstCodes_ = true;
  upsamplings_[0] = upsamplings_[1] = 0;
  prediction_ = PredictionParams{};
  transform_ = TransformParams{};
}

// What is left of a unit, where it may stay as long as the picture needs it.
BitReader PictureDecoder::kept(BitReader& bits) {
  bits.align();
  const auto size = static_cast<size_t>(bits.bytesLeft());
  if (!copies_) return {bits.bytes(), size};
  bytes_.assign(bits.bytes(), bits.bytes() + size);
  return {bytes_.data(), size};
}

Status PictureDecoder::begin(const Unit& unit, BitReader& bits, const PictureHeader& header,
                             const FrameLayout& layout, bool* made) {
  clear();
  *made = false;
  references_ = header.references;
  size_ = sizeOf(layout);
  BitReader data = kept(bits);
  Status worst;
  bool residual = true;
  if (references_ > 0) {
    bool usable = false;
    note(&worst, beginPrediction(data, usesArithmeticCoding(unit.code), &usable));
    if (!usable) return worst;
    data.align();
    residual = data.bit() == 0;
  }
  if (residual) {
    const Status status = beginResidual(data, unit);
    if (!transform_.present && references_ == 0) return status;
    note(&worst, status);
  }
  *made = true;
  return worst;
}

Status PictureDecoder::beginPrediction(BitReader& bits, bool arithmetic, bool* usable) {
  if (const Status status = readPredictionParams(bits, references_, &prediction_); !status.ok()) {
    return status;
  }
  *usable = true;
  bits.align();
  motionCoding_ = {references_, prediction_.usesGlobal, arithmetic};
  return findMotionData(bits, references_, &codedMotion_);
}

// bits is then at the data.
Status PictureDecoder::readParams(BitReader& bits, Syntax syntax) {
  if (const Status status =
          readTransformParams(bits, syntax, format_.majorVersion >= 3, &transform_);
      !status.ok()) {
    return status;
  }
  bits.align();
  if (syntax != Syntax::kCore &&
      tooManySlices(transform_.slices, size_.width[0], size_.height[0])) {
    return {Code::kDamaged, bits.bytePosition(), "more slices than samples"};
  }
  return {};
}

// transform_.present says whether there are coefficients.
Status PictureDecoder::beginResidual(BitReader& bits, const Unit& unit) {
  const Syntax syntax = syntaxOf(unit.code);
  if (const Status status = readParams(bits, syntax); !status.ok()) return status;
  const Status worst = syntax == Syntax::kCore ? coefficients_.findBands(bits, transform_)
                                               : coefficients_.findSlices(bits, transform_);
  transform_.present = true;
  coefficients_.start(transform_, size_,
                      {.intra = references_ == 0, .arithmetic = usesArithmeticCoding(unit.code)});
  return worst;
}

Status PictureDecoder::beginSlices(BitReader& bits, Syntax syntax, const FrameLayout& layout) {
  clear();
  size_ = sizeOf(layout);
  if (const Status status = readParams(bits, syntax); !status.ok()) return status;
  slices().begin(transform_);
  transform_.present = true;
  coefficients_.start(transform_, size_, {});
  return {};
}

void PictureDecoder::setTarget(const PictureTarget& target) {
  target_ = target;
  for (int i = 0; prediction_.precision > 0 && i < references_; ++i) {
    ReferencePicture& reference = *target_.references[i];
    if (reference.halfWanted) continue;
    reference.halfWanted = true;
    upsamplings_[i] = prepareUpsampling(&reference);
  }
}

bool PictureDecoder::ready() const {
  const ReferencePicture* const* references = target_.references;
  for (int i = 0; i < references_; ++i) {
    if (phase_ == Phase::kReferences && !references[i]->decoded) return false;
    if (phase_ == Phase::kHalfPlanes && prediction_.precision > 0 && !references[i]->halfReady) {
      return false;
    }
  }
  return true;
}

size_t PictureDecoder::nextPhase() {
  size_t tasks = 0;
  switch (phase_) {
    case Phase::kCodes:
      tasks = nextCodes();
      if (tasks > 0) return tasks;
      if (!hasAll()) return 0;
      phase_ = Phase::kReferences;
      [[fallthrough]];
    case Phase::kReferences:
      if (!ready()) return kBlocked;
      phase_ = Phase::kUpsampling;
      tasks = upsamplings_[0] + upsamplings_[1];
      if (tasks > 0) return tasks;
      [[fallthrough]];
    case Phase::kUpsampling:
      for (int i = 0; i < references_; ++i) {
        if (upsamplings_[i] > 0) target_.references[i]->halfReady = true;
      }
      phase_ = Phase::kHalfPlanes;
      [[fallthrough]];
    case Phase::kHalfPlanes:
      if (!ready()) return kBlocked;
      phase_ = Phase::kRows;
      tasks = beginRows();
      if (tasks > 0) return tasks;
      [[fallthrough]];
    case Phase::kRows:
      break;
  }
  finish();
  return 0;
}

size_t PictureDecoder::nextCodes() {
  motionTasks_ = firstCodes_ && references_ > 0 ? 1 : 0;
  firstCodes_ = false;
  return motionTasks_ + (transform_.present ? coefficients_.nextPass() : 0);
}

void PictureDecoder::run(size_t task) {
  switch (phase_) {
    case Phase::kCodes:
      if (task >= motionTasks_) return coefficients_.run(task - motionTasks_);
      field_.configure(size_.width[0], size_.height[0], prediction_);
      return decodeMotionData(codedMotion_, motionCoding_, &field_);
    case Phase::kUpsampling: {
      const int which = task < upsamplings_[0] ? 0 : 1;
      if (which == 1) task -= upsamplings_[0];
      ReferencePicture* reference = target_.references[which];
      if (deep_) return upsample(upsamplingDeep_, bitDepth_, reference, task);
      return upsample(upsampling_, bitDepth_, reference, task);
    }
    default:
      if (cancelled()) return;
      if (deep_) return rebuildDeep_.run(task);
      if (transform_.present && coefficients_.isShort()) return rebuildShort_.run(task);
      rebuildWide_.run(task);
  }
}

size_t PictureDecoder::beginRows() {
  if (cancelled()) return 0;
  if (deep_) return beginRowsAs(&rebuildDeep_);
  if (transform_.present && coefficients_.isShort()) return beginRowsAs(&rebuildShort_);
  return beginRowsAs(&rebuildWide_);
}

size_t PictureDecoder::stripesOf(int component) const {
  if (options_.threads <= 1) return 1;
  // Otherwise threads have other pictures to work on.
  if (!options_.lowDelay && references_ == 0 && target_.self == nullptr) return 1;
  const int luma = std::min(kStripesPerThread * options_.threads, kMostStripes);
  const auto area = [this](int c) { return int64_t{size_.width[c]} * size_.height[c]; };
  return static_cast<size_t>(std::max<int64_t>(1, luma * area(component) / area(0)));
}

template <typename Sample, typename Coefficient>
size_t PictureDecoder::beginRowsAs(PlaneRebuilder<Sample, Coefficient>* rebuilder) {
  rebuilder->begin();
  if (references_ == 0 && !transform_.present) return 0;
  for (int c = 0; c < 3; ++c) {
    const FrameLayout::Plane& plane = target_.layout->plane[c];
    Compensation<Sample, Coefficient> job;
    job.params = &prediction_;
    job.field = &field_;
    for (int i = 0; i < references_; ++i) {
      job.reference[i] = target_.references[i]->template view<Sample>(c);
    }
    job.references = references_;
    job.component = c;
    job.bitDepth = bitDepth_[c];
    job.horizontalShift = c == 0 ? 0 : format_.horizontalShift();
    job.verticalShift = c == 0 ? 0 : format_.verticalShift();
    job.target = reinterpret_cast<Sample*>(target_.base + plane.offset);
    job.targetStride = static_cast<ptrdiff_t>(plane.stride / sizeof(Sample));
    job.width = static_cast<int>(plane.width);
    job.height = static_cast<int>(plane.height);
    const size_t stripes = stripesOf(c);
    rebuilder->add(job, stripes,
                   transform_.present ? &coefficients_.rows<Coefficient>(c, stripes) : nullptr);
  }
  return rebuilder->tasks();
}

void PictureDecoder::finish() {
  memory_ =
      bytes_.capacity() + field_.blocks.capacity() * sizeof(MotionBlock) + coefficients_.memory();
  damaged_ = target_.damaged || cutShort_ || (transform_.present && !coefficients_.whole());
  for (int i = 0; i < references_; ++i) {
    damaged_ = damaged_ || target_.references[i]->damaged;
  }
  if (target_.checksum && !damaged_) {
    checksumRight_ = checksumOf(target_.base, *target_.layout) == *target_.checksum;
  }
  if (target_.self == nullptr) return;
  target_.self->damaged = damaged_;
  target_.self->decoded = true;
}

}  // namespace kamaelia::dirac
