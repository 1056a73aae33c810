// SPDX-License-Identifier: Apache-2.0
// The coefficients of a picture: from its transform data to residual samples.
#pragma once

#include <memory>
#include <vector>

#include "common/bit_reader.h"
#include "common/thread_pool.h"
#include "dirac/types.h"
#include "slice_decoder.h"
#include "subband.h"
#include "wavelet.h"

namespace kamaelia::dirac {

// Of the components of a picture, in samples.
struct PictureSize {
  int width[3];
  int height[3];
};

// The planes of a picture, in one of the two types in which coefficients are kept.
template <typename Coefficient>
struct PictureCoefficients {
  WaveletDsp<Coefficient> wavelet;
  BandDsp<Coefficient> bands;
  SliceDsp<Coefficient> slices;
  CoefficientPlane<Coefficient> plane[3];
  SliceLayout<Coefficient> layout;
  std::vector<SliceDecoder<Coefficient>> parts;      // of the rows of slices
  std::vector<InverseWavelet<Coefficient>> rows[3];  // of each stripe
};

// Decodes transform data in two steps: finding the coded parts, and their contents side by side.
// Memory is taken when a picture needs more than before, never in steady state.
class CoefficientDecoder {
 public:
  CoefficientDecoder(const DecoderOptions& options, ThreadPool* pool);

  // A sequence begins. mayBeShort: its samples are of 8 bits. mayKeepShort: for tests.
  void begin(bool mayBeShort, bool mayKeepShort = true);

  // Lengths and quantisers of all bands of a core syntax picture (13.2). kDamaged where they leave
  // the unit.
  Status findBands(BitReader& bits, const TransformParams& params);
  // The slices of any other picture, which the caller may also fill by himself.
  Status findSlices(BitReader& bits, const TransformParams& params);
  std::vector<CodedSlice>& slices() { return slices_; }

  // Decodes what was found. coding: of the core syntax; its dialect is settled here. False where
  // some of it contradicts itself.
  bool decode(const TransformParams& params, const PictureSize& size, const BandCoding& coding);

  // Of the picture decoded last: whether its residual is int16_t, which changes nothing but speed.
  bool isShort() const { return isShort_; }
  // Its low-low band of luma, where the options ask for it and it was intra.
  const std::shared_ptr<const LowBand>& lowBand() const { return lowBand_; }

  // The residual samples of a component for each of several stripes, which may be rebuilt at the
  // same time. Coefficient: as isShort() says.
  template <typename Coefficient>
  std::vector<InverseWavelet<Coefficient>>& rows(const TransformParams& params, int component,
                                                 size_t stripes);

 private:
  template <typename Coefficient>
  PictureCoefficients<Coefficient>& in();
  template <typename Coefficient>
  const WaveletDsp<Coefficient>& wavelet(int component);
  bool decodeAs(const TransformParams& params, const PictureSize& size, BandCoding coding);
  template <typename Coefficient>
  bool decodeIn(const TransformParams& params, const PictureSize& size, const BandCoding& coding);
  template <typename Coefficient>
  bool decodeBands(const TransformParams& params, const BandCoding& coding);
  template <typename Coefficient>
  bool decodeSlices(const TransformParams& params);
  void settleDialect(const TransformParams& params, const PictureSize& size,
                     const BandCoding& coding);
  bool keepsShort() const;
  bool cancelled() const;

  const DecoderOptions options_;
  ThreadPool* const pool_;
  std::shared_ptr<const LowBand> lowBand_;
  bool mayBeShort_ = false;
  bool mayKeepShort_ = true;
  bool keptShort_ = false;   // the picture's coefficients are those of short_
  bool isShort_ = false;     // and so are the rows that are made of them
  TransformReach reach_[3];  // of the picture's inverse transform
  int wideFor_ = 0;          // pictures to come that are not tried with int16_t
  QuantiserDialect dialect_ = QuantiserDialect::kDetect;
  std::vector<CodedBand> bands_;  // component by component, each from coarse to fine
  std::vector<CodedSlice> slices_;
  BandPeaks peaks_[3];
  PictureCoefficients<int16_t> short_;
  PictureCoefficients<int32_t> wide_;
  WaveletDsp<int16_t> narrowWavelet_;
  WaveletDsp<int32_t> wideSumsWavelet_;
};

}  // namespace kamaelia::dirac
