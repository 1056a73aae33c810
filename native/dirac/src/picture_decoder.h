// SPDX-License-Identifier: Apache-2.0
// One picture of the core syntax, from its data unit into a slot.
#pragma once

#include <memory>
#include <vector>

#include "common/thread_pool.h"
#include "dirac/stream_parser.h"
#include "motion_data.h"
#include "obmc.h"
#include "reference_picture.h"
#include "subband.h"
#include "wavelet.h"

namespace kamaelia::dirac {

// Holds what pictures of one format share: coefficients, motion field, threads. Memory is taken
// when a format or a transform needs more than before, never in steady state.
class PictureDecoder {
 public:
  explicit PictureDecoder(const DecoderOptions& options);

  void configure(const VideoFormat& format, const FrameLayout& layout);

  // bits: just behind the picture header. references: as many as the header names. target: the
  // slot's base. made: whether there is a picture; with kDamaged there is one, from what there was,
  // unless the parameters in front of all data cannot be used.
  Status decode(const Unit& unit, BitReader& bits, const PictureHeader& header,
                ReferencePicture* const* references, uint8_t* target, bool* made);

 private:
  Status readTransformData(BitReader& bits, bool intra);
  void decodeSubbands(bool intra, bool* whole);
  void transformAndStore(uint8_t* target);
  void render(const PictureHeader& header, ReferencePicture* const* references, bool residual,
              uint8_t* target);
  bool cancelled() const;

  DecoderOptions options_;
  std::shared_ptr<ThreadPool> pool_;
  VideoFormat format_;
  FrameLayout layout_;
  WaveletDsp dsp_;
  TransformParams transform_;
  PredictionParams prediction_;
  MotionField field_;
  CoefficientPlane plane_[3];
  std::vector<int32_t> scratch_[3];
  std::vector<SubbandData> bands_;  // component by component, each from coarse to fine
};

}  // namespace kamaelia::dirac
