// SPDX-License-Identifier: Apache-2.0
#include "picture_decoder.h"

#include <algorithm>
#include <atomic>

#include "common/cpu_flags.h"

namespace kamaelia::dirac {
namespace {

// Block rows that one task rebuilds; each task repeats the block row above its first.
constexpr int kBlockRowsPerTask = 12;
constexpr Orientation kHighBands[] = {Orientation::kHL, Orientation::kLH, Orientation::kHH};

}  // namespace

PictureDecoder::PictureDecoder(const DecoderOptions& options)
    : options_(options), pool_(ThreadPool::shared()) {
  initWavelet(&dsp_, cpuFlags());
}

void PictureDecoder::configure(const VideoFormat& format, const FrameLayout& layout) {
  format_ = format;
  layout_ = layout;
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
  if (residual) {
    transform_ = TransformParams{};
    if (const Status status = readTransformParams(bits, &transform_); !status.ok()) {
      if (intra) return status;
      note(status);
      residual = false;
    } else {
      bits.align();
      note(readTransformData(bits, intra));
      bool whole = true;
      decodeSubbands(intra, &whole);
      if (!whole) note({Code::kDamaged, unit.position, "quantiser index"});
    }
  }
  *made = true;
  if (intra) {
    transformAndStore(target);
  } else {
    render(header, references, residual, target);
  }
  if (cancelled()) note({Code::kDamaged, unit.position, "cancelled"});
  return worst;
}

// Lengths and quantisers of all bands (13.2); their contents are decoded later, side by side.
Status PictureDecoder::readTransformData(BitReader& bits, bool intra) {
  static_cast<void>(intra);
  Status status;
  bands_.clear();
  for (int c = 0; c < 3; ++c) {
    const FrameLayout::Plane& size = layout_.plane[c];
    plane_[c].configure(static_cast<int>(size.width), static_cast<int>(size.height),
                        transform_.depth);
    scratch_[c].resize(static_cast<size_t>(plane_[c].width));
    for (int level = 0; level <= transform_.depth; ++level) {
      const int count = level == 0 ? 1 : 3;
      for (int i = 0; i < count; ++i) {
        SubbandData data;
        data.orientation = level == 0 ? Orientation::kLL : kHighBands[i];
        data.band = subbandOf(plane_[c], level, data.orientation);
        if (level > 1) data.parent = subbandOf(plane_[c], level - 1, data.orientation);
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

// A chain of bands of one orientation has to be decoded from coarse to fine, as each looks at its
// parent; the chains of all components are independent of each other.
void PictureDecoder::decodeSubbands(bool intra, bool* whole) {
  const size_t perComponent = static_cast<size_t>(1 + 3 * transform_.depth);
  const size_t chains = transform_.depth > 0 ? 4 : 1;
  std::atomic<bool> good{true};
  pool_->parallelFor(3 * chains, static_cast<size_t>(options_.threads), [&](size_t task) {
    const SubbandData* bands = bands_.data() + (task / chains) * perComponent;
    const size_t chain = task % chains;
    const auto one = [&](const SubbandData& data) {
      if (cancelled()) return;
      if (!decodeSubband(data, transform_.quantiserPerCodeblock, intra)) good = false;
    };
    if (chain == 0) {
      one(bands[0]);
      if (intra) undoDcPrediction(bands[0].band);
      return;
    }
    for (int level = 1; level <= transform_.depth; ++level) {
      one(bands[1 + 3 * static_cast<size_t>(level - 1) + (chain - 1)]);
    }
  });
  *whole = good;
}

void PictureDecoder::transformAndStore(uint8_t* target) {
  pool_->parallelFor(3, static_cast<size_t>(options_.threads), [&](size_t c) {
    if (cancelled()) return;
    inverseWavelet(dsp_, transform_.wavelet, &plane_[c], scratch_[c].data());
    const FrameLayout::Plane& plane = layout_.plane[c];
    storeIntra(plane_[c].data.data(), plane_[c].width, target + plane.offset, plane.stride,
               static_cast<int>(plane.width), static_cast<int>(plane.height));
  });
}

void PictureDecoder::render(const PictureHeader& header, ReferencePicture* const* references,
                            bool residual, uint8_t* target) {
  if (cancelled()) return;
  const size_t threads = static_cast<size_t>(options_.threads);
  if (prediction_.precision > 0) {
    for (int i = 0; i < header.references; ++i)
      upsample(layout_, references[i], pool_.get(), threads);
  }
  if (residual) {
    pool_->parallelFor(3, threads, [&](size_t c) {
      if (cancelled()) return;
      inverseWavelet(dsp_, transform_.wavelet, &plane_[c], scratch_[c].data());
    });
  }
  Compensation jobs[3];
  for (int c = 0; c < 3; ++c) {
    const FrameLayout::Plane& plane = layout_.plane[c];
    Compensation& job = jobs[c];
    job.params = &prediction_;
    job.field = &field_;
    for (int i = 0; i < header.references; ++i) job.reference[i] = references[i]->view(layout_, c);
    job.references = header.references;
    job.component = c;
    job.horizontalShift = c == 0 ? 0 : format_.horizontalShift();
    job.verticalShift = c == 0 ? 0 : format_.verticalShift();
    job.residual = residual ? plane_[c].data.data() : nullptr;
    job.residualStride = plane_[c].width;
    job.target = target + plane.offset;
    job.targetStride = plane.stride;
    job.width = static_cast<int>(plane.width);
    job.height = static_cast<int>(plane.height);
  }
  const int perComponent = (field_.blocksY + kBlockRowsPerTask - 1) / kBlockRowsPerTask;
  pool_->parallelFor(static_cast<size_t>(3 * perComponent), threads, [&](size_t task) {
    if (cancelled()) return;
    const int first =
        static_cast<int>(task % static_cast<size_t>(perComponent)) * kBlockRowsPerTask;
    compensate(jobs[task / static_cast<size_t>(perComponent)], first,
               std::min(first + kBlockRowsPerTask, field_.blocksY));
  });
}

}  // namespace kamaelia::dirac
