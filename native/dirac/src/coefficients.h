// SPDX-License-Identifier: Apache-2.0
// The coefficients of a picture: from its transform data to residual samples.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "arriving_slices.h"
#include "common/bit_reader.h"
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

  size_t memory() const;
};

// What the pictures of a sequence learn from those in front of them.
struct CoefficientHistory {
  bool mayBeShort = false;   // its samples are of 8 bits
  bool mayKeepShort = true;  // but in tests
  QuantiserDialect dialect = QuantiserDialect::kDetect;
  std::atomic<int> wideFor{0};  // pictures to come that are not tried with int16_t

  void begin(bool samplesAreShort, QuantiserDialect asked) {
    mayBeShort = samplesAreShort;
    dialect = asked;
    wideFor = 0;
  }
};

// Decodes transform data in two steps: finding the coded parts, and their contents, in passes of
// several tasks that may run side by side. Memory is taken when a picture needs more than before,
// never in steady state.
//
//   decoder.findBands(bits, params);  // or findSlices()
//   decoder.start(params, size, coding);
//   while (size_t tasks = decoder.nextPass()) for (task...) decoder.run(task);
class CoefficientDecoder {
 public:
  // history: of the sequence; it must outlive this.
  CoefficientDecoder(const DecoderOptions& options, CoefficientHistory* history);

  // Lengths and quantisers of all bands of a core syntax picture (13.2). kDamaged where they leave
  // the unit.
  Status findBands(BitReader& bits, const TransformParams& params);
  // The slices of any other picture, where all are there; kDamaged where they leave the unit.
  Status findSlices(BitReader& bits, const TransformParams& params);
  // Where they come one after the other: begun by the caller, who may add some whenever no pass is
  // at work.
  ArrivingSlices& slices() { return slices_; }

  // Begins to decode what was found. coding: of the core syntax; its dialect is settled here, so
  // that pictures have to begin in their order. params must stay until the picture is rebuilt.
  void start(const TransformParams& params, const PictureSize& size, const BandCoding& coding);
  // The tasks of the next pass, once all of the one before have run; 0: all is decoded, or as
  // many rows of slices as are whole while not all have come.
  size_t nextPass();
  void run(size_t task);
  // Whether no more will come.
  bool hasAll() const { return params_->syntax == Syntax::kCore || slices_.ended(); }
  // Of what was decoded: false where some of it contradicts itself.
  bool whole() const { return whole_; }

  // Of the picture decoded last: whether its residual is int16_t, which changes nothing but speed.
  bool isShort() const { return isShort_; }
  // Its low-low band of luma, where the options ask for it and it was intra.
  const std::shared_ptr<const LowBand>& lowBand() const { return lowBand_; }

  // The residual samples of a component for each of several stripes, or more, which may be rebuilt
  // at the same time. Coefficient: as isShort() says.
  template <typename Coefficient>
  std::vector<InverseWavelet<Coefficient>>& rows(int component, size_t stripes);

  // Bytes of memory for coefficients and for rows in the making.
  size_t memory() const;

 private:
  enum class Pass : uint8_t { kNone, kCodes, kPrediction };

  template <typename Coefficient>
  PictureCoefficients<Coefficient>& in();
  template <typename Coefficient>
  const WaveletDsp<Coefficient>& wavelet(int component);
  void beginCodes();
  template <typename Coefficient>
  void beginCodesIn();
  size_t nextCodes();
  template <typename Coefficient>
  void runIn(size_t task);
  template <typename Coefficient>
  void decodeChain(size_t task);
  template <typename Coefficient>
  uint32_t decodeBand(const CodedBand& coded, CoefficientPlane<Coefficient>* plane);
  template <typename Coefficient>
  void decodeSliceRows(size_t task);
  template <typename Coefficient>
  void raisePeaks();
  template <typename Coefficient>
  void undoPrediction(size_t component);
  bool keepsShort() const;
  void settleType();
  void settleDialect();
  bool cancelled();

  const DecoderOptions options_;
  CoefficientHistory& history_;
  const TransformParams* params_ = nullptr;
  PictureSize size_{};
  BandCoding coding_;
  Pass pass_ = Pass::kNone;
  bool bandsDue_ = false;   // of the core syntax
  std::vector<int> rows_;   // of slices, of the pass at hand
  size_t parts_ = 0;        // into which they fall
  size_t partsBefore_ = 0;  // that passes in front of it had
  size_t partsBegun_ = 0;   // with those of this one
  std::atomic<bool> whole_{true};
  std::shared_ptr<const LowBand> lowBand_;
  bool keptShort_ = false;        // the picture's coefficients are those of short_
  bool isShort_ = false;          // and so are the rows that are made of them
  TransformReach reach_[3];       // of the picture's inverse transform
  std::vector<CodedBand> bands_;  // component by component, each from coarse to fine
  ArrivingSlices slices_;
  BandPeaks peaks_[3];
  PictureCoefficients<int16_t> short_;
  PictureCoefficients<int32_t> wide_;
  WaveletDsp<int16_t> narrowWavelet_;
  WaveletDsp<int32_t> wideSumsWavelet_;
};

}  // namespace kamaelia::dirac
