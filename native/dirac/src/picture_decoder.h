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

// The coefficients of a picture, in one of the two types in which they are kept.
template <typename Coefficient>
struct PictureCoefficients {
  WaveletDsp<Coefficient> wavelet;
  CoefficientPlane<Coefficient> plane[3];
  std::vector<InverseWavelet<Coefficient>> rows[3];  // of each stripe
};

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
  // What is rebuilt once the coefficients' type is settled.
  struct Output {
    const PictureHeader* header;
    ReferencePicture* const* references;
    uint8_t* target;
  };

  Status readTransformData(BitReader& bits);
  bool mayBeShort() const;
  bool decodeShort(bool intra, bool* whole);
  void decodeWide(bool intra, bool* whole);
  template <typename Coefficient>
  uint32_t decodeSubbands(PictureCoefficients<Coefficient>* to, bool intra, bool* whole);
  template <typename Coefficient>
  void rebuild(PictureCoefficients<Coefficient>* from, const Output& output);
  template <typename Sample, typename Coefficient>
  void rebuildAs(const RebuildDsp<Sample, Coefficient>& dsp, const UpsampleDsp<Sample>& upsampling,
                 PictureCoefficients<Coefficient>* from, const Output& output);
  template <typename Coefficient>
  const WaveletDsp<Coefficient>& waveletFor(const PictureCoefficients<Coefficient>& from) const;
  bool cancelled() const;

  DecoderOptions options_;
  std::shared_ptr<ThreadPool> pool_;
  VideoFormat format_;
  FrameLayout layout_;
  int bitDepth_[3] = {8, 8, 8};
  TransformParams transform_;
  PredictionParams prediction_;
  MotionField field_;
  std::vector<CodedBand> bands_;  // component by component, each from coarse to fine
  BandPeaks peaks_[3];            // of the picture at work
  bool narrowSums_ = false;       // of its transform: 16 bits are enough
  bool wideSums_ = false;         // 32 bits are not
  int wideFor_ = 0;               // pictures to come that are not tried with int16_t
  PictureCoefficients<int16_t> short_;
  PictureCoefficients<int32_t> wide_;
  WaveletDsp<int16_t> narrowWavelet_;
  WaveletDsp<int32_t> wideSumsWavelet_;
  RebuildDsp<uint8_t, int16_t> rebuildShort_;
  RebuildDsp<uint8_t, int32_t> rebuildWide_;
  RebuildDsp<uint16_t, int32_t> rebuildDeep_;
  UpsampleDsp<uint8_t> upsampling_;
  UpsampleDsp<uint16_t> upsamplingDeep_;
};

}  // namespace kamaelia::dirac
