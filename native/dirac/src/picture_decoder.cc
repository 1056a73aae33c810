// SPDX-License-Identifier: Apache-2.0
#include "picture_decoder.h"

#include <algorithm>

#include "common/cpu_flags.h"

namespace kamaelia::dirac {
namespace {

// A component is rebuilt in stripes, several for each thread; each repeats a little of the work of
// the one above, and has rows in the making of its own.
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

PictureDecoder::PictureDecoder(const DecoderOptions& options)
    : options_(options), pool_(ThreadPool::shared()), coefficients_(options, pool_.get()) {
  const uint32_t flags = cpuFlags();
  initRebuild(&rebuildShort_, flags);
  initRebuild(&rebuildWide_, flags);
  initRebuild(&rebuildDeep_, flags);
  initUpsample(&upsampling_, flags);
  initUpsample(&upsamplingDeep_, flags);
}

void PictureDecoder::configure(const VideoFormat& format) {
  format_ = format;
  bitDepth_[0] = static_cast<int>(format.lumaDepth);
  bitDepth_[1] = bitDepth_[2] = static_cast<int>(format.chromaDepth);
  deep_ = format.lumaDepth > 8 || format.chromaDepth > 8;
}

void PictureDecoder::beginSequence() { coefficients_.begin(!deep_); }

bool PictureDecoder::cancelled() const {
  return options_.cancel != nullptr && options_.cancel->load(std::memory_order_relaxed);
}

Status PictureDecoder::decode(const Unit& unit, BitReader& bits, const PictureHeader& header,
                              const PictureTarget& target, bool* made) {
  *made = false;
  Status worst;
  prediction_ = PredictionParams{};
  transform_ = TransformParams{};
  bits.align();
  bool residual = true;
  if (header.references > 0) {
    bool usable = false;
    note(&worst, readPrediction(bits, header.references, usesArithmeticCoding(unit.code),
                                *target.layout, &usable));
    if (!usable) return worst;
    bits.align();
    residual = bits.bit() == 0;
  }
  if (residual) {
    const Status status = readResidual(bits, unit, header.references, *target.layout);
    if (!transform_.present && header.references == 0) return status;
    note(&worst, status);
  }
  *made = true;
  rebuild(header.references, target);
  if (cancelled()) note(&worst, {Code::kDamaged, unit.position, "cancelled"});
  return worst;
}

Status PictureDecoder::readPrediction(BitReader& bits, int references, bool arithmetic,
                                      const FrameLayout& layout, bool* usable) {
  if (const Status status = readPredictionParams(bits, references, &prediction_); !status.ok()) {
    return status;
  }
  *usable = true;
  bits.align();
  field_.configure(static_cast<int>(layout.plane[0].width),
                   static_cast<int>(layout.plane[0].height), prediction_);
  return readMotionData(bits, {references, prediction_.usesGlobal, arithmetic}, &field_);
}

// transform_.present says whether there are coefficients.
Status PictureDecoder::readResidual(BitReader& bits, const Unit& unit, int references,
                                    const FrameLayout& layout) {
  const Syntax syntax = syntaxOf(unit.code);
  if (const Status status =
          readTransformParams(bits, syntax, format_.majorVersion >= 3, &transform_);
      !status.ok()) {
    return status;
  }
  bits.align();
  const PictureSize size = sizeOf(layout);
  Status worst;
  if (syntax == Syntax::kCore) {
    worst = coefficients_.findBands(bits, transform_);
  } else {
    if (tooManySlices(transform_.slices, size.width[0], size.height[0])) {
      return {Code::kDamaged, unit.position, "more slices than samples"};
    }
    worst = coefficients_.findSlices(bits, transform_);
  }
  transform_.present = true;
  const BandCoding coding{.intra = references == 0, .arithmetic = usesArithmeticCoding(unit.code)};
  if (!coefficients_.decode(transform_, size, coding)) {
    note(&worst, {Code::kDamaged, unit.position, "coefficients"});
  }
  return worst;
}

Status PictureDecoder::decodeFragments(const FragmentedPicture& picture,
                                       const PictureTarget& target) {
  prediction_ = PredictionParams{};
  transform_ = picture.transform();
  transform_.present = true;
  picture.slices(&coefficients_.slices());
  const bool whole = coefficients_.decode(transform_, sizeOf(*target.layout), {});
  rebuild(0, target);
  if (whole && picture.complete() && !cancelled()) return {};
  return {Code::kDamaged, 0, "fragments are missing"};
}

void PictureDecoder::rebuild(int references, const PictureTarget& target) {
  if (cancelled()) return;
  if (deep_) return rebuildAs(rebuildDeep_, upsamplingDeep_, references, target);
  if (transform_.present && coefficients_.isShort()) {
    return rebuildAs(rebuildShort_, upsampling_, references, target);
  }
  rebuildAs(rebuildWide_, upsampling_, references, target);
}

template <typename Sample, typename Coefficient>
void PictureDecoder::rebuildAs(const RebuildDsp<Sample, Coefficient>& dsp,
                               const UpsampleDsp<Sample>& upsampling, int references,
                               const PictureTarget& target) {
  const size_t threads = static_cast<size_t>(options_.threads);
  if (prediction_.precision > 0) {
    for (int i = 0; i < references; ++i) {
      upsample(upsampling, bitDepth_, target.references[i], pool_.get(), threads);
    }
  }
  Compensation<Sample, Coefficient> jobs[3];
  for (int c = 0; c < 3; ++c) {
    const FrameLayout::Plane& plane = target.layout->plane[c];
    Compensation<Sample, Coefficient>& job = jobs[c];
    job.params = &prediction_;
    job.field = &field_;
    for (int i = 0; i < references; ++i) job.reference[i] = target.references[i]->view<Sample>(c);
    job.references = references;
    job.component = c;
    job.bitDepth = bitDepth_[c];
    job.horizontalShift = c == 0 ? 0 : format_.horizontalShift();
    job.verticalShift = c == 0 ? 0 : format_.verticalShift();
    job.target = reinterpret_cast<Sample*>(target.base + plane.offset);
    job.targetStride = static_cast<ptrdiff_t>(plane.stride / sizeof(Sample));
    job.width = static_cast<int>(plane.width);
    job.height = static_cast<int>(plane.height);
  }
  if (references == 0 && !transform_.present) return;
  const size_t stripes =
      threads <= 1 ? 1 : std::min<size_t>(kStripesPerThread * threads, kMostStripes);
  std::vector<InverseWavelet<Coefficient>>* rows[3] = {};
  for (int c = 0; transform_.present && c < 3; ++c) {
    rows[c] = &coefficients_.rows<Coefficient>(transform_, c, stripes);
  }
  pool_->parallelFor(3 * stripes, threads, [&](size_t task) {
    if (cancelled()) return;
    const size_t c = task / stripes;
    const size_t stripe = task % stripes;
    const int all = references > 0 ? field_.blocksY : jobs[c].height;
    const int first = static_cast<int>(static_cast<size_t>(all) * stripe / stripes);
    const int last = static_cast<int>(static_cast<size_t>(all) * (stripe + 1) / stripes);
    ResidualRows<Coefficient>* residual = rows[c] != nullptr ? &(*rows[c])[stripe] : nullptr;
    if (references > 0) {
      compensate(dsp, jobs[c], first, last, residual);
    } else {
      storeIntra(dsp, jobs[c], first, last, residual);
    }
  });
}

}  // namespace kamaelia::dirac
