// SPDX-License-Identifier: Apache-2.0
// One picture, a frame or a field, from its data unit into a slot.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "auxiliary.h"
#include "coefficients.h"
#include "common/job_queue.h"
#include "dirac/stream_parser.h"
#include "motion_data.h"
#include "plane_rebuilder.h"
#include "reference_picture.h"

namespace kamaelia::dirac {

// Where a picture goes, and what it is predicted from.
struct PictureTarget {
  uint8_t* base = nullptr;  // of the slot
  const FrameLayout* layout =
      nullptr;  // of the picture in it: of the frame, or of one of its fields
  ReferencePicture* references[2] = {};  // as many as the header names
  ReferencePicture* self = nullptr;      // where the picture is a reference itself
  std::optional<Checksum> checksum;      // that it should have
  bool damaged = false;                  // whatever becomes of it
};

// Decodes one picture at a time: its parameters when it begins, and the rest as a job. Pictures
// begin in their order; several of these may be at work at the same time. A job waits for the
// references, which are those of pictures that began earlier. Memory is taken when a format or a
// transform needs more than before, never in steady state.
class PictureDecoder final : public Job {
 public:
  // history: of the sequence. copies: of what it decodes, which then need not outlive begin().
  PictureDecoder(const DecoderOptions& options, CoefficientHistory* history, bool copies);

  void configure(const VideoFormat& format);

  // bits: just behind the picture header. made: whether there is a picture, and the job can be
  // added; with kDamaged there is one, from what there was, unless the parameters in front of all
  // data cannot be used.
  Status begin(const Unit& unit, BitReader& bits, const PictureHeader& header,
               const FrameLayout& layout, bool* made);
  // A picture whose slices come one after the other; bits: at its transform parameters. It goes as
  // far as those lead that are there, whenever the job is added.
  Status beginSlices(BitReader& bits, Syntax syntax, const FrameLayout& layout);
  // To be changed while the job is done.
  ArrivingSlices& slices() { return coefficients_.slices(); }
  // Whether no more of the picture will come; the job is then added for the last time.
  bool hasAll() const { return !transform_.present || coefficients_.hasAll(); }
  // Before the job is added for the last time. `layout` is that of begin().
  void setTarget(const PictureTarget& target);

  size_t nextPhase() override;
  bool ready() const override;
  void run(size_t task) override;

  // Of the picture decoded last:
  bool damaged() const { return damaged_; }
  // whether it is what its checksum says, where there is one;
  const std::optional<bool>& checksumRight() const { return checksumRight_; }
  // its low-low band, where it was intra and the options ask for it.
  std::shared_ptr<const LowBand> lowBand() const {
    return references_ == 0 && transform_.present ? coefficients_.lowBand() : nullptr;
  }

  // Bytes of memory held when the last picture was done.
  size_t memory() const { return memory_; }

 private:
  enum class Phase : uint8_t { kCodes, kReferences, kUpsampling, kHalfPlanes, kRows };

  void clear();
  BitReader kept(BitReader& bits);
  Status beginPrediction(BitReader& bits, bool arithmetic, bool* usable);
  Status readParams(BitReader& bits, Syntax syntax);
  Status beginResidual(BitReader& bits, const Unit& unit);
  size_t nextCodes();
  size_t beginRows();
  template <typename Sample, typename Coefficient>
  size_t beginRowsAs(PlaneRebuilder<Sample, Coefficient>* rebuilder);
  size_t stripesOf(int component) const;
  void finish();
  bool cancelled();

  const DecoderOptions options_;
  const bool copies_;
  VideoFormat format_;
  int bitDepth_[3] = {8, 8, 8};
  bool deep_ = false;  // samples are of two bytes
  std::atomic<size_t> memory_{0};
  std::vector<uint8_t> bytes_;
  PictureTarget target_;
  PictureSize size_{};
  int references_ = 0;
  bool damaged_ = false;
  std::atomic<bool> cutShort_{false};  // by the option `cancel`
  std::optional<bool> checksumRight_;
  Phase phase_ = Phase::kCodes;
  bool firstCodes_ = false;     // no task of the picture has run yet
  size_t motionTasks_ = 0;      // of the phase at hand, in front of those of the coefficients
  size_t upsamplings_[2] = {};  // tasks that make half-pel planes of the references
  TransformParams transform_;
  PredictionParams prediction_;
  CodedMotion codedMotion_;
  MotionCoding motionCoding_;
  MotionField field_;
  CoefficientDecoder coefficients_;
  PlaneRebuilder<uint8_t, int16_t> rebuildShort_;
  PlaneRebuilder<uint8_t, int32_t> rebuildWide_;
  PlaneRebuilder<uint16_t, int32_t> rebuildDeep_;
  UpsampleDsp<uint8_t> upsampling_;
  UpsampleDsp<uint16_t> upsamplingDeep_;
};

}  // namespace kamaelia::dirac
