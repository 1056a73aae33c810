// SPDX-License-Identifier: Apache-2.0
#include "coefficients.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <type_traits>
#include <utility>

#include "common/cpu_flags.h"

namespace kamaelia::dirac {
namespace {

// Pictures with coefficients over 16 bits mostly come in a row.
constexpr int kPicturesWide = 16;
// Rows of slices are handed out in this many parts for each thread.
constexpr int kPartsPerThread = 4;

// Of a component's bands: LL, and one for each other orientation.
size_t chains(const TransformParams& params) { return params.depth > 0 ? 4 : 1; }

constexpr Orientation kHighBands[] = {Orientation::kHL, Orientation::kLH, Orientation::kHH};

template <typename Coefficient>
std::shared_ptr<const LowBand> copyLowBand(CoefficientPlane<Coefficient>& plane, bool isShort) {
  const Subband<Coefficient> band = subbandOf(plane, 0, Orientation::kLL);
  auto low = std::make_shared<LowBand>();
  low->width = band.width;
  low->height = band.height;
  low->level = plane.levels();
  low->isShort = isShort;
  if (plane.zero[0][0]) {
    low->data.assign(static_cast<size_t>(band.width) * static_cast<size_t>(band.height), 0);
    return low;
  }
  low->data.reserve(static_cast<size_t>(band.width) * static_cast<size_t>(band.height));
  for (int y = 0; y < band.height; ++y) {
    const Coefficient* row = band.data + y * band.stride;
    low->data.insert(low->data.end(), row, row + band.width);
  }
  return low;
}

}  // namespace

CoefficientDecoder::CoefficientDecoder(const DecoderOptions& options, CoefficientHistory* history)
    : options_(options), history_(*history), slices_(options.maxUnitBytes) {
  const uint32_t flags = cpuFlags();
  initWavelet(&short_.wavelet, flags);
  initWavelet(&wide_.wavelet, flags);
  initNarrowWavelet(&narrowWavelet_, flags);
  initWideWavelet(&wideSumsWavelet_);
  initBands(&short_.bands, flags);
  initBands(&wide_.bands, flags);
  initSlices(&short_.slices, flags);
  initSlices(&wide_.slices, flags);
}

size_t CoefficientDecoder::memory() const {
  return slices_.memory() + bands_.capacity() * sizeof(CodedBand) + short_.memory() +
         wide_.memory();
}

bool CoefficientDecoder::cancelled() {
  if (options_.cancel == nullptr || !options_.cancel->load(std::memory_order_relaxed)) return false;
  whole_ = false;
  return true;
}

template <typename Coefficient>
size_t PictureCoefficients<Coefficient>::memory() const {
  size_t bytes = 0;
  for (int c = 0; c < 3; ++c) {
    bytes += plane[c].data.capacity() * sizeof(Coefficient);
    for (const InverseWavelet<Coefficient>& stripe : rows[c]) bytes += stripe.memory();
  }
  return bytes;
}

template <>
PictureCoefficients<int16_t>& CoefficientDecoder::in() {
  return short_;
}

template <>
PictureCoefficients<int32_t>& CoefficientDecoder::in() {
  return wide_;
}

// The least that the sums of this component's transform need.
template <>
const WaveletDsp<int16_t>& CoefficientDecoder::wavelet(int component) {
  return reach_[component].fitsNarrowSums() ? narrowWavelet_ : short_.wavelet;
}

template <>
const WaveletDsp<int32_t>& CoefficientDecoder::wavelet(int component) {
  return reach_[component].fitsSums() ? wide_.wavelet : wideSumsWavelet_;
}

template <typename Coefficient>
std::vector<InverseWavelet<Coefficient>>& CoefficientDecoder::rows(int component, size_t stripes) {
  std::vector<InverseWavelet<Coefficient>>& rows = in<Coefficient>().rows[component];
  if (rows.size() < stripes) rows.resize(stripes);
  for (size_t stripe = 0; stripe < stripes; ++stripe) {
    if (keptShort_) {
      rows[stripe].configure(wavelet<Coefficient>(component), *params_, &short_.plane[component]);
    } else if constexpr (std::is_same_v<Coefficient, int32_t>) {
      rows[stripe].configure(wavelet<Coefficient>(component), *params_, &wide_.plane[component]);
    }
  }
  return rows;
}

template std::vector<InverseWavelet<int16_t>>& CoefficientDecoder::rows(int, size_t);
template std::vector<InverseWavelet<int32_t>>& CoefficientDecoder::rows(int, size_t);

Status CoefficientDecoder::findBands(BitReader& bits, const TransformParams& params) {
  Status status;
  bands_.clear();
  for (int c = 0; c < 3; ++c) {
    for (int level = 0; level <= params.depth; ++level) {
      for (int i = 0; i < params.bandsAt(level); ++i) {
        CodedBand band;
        band.component = c;
        band.level = level;
        band.orientation = level == 0 ? Orientation::kLL : kHighBands[i];
        band.codeblocks = params.codeblocks[level];
        bits.align();
        const uint64_t length = bits.unsignedGolomb();
        if (length > 0) {
          band.quantiser = bits.unsignedGolomb();
          bits.align();
          const uint64_t there = std::min(length, bits.bytesLeft());
          if (there < length) status = {Code::kDamaged, bits.bytePosition(), "subband cut short"};
          band.bytes = bits.bytes();
          band.size = static_cast<size_t>(there);
          bits.skipBytes(there);
        }
        bands_.push_back(band);
      }
    }
  }
  return status;
}

Status CoefficientDecoder::findSlices(BitReader& bits, const TransformParams& params) {
  slices_.begin(params);
  const Status status = slices_.addAll(bits);
  slices_.end();
  return status;
}

void CoefficientDecoder::start(const TransformParams& params, const PictureSize& size,
                               const BandCoding& coding) {
  params_ = &params;
  size_ = size;
  coding_ = coding;
  pass_ = Pass::kNone;
  whole_ = true;
  lowBand_ = nullptr;
  if (params.syntax == Syntax::kCore && params.quantiserPerCodeblock) {
    coding_.quantiserPerCodeblock = true;
    if (history_.dialect == QuantiserDialect::kDetect) settleDialect();
    coding_.onlyWhereSeveral = history_.dialect == QuantiserDialect::kLegacy;
  }
  keptShort_ = history_.mayKeepShort;
  if (keptShort_ && history_.wideFor > 0) {
    --history_.wideFor;
    keptShort_ = false;
  }
}

size_t CoefficientDecoder::nextPass() {
  switch (pass_) {
    case Pass::kNone:
      beginCodes();
      [[fallthrough]];
    case Pass::kCodes:
      if (const size_t tasks = nextCodes(); tasks > 0) return tasks;
      if (!hasAll()) return 0;
      if (params_->syntax != Syntax::kCore) {
        if (keptShort_) {
          raisePeaks<int16_t>();
        } else {
          raisePeaks<int32_t>();
        }
      }
      if (params_->syntax == Syntax::kLowDelay && !cancelled()) {
        pass_ = Pass::kPrediction;
        return 3;
      }
      break;
    case Pass::kPrediction:
      break;
  }
  if (keptShort_ && !keepsShort() && !cancelled()) {
    history_.wideFor = kPicturesWide;
    keptShort_ = false;
    whole_ = true;
    if (params_->syntax != Syntax::kCore) slices_.repeatRows();
    beginCodes();
    return nextCodes();
  }
  settleType();
  pass_ = Pass::kNone;
  if (options_.lowBand && coding_.intra && !cancelled()) {
    lowBand_ =
        keptShort_ ? copyLowBand(short_.plane[0], isShort_) : copyLowBand(wide_.plane[0], isShort_);
  }
  return 0;
}

// Whether the coefficients themselves fit 16 bits.
bool CoefficientDecoder::keepsShort() const {
  return std::all_of(std::begin(peaks_), std::end(peaks_), [](const BandPeaks& peaks) {
    const uint32_t* first = &peaks.high[0][0];
    return peaks.low <= INT16_MAX && std::all_of(first, first + 3 * kMaxLevels,
                                                 [](uint32_t peak) { return peak <= INT16_MAX; });
  });
}

// The type of the residual.
void CoefficientDecoder::settleType() {
  for (int c = 0; c < 3; ++c) reach_[c] = transformReach(*params_, peaks_[c]);
  isShort_ = keptShort_ && history_.mayBeShort && params_->wavelet <= 4 &&
             params_->waveletHorizontal <= 4 &&
             std::all_of(std::begin(reach_), std::end(reach_),
                         [](const TransformReach& reach) { return reach.fitsShort(); });
}

void CoefficientDecoder::beginCodes() {
  pass_ = Pass::kCodes;
  bandsDue_ = params_->syntax == Syntax::kCore;
  partsBegun_ = 0;
  if (keptShort_) {
    beginCodesIn<int16_t>();
  } else {
    beginCodesIn<int32_t>();
  }
}

// Bands, or the rows of slices that have come since the last time.
size_t CoefficientDecoder::nextCodes() {
  if (std::exchange(bandsDue_, false)) return 3 * chains(*params_);
  if (params_->syntax == Syntax::kCore || !slices_.anyRow()) return 0;
  slices_.takeRows(&rows_);
  const size_t most =
      options_.threads == 1 ? 1 : static_cast<size_t>(options_.threads) * kPartsPerThread;
  parts_ = std::min(rows_.size(), most);
  partsBefore_ = partsBegun_;
  partsBegun_ = std::max(partsBegun_, parts_);
  if (short_.parts.size() < partsBegun_) short_.parts.resize(partsBegun_);
  if (wide_.parts.size() < partsBegun_) wide_.parts.resize(partsBegun_);
  return parts_;
}

template <typename Coefficient>
void CoefficientDecoder::beginCodesIn() {
  PictureCoefficients<Coefficient>& to = in<Coefficient>();
  for (int c = 0; c < 3; ++c) {
    to.plane[c].configure(size_.width[c], size_.height[c], params_->depth,
                          params_->depthHorizontal);
    peaks_[c] = BandPeaks{};
  }
  if (params_->syntax == Syntax::kCore) return;
  for (CoefficientPlane<Coefficient>& plane : to.plane) plane.forgetZeroCodeblocks();
  to.layout.configure(to.slices, *params_, to.plane);
}

void CoefficientDecoder::run(size_t task) {
  if (keptShort_) {
    runIn<int16_t>(task);
  } else {
    runIn<int32_t>(task);
  }
}

template <typename Coefficient>
void CoefficientDecoder::runIn(size_t task) {
  if (pass_ == Pass::kPrediction) return undoPrediction<Coefficient>(task);
  if (params_->syntax == Syntax::kCore) return decodeChain<Coefficient>(task);
  decodeSliceRows<Coefficient>(task);
}

// A chain of bands of one orientation has to be decoded from coarse to fine, as each looks at its
// parent; the chains of all components are independent of each other.
template <typename Coefficient>
void CoefficientDecoder::decodeChain(size_t task) {
  const size_t component = task / chains(*params_);
  const size_t chain = task % chains(*params_);
  const CodedBand* bands = bands_.data() + component * static_cast<size_t>(1 + 3 * params_->depth);
  CoefficientPlane<Coefficient>& plane = in<Coefficient>().plane[component];
  BandPeaks& peaks = peaks_[component];
  if (chain == 0) {
    peaks.low = decodeBand(bands[0], &plane);
    if (coding_.intra && bands[0].size > 0) {
      undoPrediction<Coefficient>(component);
      plane.zeroCodeblocks[0][0].forget();
    }
    return;
  }
  for (int level = 1; level <= params_->depth; ++level) {
    const size_t band = 1 + 3 * static_cast<size_t>(level - 1) + (chain - 1);
    peaks.high[level - 1][chain - 1] = decodeBand(bands[band], &plane);
  }
}

// The largest magnitude that was decoded.
template <typename Coefficient>
uint32_t CoefficientDecoder::decodeBand(const CodedBand& coded,
                                        CoefficientPlane<Coefficient>* plane) {
  if (cancelled()) return 0;
  const auto orientation = static_cast<size_t>(coded.orientation);
  if (coded.size == 0) {
    plane->zero[coded.level][orientation] = true;
    return 0;
  }
  Subband<Coefficient> parent;
  if (coded.level > 1 && !plane->zero[coded.level - 1][orientation]) {
    parent = subbandOf(*plane, coded.level - 1, coded.orientation);
  }
  const BandResult result = decodeSubband(
      in<Coefficient>().bands, coded, subbandOf(*plane, coded.level, coded.orientation), parent,
      coding_, &plane->zeroCodeblocks[coded.level][orientation]);
  if (!result.good) whole_ = false;
  return result.peak;
}

template <typename Coefficient>
void CoefficientDecoder::decodeSliceRows(size_t task) {
  PictureCoefficients<Coefficient>& to = in<Coefficient>();
  SliceDecoder<Coefficient>& decoder = to.parts[task];
  if (task >= partsBefore_) decoder.begin(to.layout);
  const size_t end = rows_.size() * (task + 1) / parts_;
  for (size_t i = rows_.size() * task / parts_; i < end && !cancelled(); ++i) {
    if (!decoder.decodeRow(slices_.slices(), rows_[i])) whole_ = false;
  }
}

template <typename Coefficient>
void CoefficientDecoder::raisePeaks() {
  const PictureCoefficients<Coefficient>& from = in<Coefficient>();
  for (size_t part = 0; part < partsBegun_; ++part) from.parts[part].raise(peaks_);
}

template <typename Coefficient>
void CoefficientDecoder::undoPrediction(size_t component) {
  if (cancelled()) return;
  CoefficientPlane<Coefficient>& plane = in<Coefficient>().plane[component];
  const uint32_t peak = undoDcPrediction(subbandOf(plane, 0, Orientation::kLL));
  peaks_[component].low = std::max(peaks_[component].low, peak);
}

// Both ways are tried on the bands of one codeblock that need no parent; the right one ends where
// the band's bytes do.
void CoefficientDecoder::settleDialect() {
  for (int c = 0; c < 3; ++c) {
    wide_.plane[c].configure(size_.width[c], size_.height[c], params_->depth);
  }
  int64_t misfit[2] = {0, 0};
  bool any = false;
  for (const CodedBand& band : bands_) {
    if (band.level > 1 || band.size == 0) continue;
    if (band.codeblocks.x != 1 || band.codeblocks.y != 1) continue;
    any = true;
    for (const bool legacy : {false, true}) {
      BandCoding tried = coding_;
      tried.onlyWhereSeveral = legacy;
      CoefficientPlane<int32_t>& plane = wide_.plane[band.component];
      const BandResult result = decodeSubband(
          wide_.bands, band, subbandOf(plane, band.level, band.orientation), {}, tried,
          &plane.zeroCodeblocks[band.level][static_cast<size_t>(band.orientation)]);
      const int64_t size64 = static_cast<int64_t>(band.size);
      misfit[legacy] += result.good ? std::abs(result.taken - size64) : size64 + 8;
    }
  }
  if (!any || misfit[0] == misfit[1]) return;
  history_.dialect =
      misfit[1] < misfit[0] ? QuantiserDialect::kLegacy : QuantiserDialect::kStandard;
}

}  // namespace kamaelia::dirac
