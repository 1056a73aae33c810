// SPDX-License-Identifier: Apache-2.0
// One picture, a frame or a field, from its data unit into a slot.
#pragma once

#include <memory>

#include "coefficients.h"
#include "common/thread_pool.h"
#include "dirac/stream_parser.h"
#include "fragments.h"
#include "motion_data.h"
#include "obmc.h"
#include "reference_picture.h"

namespace kamaelia::dirac {

// Where a picture goes, and what it is predicted from.
struct PictureTarget {
  uint8_t* base;              // of the slot
  const FrameLayout* layout;  // of the picture in it: of the frame, or of one of its fields
  ReferencePicture* const* references;  // as many as the header names
};

// Holds what pictures of one format share: coefficients, motion field, threads. Memory is taken
// when a format or a transform needs more than before, never in steady state.
class PictureDecoder {
 public:
  explicit PictureDecoder(const DecoderOptions& options);

  void configure(const VideoFormat& format);
  // A sequence begins.
  void beginSequence();

  // bits: just behind the picture header. made: whether there is a picture; with kDamaged there is
  // one, from what there was, unless the parameters in front of all data cannot be used.
  Status decode(const Unit& unit, BitReader& bits, const PictureHeader& header,
                const PictureTarget& target, bool* made);
  // A picture that came in fragments, as far as they came.
  Status decodeFragments(const FragmentedPicture& picture, const PictureTarget& target);

  // Of the picture decoded last, where it was intra and the options ask for it.
  const std::shared_ptr<const LowBand>& lowBand() const { return coefficients_.lowBand(); }

 private:
  Status readPrediction(BitReader& bits, int references, bool arithmetic, const FrameLayout& layout,
                        bool* usable);
  Status readResidual(BitReader& bits, const Unit& unit, int references, const FrameLayout& layout);
  void rebuild(int references, const PictureTarget& target);
  template <typename Sample, typename Coefficient>
  void rebuildAs(const RebuildDsp<Sample, Coefficient>& dsp, const UpsampleDsp<Sample>& upsampling,
                 int references, const PictureTarget& target);
  bool cancelled() const;

  const DecoderOptions options_;
  std::shared_ptr<ThreadPool> pool_;
  VideoFormat format_;
  int bitDepth_[3] = {8, 8, 8};
  bool deep_ = false;  // samples are of two bytes
  TransformParams transform_;
  PredictionParams prediction_;
  MotionField field_;
  CoefficientDecoder coefficients_;
  RebuildDsp<uint8_t, int16_t> rebuildShort_;
  RebuildDsp<uint8_t, int32_t> rebuildWide_;
  RebuildDsp<uint16_t, int32_t> rebuildDeep_;
  UpsampleDsp<uint8_t> upsampling_;
  UpsampleDsp<uint16_t> upsamplingDeep_;
};

}  // namespace kamaelia::dirac
