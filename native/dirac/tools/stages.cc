// SPDX-License-Identifier: Apache-2.0
// dirac-stages: what each stage of decoding costs on a stream, in CPU nanoseconds per sample of the
// pictures that have it. One thread. Inter pictures are predicted from the stream's last intra
// picture, whatever they name: the same work, other samples.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <vector>

#include "coefficients.h"
#include "common/cpu_flags.h"
#include "motion_data.h"
#include "obmc.h"
#include "reference_picture.h"
#include "whole_file.h"

namespace {

using namespace kamaelia;
using namespace kamaelia::dirac;

constexpr const char* kUsage =
    "Usage: dirac-stages FILE\n"
    "Prints what each stage of decoding FILE costs in CPU time. Exit codes: 0 measured, 1 not\n"
    "decodable, 2 wrong use.\n";

double now() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

class Stages {
 public:
  explicit Stages(const std::vector<uint8_t>& bytes) : bytes_(bytes) {
    const uint32_t flags = cpuFlags();
    initRebuild(&short_, flags);
    initRebuild(&wide_, flags);
    initRebuild(&deep_, flags);
    initUpsample(&upsampling_, flags);
    initUpsample(&upsamplingDeep_, flags);
  }

  bool run() {
    StreamParser parser(size_t{64} << 20);
    for (size_t at = 0;;) {
      Unit unit;
      const double begin = now();
      const StreamParser::Result result = parser.next(&unit);
      if (result == StreamParser::Result::kNeedInput) {
        const size_t size = std::min<size_t>(65536, bytes_.size() - at);
        if (size == 0) parser.finish();
        at += parser.push(bytes_.data() + at, size);
      }
      parsing_.time += now() - begin;
      if (result == StreamParser::Result::kEnd) break;
      if (result != StreamParser::Result::kUnit) continue;
      if (unit.code == kSequenceHeader) {
        sequence(unit);
      } else if (isPicture(unit.code) && samples_ > 0) {
        parsing_.samples += samples_;
        picture(unit);
      }
    }
    return pictures_ > 0;
  }

  void report() const {
    std::printf("%d pictures of %.0f samples; ns per sample\n", pictures_, samples_);
    for (const Stage* stage : {&parsing_, &motion_, &finding_, &coefficients_, &transform_,
                               &halfPel_, &store_, &compensation_}) {
      if (stage->samples > 0) std::printf("%7.3f  %s\n", stage->time / stage->samples, stage->name);
    }
  }

 private:
  struct Stage {
    const char* name;
    double time = 0;
    double samples = 0;
  };

  void sequence(const Unit& unit) {
    VideoFormat format;
    if (!parseSequenceHeader(unit.payload, unit.size, &format).ok()) return;
    format_ = format;
    layout_ = layoutOf(format_);
    slot_.assign(layout_.slotBytes, 0);
    held_ = slot_;
    samples_ = 0;
    for (const FrameLayout::Plane& plane : layout_.plane) {
      samples_ += static_cast<double>(plane.width) * static_cast<double>(plane.height);
    }
    history_.begin(layout_.bytesPerSample == 1, QuantiserDialect::kDetect);
  }

  template <typename Work>
  void timed(Stage* stage, Work&& work) {
    const double begin = now();
    work();
    stage->time += now() - begin;
    stage->samples += samples_;
  }

  void picture(const Unit& unit) {
    BitReader bits(unit.payload, unit.size);
    PictureHeader header;
    readPictureHeader(bits, unit.code, &header);
    bits.align();
    references_ = header.references;
    prediction_ = PredictionParams{};
    transformParams_ = TransformParams{};
    bool residual = true;
    if (references_ > 0) {
      if (!readPredictionParams(bits, references_, &prediction_).ok()) return;
      bits.align();
      field_.configure(static_cast<int>(layout_.plane[0].width),
                       static_cast<int>(layout_.plane[0].height), prediction_);
      timed(&motion_, [&] {
        CodedMotion coded;
        static_cast<void>(findMotionData(bits, references_, &coded));
        decodeMotionData(
            coded, {references_, prediction_.usesGlobal, usesArithmeticCoding(unit.code)}, &field_);
      });
      bits.align();
      residual = bits.bit() == 0;
    }
    if (residual && !coefficients(unit, bits)) return;
    ++pictures_;
    if (layout_.bytesPerSample > 1) return rebuild(deep_, upsamplingDeep_, residual);
    if (residual && decoder_.isShort()) return rebuild(short_, upsampling_, residual);
    rebuild(wide_, upsampling_, residual);
  }

  bool coefficients(const Unit& unit, BitReader& bits) {
    const Syntax syntax = isHighQuality(unit.code) ? Syntax::kHighQuality
                          : isCore(unit.code)      ? Syntax::kCore
                                                   : Syntax::kLowDelay;
    if (!readTransformParams(bits, syntax, format_.majorVersion >= 3, &transformParams_).ok()) {
      return false;
    }
    bits.align();
    PictureSize size;
    for (int c = 0; c < 3; ++c) {
      size.width[c] = static_cast<int>(layout_.plane[c].width);
      size.height[c] = static_cast<int>(layout_.plane[c].height);
    }
    timed(&finding_, [&] {
      static_cast<void>(syntax == Syntax::kCore ? decoder_.findBands(bits, transformParams_)
                                                : decoder_.findSlices(bits, transformParams_));
    });
    timed(&coefficients_, [&] {
      decoder_.start(transformParams_, size,
                     {.intra = references_ == 0, .arithmetic = usesArithmeticCoding(unit.code)});
      while (const size_t tasks = decoder_.nextPass()) {
        for (size_t task = 0; task < tasks; ++task) decoder_.run(task);
      }
    });
    return true;
  }

  template <typename Sample, typename Coefficient>
  void rebuild(const RebuildDsp<Sample, Coefficient>& dsp, const UpsampleDsp<Sample>& upsampling,
               bool residual) {
    const int depth[3] = {static_cast<int>(format_.lumaDepth),
                          static_cast<int>(format_.chromaDepth),
                          static_cast<int>(format_.chromaDepth)};
    double transformed = 0;
    if (residual) {
      const double begin = now();
      for (int c = 0; c < 3; ++c) {
        auto& rows = decoder_.rows<Coefficient>(c, 1)[0];
        for (uint32_t y = 0; y < layout_.plane[c].height; ++y) rows.next();
      }
      transformed = now() - begin;
      transform_.time += transformed;
      transform_.samples += samples_;
    }
    ReferencePicture reference;
    if (references_ > 0) {
      reference.base = held_.data();
      reference.layout = layout_;
      if (prediction_.precision > 0) {
        const size_t tasks = prepareUpsampling(&reference);
        timed(&halfPel_, [&] {
          for (size_t task = 0; task < tasks; ++task) upsample(upsampling, depth, &reference, task);
        });
      }
    }
    Stage& stage = references_ > 0 ? compensation_ : store_;
    timed(&stage, [&] {
      for (int c = 0; c < 3; ++c) rebuildComponent(dsp, reference, depth[c], c, residual);
    });
    stage.time -= transformed;
    if (references_ == 0) held_ = slot_;
  }

  template <typename Sample, typename Coefficient>
  void rebuildComponent(const RebuildDsp<Sample, Coefficient>& dsp,
                        const ReferencePicture& reference, int depth, int c, bool residual) {
    const FrameLayout::Plane& plane = layout_.plane[c];
    Compensation<Sample, Coefficient> job;
    job.params = &prediction_;
    job.field = &field_;
    job.references = references_;
    for (int i = 0; i < references_; ++i) job.reference[i] = reference.view<Sample>(c);
    job.component = c;
    job.bitDepth = depth;
    job.horizontalShift = c == 0 ? 0 : format_.horizontalShift();
    job.verticalShift = c == 0 ? 0 : format_.verticalShift();
    job.target = reinterpret_cast<Sample*>(slot_.data() + plane.offset);
    job.targetStride = static_cast<ptrdiff_t>(plane.stride / sizeof(Sample));
    job.width = static_cast<int>(plane.width);
    job.height = static_cast<int>(plane.height);
    ResidualRows<Coefficient>* rows = residual ? &decoder_.rows<Coefficient>(c, 1)[0] : nullptr;
    if (references_ > 0) return compensate(dsp, job, 0, field_.blocksY, rows);
    storeIntra(dsp, job, 0, job.height, rows);
  }

  const std::vector<uint8_t>& bytes_;
  CoefficientHistory history_;
  CoefficientDecoder decoder_{DecoderOptions{}, &history_};
  RebuildDsp<uint8_t, int16_t> short_;
  RebuildDsp<uint8_t, int32_t> wide_;
  RebuildDsp<uint16_t, int32_t> deep_;
  UpsampleDsp<uint8_t> upsampling_;
  UpsampleDsp<uint16_t> upsamplingDeep_;
  VideoFormat format_;
  FrameLayout layout_;
  std::vector<uint8_t> slot_;
  std::vector<uint8_t> held_;  // the last intra picture
  int references_ = 0;
  PredictionParams prediction_;
  TransformParams transformParams_;
  MotionField field_;
  int pictures_ = 0;
  double samples_ = 0;  // of a picture, all components
  Stage parsing_{"units of the stream"};
  Stage motion_{"motion data"};
  Stage finding_{"places of bands or slices"};
  Stage coefficients_{"coefficients: codes, dequantisation, DC prediction"};
  Stage transform_{"inverse transform"};
  Stage halfPel_{"half-pel planes, of each reference that needs them"};
  Stage store_{"intra: mid-grey, clipping, store"};
  Stage compensation_{"inter: blocks, residual, clipping, store"};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const std::optional<std::vector<uint8_t>> bytes = contentsOf(argv[1]);
  if (!bytes) {
    std::fprintf(stderr, "dirac-stages: Expected a readable file but received %s\n", argv[1]);
    return 1;
  }
  Stages stages(*bytes);
  if (!stages.run()) {
    std::fprintf(stderr, "dirac-stages: Expected a Dirac stream but received %s\n", argv[1]);
    return 1;
  }
  stages.report();
  return 0;
}
