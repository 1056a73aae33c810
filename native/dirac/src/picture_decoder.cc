// SPDX-License-Identifier: Apache-2.0
#include "picture_decoder.h"

#include <algorithm>
#include <atomic>

#include "common/cpu_flags.h"

namespace kamaelia::dirac {
namespace {

// A component is rebuilt in stripes, several for each thread; each repeats a little of the work of
// the one above, and has rows in the making of its own.
constexpr int kStripesPerThread = 2;
constexpr int kMostStripes = 16;
// Pictures with coefficients over 16 bits mostly come in a row.
constexpr int kPicturesWide = 16;
constexpr Orientation kHighBands[] = {Orientation::kHL, Orientation::kLH, Orientation::kHH};

}  // namespace

PictureDecoder::PictureDecoder(const DecoderOptions& options)
    : options_(options), pool_(ThreadPool::shared()) {
  const uint32_t flags = cpuFlags();
  initWavelet(&short_.wavelet, flags);
  initWavelet(&wide_.wavelet, flags);
  initNarrowWavelet(&narrowWavelet_, flags);
  initWideWavelet(&wideSumsWavelet_);
  initRebuild(&rebuildShort_, flags);
  initRebuild(&rebuildWide_, flags);
  initRebuild(&rebuildDeep_, flags);
  initUpsample(&upsampling_, flags);
  initUpsample(&upsamplingDeep_, flags);
}

void PictureDecoder::configure(const VideoFormat& format, const FrameLayout& layout) {
  format_ = format;
  layout_ = layout;
  bitDepth_[0] = static_cast<int>(format.lumaDepth);
  bitDepth_[1] = bitDepth_[2] = static_cast<int>(format.chromaDepth);
  wideFor_ = 0;
}

bool PictureDecoder::cancelled() const {
  return options_.cancel != nullptr && options_.cancel->load(std::memory_order_relaxed);
}

Status PictureDecoder::decode(const Unit& unit, BitReader& bits, const PictureHeader& header,
                              ReferencePicture* const* references, uint8_t* target, bool* made) {
  *made = false;
  Status worst;
  const auto note = [&](const Status& status) {
    if (!status.ok() && worst.ok()) worst = status;
  };
  const bool intra = header.references == 0;
  bool residual = true;
  prediction_ = PredictionParams{};
  if (!intra) {
    bits.align();
    if (const Status status = readPredictionParams(bits, header.references, &prediction_);
        !status.ok()) {
      return status;
    }
    bits.align();
    field_.configure(static_cast<int>(format_.width), static_cast<int>(format_.height),
                     prediction_);
    note(readMotionData(bits, header.references, &field_));
    bits.align();
    residual = bits.bit() == 0;
  } else {
    bits.align();
  }
  bool fitsShort = false;
  if (residual) {
    transform_ = TransformParams{};
    if (const Status status = readTransformParams(bits, &transform_); !status.ok()) {
      if (intra) return status;
      note(status);
      residual = false;
    } else {
      bits.align();
      note(readTransformData(bits));
      bool whole = true;
      fitsShort = decodeShort(intra, &whole);
      if (!fitsShort) decodeWide(intra, &whole);
      if (!whole) note({Code::kDamaged, unit.position, "quantiser index"});
    }
  }
  *made = true;
  transform_.present = residual;
  const Output output{&header, references, target};
  if (fitsShort) {
    rebuild(&short_, output);
  } else {
    rebuild(&wide_, output);
  }
  if (cancelled()) note({Code::kDamaged, unit.position, "cancelled"});
  return worst;
}

// Lengths and quantisers of all bands (13.2); their contents are decoded later, side by side.
Status PictureDecoder::readTransformData(BitReader& bits) {
  Status status;
  bands_.clear();
  for (int c = 0; c < 3; ++c) {
    for (int level = 0; level <= transform_.depth; ++level) {
      const int count = level == 0 ? 1 : 3;
      for (int i = 0; i < count; ++i) {
        CodedBand data;
        data.component = c;
        data.level = level;
        data.orientation = level == 0 ? Orientation::kLL : kHighBands[i];
        data.codeblocks = transform_.codeblocks[level];
        bits.align();
        const uint64_t length = bits.unsignedGolomb();
        if (length > 0) {
          data.quantiser = bits.unsignedGolomb();
          bits.align();
          const uint64_t there = std::min(length, bits.bytesLeft());
          if (there < length) status = {Code::kDamaged, bits.bytePosition(), "subband cut short"};
          data.bytes = bits.bytes();
          data.size = static_cast<size_t>(there);
          bits.skipBytes(there);
        }
        bands_.push_back(data);
      }
    }
  }
  return status;
}

// int16_t may do for samples of 8 bits; whether it did is known once the coefficients are.
bool PictureDecoder::mayBeShort() const {
  return layout_.bytesPerSample == 1 && transform_.wavelet <= 4;
}

// Decodes into int16_t where that gives what int32_t would, to the bit: false where it may not.
bool PictureDecoder::decodeShort(bool intra, bool* whole) {
  if (!mayBeShort()) return false;
  if (wideFor_ > 0) {
    --wideFor_;
    return false;
  }
  if (decodeSubbands(&short_, intra, whole) <= INT16_MAX) {
    bool fits = true;
    narrowSums_ = true;
    for (const BandPeaks& peaks : peaks_) {
      const TransformReach reach = transformReach(transform_.wavelet, transform_.depth, peaks);
      fits = fits && reach.fitsShort();
      narrowSums_ = narrowSums_ && reach.fitsNarrowSums();
    }
    if (fits) return true;
  }
  wideFor_ = kPicturesWide;
  return false;
}

void PictureDecoder::decodeWide(bool intra, bool* whole) {
  decodeSubbands(&wide_, intra, whole);
  wideSums_ = false;
  for (const BandPeaks& peaks : peaks_) {
    wideSums_ =
        wideSums_ || !transformReach(transform_.wavelet, transform_.depth, peaks).fitsSums();
  }
}

// A chain of bands of one orientation has to be decoded from coarse to fine, as each looks at its
// parent; the chains of all components are independent of each other. Gives the largest magnitude.
template <typename Coefficient>
uint32_t PictureDecoder::decodeSubbands(PictureCoefficients<Coefficient>* to, bool intra,
                                        bool* whole) {
  const int depth = transform_.depth;
  for (size_t c = 0; c < 3; ++c) {
    const FrameLayout::Plane& size = layout_.plane[c];
    to->plane[c].configure(static_cast<int>(size.width), static_cast<int>(size.height), depth);
    peaks_[c] = BandPeaks{};
  }
  const size_t perComponent = static_cast<size_t>(1 + 3 * depth);
  const size_t chains = depth > 0 ? 4 : 1;
  std::atomic<bool> good{true};
  pool_->parallelFor(3 * chains, static_cast<size_t>(options_.threads), [&](size_t task) {
    const CodedBand* bands = bands_.data() + (task / chains) * perComponent;
    const size_t chain = task % chains;
    CoefficientPlane<Coefficient>& plane = to->plane[task / chains];
    BandPeaks& peaks = peaks_[task / chains];
    const auto one = [&](const CodedBand& coded) {
      if (cancelled()) return uint32_t{0};
      const auto orientation = static_cast<size_t>(coded.orientation);
      if (coded.size == 0) {
        plane.zero[coded.level][orientation] = true;
        return uint32_t{0};
      }
      const Subband<Coefficient> band = subbandOf(plane, coded.level, coded.orientation);
      Subband<Coefficient> parent;
      if (coded.level > 1 && !plane.zero[coded.level - 1][orientation]) {
        parent = subbandOf(plane, coded.level - 1, coded.orientation);
      }
      const BandResult result =
          decodeSubband(coded, band, parent, transform_.quantiserPerCodeblock, intra);
      if (!result.good) good = false;
      return result.peak;
    };
    if (chain == 0) {
      peaks.low = one(bands[0]);
      if (intra && bands[0].size > 0 && !cancelled()) {
        const uint32_t peak = undoDcPrediction(subbandOf(plane, 0, Orientation::kLL));
        peaks.low = std::max(peaks.low, peak);
      }
      return;
    }
    for (int level = 1; level <= depth; ++level) {
      peaks.high[level - 1][chain - 1] =
          one(bands[1 + 3 * static_cast<size_t>(level - 1) + (chain - 1)]);
    }
  });
  *whole = good;
  uint32_t peak = 0;
  for (const BandPeaks& peaks : peaks_) {
    peak = std::max(peak, peaks.low);
    for (const auto& level : peaks.high) {
      for (const uint32_t high : level) peak = std::max(peak, high);
    }
  }
  return peak;
}

template <typename Coefficient>
const WaveletDsp<Coefficient>& PictureDecoder::waveletFor(
    const PictureCoefficients<Coefficient>& from) const {
  if constexpr (sizeof(Coefficient) == 2) {
    return narrowSums_ ? narrowWavelet_ : from.wavelet;
  } else {
    return wideSums_ ? wideSumsWavelet_ : from.wavelet;
  }
}

template <typename Coefficient>
void PictureDecoder::rebuild(PictureCoefficients<Coefficient>* from, const Output& output) {
  if (cancelled()) return;
  if constexpr (sizeof(Coefficient) == 2) {
    rebuildAs(rebuildShort_, upsampling_, from, output);
  } else if (layout_.bytesPerSample == 1) {
    rebuildAs(rebuildWide_, upsampling_, from, output);
  } else {
    rebuildAs(rebuildDeep_, upsamplingDeep_, from, output);
  }
}

template <typename Sample, typename Coefficient>
void PictureDecoder::rebuildAs(const RebuildDsp<Sample, Coefficient>& dsp,
                               const UpsampleDsp<Sample>& upsampling,
                               PictureCoefficients<Coefficient>* from, const Output& output) {
  const size_t threads = static_cast<size_t>(options_.threads);
  const int references = output.header->references;
  if (prediction_.precision > 0) {
    for (int i = 0; i < references; ++i) {
      upsample(upsampling, layout_, bitDepth_, output.references[i], pool_.get(), threads);
    }
  }
  Compensation<Sample, Coefficient> jobs[3];
  for (int c = 0; c < 3; ++c) {
    const FrameLayout::Plane& plane = layout_.plane[c];
    Compensation<Sample, Coefficient>& job = jobs[c];
    job.params = &prediction_;
    job.field = &field_;
    for (int i = 0; i < references; ++i) {
      job.reference[i] = output.references[i]->view<Sample>(layout_, c);
    }
    job.references = references;
    job.component = c;
    job.bitDepth = bitDepth_[c];
    job.horizontalShift = c == 0 ? 0 : format_.horizontalShift();
    job.verticalShift = c == 0 ? 0 : format_.verticalShift();
    job.target = reinterpret_cast<Sample*>(output.target + plane.offset);
    job.targetStride = static_cast<ptrdiff_t>(plane.stride / sizeof(Sample));
    job.width = static_cast<int>(plane.width);
    job.height = static_cast<int>(plane.height);
  }
  if (references == 0 && !transform_.present) return;
  const size_t stripes =
      threads <= 1 ? 1 : std::min<size_t>(kStripesPerThread * threads, kMostStripes);
  if (transform_.present) {
    for (size_t c = 0; c < 3; ++c) {
      from->rows[c].resize(stripes);
      for (auto& rows : from->rows[c]) {
        rows.configure(waveletFor(*from), transform_.wavelet, &from->plane[c]);
      }
    }
  }
  pool_->parallelFor(3 * stripes, threads, [&](size_t task) {
    if (cancelled()) return;
    const size_t c = task / stripes;
    const size_t stripe = task % stripes;
    const int all = references > 0 ? field_.blocksY : jobs[c].height;
    const int first = static_cast<int>(static_cast<size_t>(all) * stripe / stripes);
    const int last = static_cast<int>(static_cast<size_t>(all) * (stripe + 1) / stripes);
    ResidualRows<Coefficient>* residual = transform_.present ? &from->rows[c][stripe] : nullptr;
    if (references > 0) {
      compensate(dsp, jobs[c], first, last, residual);
    } else {
      storeIntra(dsp, jobs[c], first, last, residual);
    }
  });
}

}  // namespace kamaelia::dirac
