// SPDX-License-Identifier: Apache-2.0
#include "coefficients.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <iterator>
#include <type_traits>

#include "common/cpu_flags.h"

namespace kamaelia::dirac {
namespace {

// Pictures with coefficients over 16 bits mostly come in a row.
constexpr int kPicturesWide = 16;
// Rows of slices are handed out in this many parts for each thread.
constexpr int kPartsPerThread = 4;
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

CoefficientDecoder::CoefficientDecoder(const DecoderOptions& options, ThreadPool* pool)
    : options_(options), pool_(pool), dialect_(options.quantiserDialect) {
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

void CoefficientDecoder::begin(bool mayBeShort, bool mayKeepShort) {
  mayBeShort_ = mayBeShort;
  mayKeepShort_ = mayKeepShort;
  wideFor_ = 0;
  dialect_ = options_.quantiserDialect;
}

bool CoefficientDecoder::cancelled() const {
  return options_.cancel != nullptr && options_.cancel->load(std::memory_order_relaxed);
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
std::vector<InverseWavelet<Coefficient>>& CoefficientDecoder::rows(const TransformParams& params,
                                                                   int component, size_t stripes) {
  std::vector<InverseWavelet<Coefficient>>& rows = in<Coefficient>().rows[component];
  rows.resize(stripes);
  for (auto& stripe : rows) {
    if (keptShort_) {
      stripe.configure(wavelet<Coefficient>(component), params, &short_.plane[component]);
    } else if constexpr (std::is_same_v<Coefficient, int32_t>) {
      stripe.configure(wavelet<Coefficient>(component), params, &wide_.plane[component]);
    }
  }
  return rows;
}

template std::vector<InverseWavelet<int16_t>>& CoefficientDecoder::rows(const TransformParams&, int,
                                                                        size_t);
template std::vector<InverseWavelet<int32_t>>& CoefficientDecoder::rows(const TransformParams&, int,
                                                                        size_t);

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
  const size_t count = static_cast<size_t>(params.slices.x) * static_cast<size_t>(params.slices.y);
  slices_.assign(count, CodedSlice{});
  if (dirac::findSlices(bits, params, 0, count, slices_.data())) return {};
  return {Code::kDamaged, bits.bytePosition(), "slices cut short"};
}

bool CoefficientDecoder::decode(const TransformParams& params, const PictureSize& size,
                                const BandCoding& coding) {
  const bool whole = decodeAs(params, size, coding);
  lowBand_ = nullptr;
  if (options_.lowBand && coding.intra && !cancelled()) {
    lowBand_ =
        keptShort_ ? copyLowBand(short_.plane[0], isShort_) : copyLowBand(wide_.plane[0], isShort_);
  }
  return whole;
}

// Settles the type of the coefficients too.
bool CoefficientDecoder::decodeAs(const TransformParams& params, const PictureSize& size,
                                  BandCoding coding) {
  if (params.syntax == Syntax::kCore && params.quantiserPerCodeblock) {
    coding.quantiserPerCodeblock = true;
    if (dialect_ == QuantiserDialect::kDetect) settleDialect(params, size, coding);
    coding.onlyWhereSeveral = dialect_ == QuantiserDialect::kLegacy;
  }
  keptShort_ = mayKeepShort_;
  if (keptShort_ && wideFor_ > 0) {
    --wideFor_;
    keptShort_ = false;
  }
  bool whole = true;
  if (keptShort_) {
    whole = decodeIn<int16_t>(params, size, coding);
    keptShort_ = keepsShort() || cancelled();
    if (!keptShort_) wideFor_ = kPicturesWide;
  }
  if (!keptShort_) whole = decodeIn<int32_t>(params, size, coding);
  for (int c = 0; c < 3; ++c) reach_[c] = transformReach(params, peaks_[c]);
  isShort_ = keptShort_ && mayBeShort_ && params.wavelet <= 4 && params.waveletHorizontal <= 4 &&
             std::all_of(std::begin(reach_), std::end(reach_),
                         [](const TransformReach& reach) { return reach.fitsShort(); });
  return whole;
}

// Whether the coefficients themselves fit 16 bits.
bool CoefficientDecoder::keepsShort() const {
  return std::all_of(std::begin(peaks_), std::end(peaks_), [](const BandPeaks& peaks) {
    const uint32_t* first = &peaks.high[0][0];
    return peaks.low <= INT16_MAX && std::all_of(first, first + 3 * kMaxLevels,
                                                 [](uint32_t peak) { return peak <= INT16_MAX; });
  });
}

template <typename Coefficient>
bool CoefficientDecoder::decodeIn(const TransformParams& params, const PictureSize& size,
                                  const BandCoding& coding) {
  PictureCoefficients<Coefficient>& to = in<Coefficient>();
  for (int c = 0; c < 3; ++c) {
    to.plane[c].configure(size.width[c], size.height[c], params.depth, params.depthHorizontal);
    peaks_[c] = BandPeaks{};
  }
  if (params.syntax == Syntax::kCore) return decodeBands<Coefficient>(params, coding);
  return decodeSlices<Coefficient>(params);
}

// A chain of bands of one orientation has to be decoded from coarse to fine, as each looks at its
// parent; the chains of all components are independent of each other.
template <typename Coefficient>
bool CoefficientDecoder::decodeBands(const TransformParams& params, const BandCoding& coding) {
  const size_t perComponent = static_cast<size_t>(1 + 3 * params.depth);
  const size_t chains = params.depth > 0 ? 4 : 1;
  std::atomic<bool> good{true};
  pool_->parallelFor(3 * chains, static_cast<size_t>(options_.threads), [&](size_t task) {
    const CodedBand* bands = bands_.data() + (task / chains) * perComponent;
    const size_t chain = task % chains;
    CoefficientPlane<Coefficient>& plane = in<Coefficient>().plane[task / chains];
    BandPeaks& peaks = peaks_[task / chains];
    const auto one = [&](const CodedBand& coded) {
      if (cancelled()) return uint32_t{0};
      const auto orientation = static_cast<size_t>(coded.orientation);
      if (coded.size == 0) {
        plane.zero[coded.level][orientation] = true;
        return uint32_t{0};
      }
      Subband<Coefficient> parent;
      if (coded.level > 1 && !plane.zero[coded.level - 1][orientation]) {
        parent = subbandOf(plane, coded.level - 1, coded.orientation);
      }
      const BandResult result = decodeSubband(
          in<Coefficient>().bands, coded, subbandOf(plane, coded.level, coded.orientation), parent,
          coding, &plane.zeroCodeblocks[coded.level][orientation]);
      if (!result.good) good = false;
      return result.peak;
    };
    if (chain == 0) {
      peaks.low = one(bands[0]);
      if (coding.intra && bands[0].size > 0 && !cancelled()) {
        const uint32_t peak = undoDcPrediction(subbandOf(plane, 0, Orientation::kLL));
        peaks.low = std::max(peaks.low, peak);
        plane.zeroCodeblocks[0][0].forget();
      }
      return;
    }
    for (int level = 1; level <= params.depth; ++level) {
      peaks.high[level - 1][chain - 1] =
          one(bands[1 + 3 * static_cast<size_t>(level - 1) + (chain - 1)]);
    }
  });
  return good;
}

template <typename Coefficient>
bool CoefficientDecoder::decodeSlices(const TransformParams& params) {
  PictureCoefficients<Coefficient>& to = in<Coefficient>();
  for (CoefficientPlane<Coefficient>& plane : to.plane) plane.forgetZeroCodeblocks();
  to.layout.configure(to.slices, params, to.plane);
  const int rows = params.slices.y;
  const size_t parts = static_cast<size_t>(
      std::min(rows, options_.threads == 1 ? 1 : options_.threads * kPartsPerThread));
  if (to.parts.size() < parts) to.parts.resize(parts);
  std::atomic<bool> good{true};
  pool_->parallelFor(parts, static_cast<size_t>(options_.threads), [&](size_t part) {
    SliceDecoder<Coefficient>& decoder = to.parts[part];
    const size_t all = static_cast<size_t>(rows);
    decoder.begin(to.layout);
    for (size_t row = all * part / parts; row < all * (part + 1) / parts && !cancelled(); ++row) {
      if (!decoder.decodeRow(slices_.data(), static_cast<int>(row))) good = false;
    }
  });
  for (size_t part = 0; part < parts; ++part) to.parts[part].raise(peaks_);
  if (params.syntax != Syntax::kLowDelay || cancelled()) return good;
  for (int c = 0; c < 3; ++c) {
    const uint32_t peak = undoDcPrediction(subbandOf(to.plane[c], 0, Orientation::kLL));
    peaks_[c].low = std::max(peaks_[c].low, peak);
  }
  return good;
}

// Both ways are tried on the bands of one codeblock that need no parent; the right one ends where
// the band's bytes do.
void CoefficientDecoder::settleDialect(const TransformParams& params, const PictureSize& size,
                                       const BandCoding& coding) {
  for (int c = 0; c < 3; ++c) {
    wide_.plane[c].configure(size.width[c], size.height[c], params.depth);
  }
  int64_t misfit[2] = {0, 0};
  bool any = false;
  for (const CodedBand& band : bands_) {
    if (band.level > 1 || band.size == 0) continue;
    if (band.codeblocks.x != 1 || band.codeblocks.y != 1) continue;
    any = true;
    for (const bool legacy : {false, true}) {
      BandCoding tried = coding;
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
  dialect_ = misfit[1] < misfit[0] ? QuantiserDialect::kLegacy : QuantiserDialect::kStandard;
}

}  // namespace kamaelia::dirac
