// SPDX-License-Identifier: Apache-2.0
#include "slice_decoder.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <limits>
#include <type_traits>

#include "golomb.h"
#include "quantiser.h"

namespace kamaelia::dirac {
namespace {

// Those of intra pictures, by index.
struct QuantiserTable {
  Quantiser of[kMaxQuantiser + 1];

  constexpr QuantiserTable() : of{} {
    for (uint32_t index = 0; index <= kMaxQuantiser; ++index) of[index] = quantiserOf(index, true);
  }
};
constexpr QuantiserTable kQuantisers;

const Quantiser& quantiserFor(uint32_t sliceIndex, uint32_t matrix) {
  return kQuantisers.of[std::min(sliceIndex - std::min(sliceIndex, matrix), kMaxQuantiser)];
}

constexpr size_t toLanes(size_t count) {
  return (count + kQuantiserLanes - 1) / kQuantiserLanes * kQuantiserLanes;
}

}  // namespace

template <typename Coefficient>
void SliceDecoder<Coefficient>::begin(const Layout& layout) {
  layout_ = &layout;
  size_t end = 0;
  for (int c = 0; c < 3; ++c) {
    start_[c] = end;
    end += toLanes(layout.most(c) + kRunSpare);
  }
  coded_.resize(end);
  values_.resize(end);
  if (layout.syntax() == Syntax::kLowDelay) mixed_.resize(2 * layout.most(1) + kRunSpare);
  std::fill(std::begin(firstRow_), std::end(firstRow_), -1);
  rows_.clear();
  placed_.clear();
  for (BandPeaks& peaks : largePeaks_) peaks = BandPeaks{};
  makeLanes();
}

// Bands of uniform slices lie side by side in lanes wherever they end.
template <typename Coefficient>
void SliceDecoder<Coefficient>::makeLanes() {
  const std::vector<Band>& bands = layout_->bands();
  lanes_.clear();
  rowOf_.clear();
  for (size_t b = 0; b < bands.size(); ++b) {
    lanes_.insert(lanes_.end(), kQuantiserLanes, static_cast<int16_t>(b));
  }
  if (!layout_->isUniform()) return;
  size_t lane = 0;
  for (size_t b = 0; b < bands.size(); ++b) {
    const Area area = layout_->areaOf(bands[b], 0, 0);
    const size_t start = start_[bands[b].component];
    if (b % layout_->bandsPerComponent() == 0) lane = start;
    placed_.push_back(
        {nullptr, bands[b].band.stride, area.right, area.bottom, static_cast<ptrdiff_t>(lane)});
    // Whole vectors of this band have its own row; one that others begin in has one of its own.
    for (const size_t end = lane + static_cast<size_t>(area.count()); lane < end;) {
      const size_t inVector = lane % kQuantiserLanes;
      const size_t length = std::min(end - lane, kQuantiserLanes - inVector);
      if (length == kQuantiserLanes) {
        rowOf_.resize(lane / kQuantiserLanes, 0);
        rowOf_.push_back(static_cast<uint8_t>(b));
      } else {
        if (inVector == 0) {
          rowOf_.resize(lane / kQuantiserLanes, 0);
          rowOf_.push_back(static_cast<uint8_t>(lanes_.size() / kQuantiserLanes));
          lanes_.insert(lanes_.end(), kQuantiserLanes, int16_t{-1});
        }
        std::fill_n(lanes_.end() - static_cast<ptrdiff_t>(kQuantiserLanes - inVector), length,
                    static_cast<int16_t>(b));
      }
      lane += length;
    }
  }
}

template <typename Coefficient>
QuantiserRow<Coefficient>* SliceDecoder<Coefficient>::rowsOf(uint32_t quantiser) {
  int& first = firstRow_[quantiser];
  if (first < 0) {
    first = static_cast<int>(rows_.size());
    rows_.resize(rows_.size() + lanes_.size() / kQuantiserLanes);
    for (size_t i = 0; i < lanes_.size(); ++i) {
      Row& row = rows_[static_cast<size_t>(first) + i / kQuantiserLanes];
      const size_t lane = i % kQuantiserLanes;
      row.factor[lane] = row.offset[lane] = 0;
      row.peak[lane] = 0;
      if (lanes_[i] < 0) continue;
      const Band& band = layout_->bands()[static_cast<size_t>(lanes_[i])];
      const Quantiser& of = quantiserFor(quantiser, band.matrix);
      row.factor[lane] = static_cast<std::make_unsigned_t<Coefficient>>(of.factor);
      row.offset[lane] = static_cast<std::make_unsigned_t<Coefficient>>(of.offset);
    }
  }
  return rows_.data() + first;
}

template <typename Coefficient>
void SliceDecoder<Coefficient>::raise(BandPeaks* peaks) const {
  constexpr uint64_t kMost = std::numeric_limits<std::make_unsigned_t<Coefficient>>::max();
  for (int c = 0; c < 3; ++c) peaks[c].raise(largePeaks_[c]);
  for (uint32_t quantiser = 0; quantiser < std::size(firstRow_); ++quantiser) {
    if (firstRow_[quantiser] < 0) continue;
    const Row* rows = rows_.data() + firstRow_[quantiser];
    for (size_t i = 0; i < lanes_.size(); ++i) {
      const uint64_t coded = rows[i / kQuantiserLanes].peak[i % kQuantiserLanes];
      if (lanes_[i] < 0 || coded == 0) continue;
      const Band& band = layout_->bands()[static_cast<size_t>(lanes_[i])];
      const Quantiser& of = quantiserFor(quantiser, band.matrix);
      const uint64_t scaled = coded * of.factor + of.offset;
      uint32_t& highest = peakOf(band, peaks);
      highest = std::max(highest, scaled > kMost ? UINT32_MAX : static_cast<uint32_t>(scaled >> 2));
    }
  }
}

template <typename Coefficient>
bool SliceDecoder<Coefficient>::decodeRow(const CodedSlice* slices, int y) {
  for (size_t b = 0; b < placed_.size(); ++b) {
    PlacedBand<Coefficient>& to = placed_[b];
    to.data = layout_->bands()[b].band.data + static_cast<ptrdiff_t>(y) * to.height * to.stride;
  }
  const int across = layout_->slicing().x;
  slices += static_cast<ptrdiff_t>(y) * across;
  bool good = true;
  for (int x = 0; x < across; ++x) {
    if (!decode(slices[x], x, y)) good = false;
  }
  return good;
}

template <typename Coefficient>
bool SliceDecoder<Coefficient>::decode(const CodedSlice& slice, int x, int y) {
  if (slice.size == 0) {
    std::fill(coded_.begin(), coded_.end(), int16_t{0});
    put(0, x, y);
    return true;
  }
  if (slice.readable >= slice.size + kRunSlack) return decodeReadable(slice, x, y);
  padded_.resize(slice.size + kRunSlack);
  std::memcpy(padded_.data(), slice.bytes, slice.size);
  return decodeReadable({padded_.data(), slice.size, padded_.size()}, x, y);
}

template <typename Coefficient>
bool SliceDecoder<Coefficient>::decodeReadable(const CodedSlice& slice, int x, int y) {
  int counts[3];
  for (int c = 0; c < 3; ++c) {
    counts[c] = layout_->isUniform() ? static_cast<int>(layout_->most(c)) : layout_->count(c, x, y);
  }
  if (layout_->syntax() == Syntax::kLowDelay) return lowDelay(slice, counts, x, y);
  return highQuality(slice, counts, x, y);
}

template <typename Coefficient>
bool SliceDecoder<Coefficient>::highQuality(const CodedSlice& slice, const int (&counts)[3], int x,
                                            int y) {
  const SliceParams& slicing = layout_->slicing();
  size_t at = slicing.prefixBytes;
  const uint32_t quantiser = slice.bytes[at++];
  CodeRun runs[3];
  for (int c = 0; c < 3; ++c) {
    const size_t size = size_t{slice.bytes[at++]} * slicing.sizeScaler;
    runs[c] = {slice.bytes, at * 8, (at + size) * 8, coded_.data() + start_[c], counts[c]};
    at += size;
  }
  if (layout_->dsp().readRuns(runs, 3)) {
    put(quantiser, x, y);
  } else {
    putLarge(slice, runs, quantiser, x, y);
  }
  return true;
}

template <typename Coefficient>
bool SliceDecoder<Coefficient>::lowDelay(const CodedSlice& slice, const int (&counts)[3], int x,
                                         int y) {
  const uint64_t total = uint64_t{slice.size} * 8;
  const int lengthBits = std::bit_width(total - 7 - 1);
  BitReader header(slice.bytes, slice.size);
  const uint32_t quantiser = header.literal(7);
  const uint64_t coded = header.literal(lengthBits);
  const uint64_t first = std::min(total, uint64_t{7} + static_cast<uint64_t>(lengthBits));
  const uint64_t luma = std::min(coded, total - first);
  const int chroma = counts[1];
  const CodeRun runs[2] = {{slice.bytes, first, first + luma, coded_.data() + start_[0], counts[0]},
                           // The two chroma components take turns.
                           {slice.bytes, first + luma, total, mixed_.data(), 2 * chroma}};
  if (layout_->dsp().readRuns(runs, 2)) {
    layout_->dsp().separate(mixed_.data(), chroma, coded_.data() + start_[1],
                            coded_.data() + start_[2]);
    put(quantiser, x, y);
  } else {
    putLarge(slice, runs, quantiser, x, y);
  }
  return luma == coded;
}

// Dequantises what coded_ has and puts it where it belongs.
template <typename Coefficient>
void SliceDecoder<Coefficient>::put(uint32_t quantiser, int x, int y) {
  const SliceDsp<Coefficient>& dsp = layout_->dsp();
  Row* rows = rowsOf(quantiser);
  if (!layout_->isUniform()) return putEach(rows, x, y);
  for (int c = 0; c < 3; ++c) {
    dsp.dequantise(coded_.data() + start_[c], rowOf_.data() + start_[c] / kQuantiserLanes,
                   static_cast<int>(toLanes(layout_->most(c)) / kQuantiserLanes), rows,
                   values_.data() + start_[c]);
  }
  dsp.place(placed_.data(), static_cast<int>(placed_.size()), x, values_.data());
}

// Slices of a shape of their own, band by band.
template <typename Coefficient>
void SliceDecoder<Coefficient>::putEach(Row* rows, int x, int y) {
  const std::vector<Band>& bands = layout_->bands();
  const int16_t* from = nullptr;
  for (size_t b = 0; b < bands.size(); ++b) {
    const Band& band = bands[b];
    if (b % layout_->bandsPerComponent() == 0) from = coded_.data() + start_[band.component];
    const Area area = layout_->areaOf(band, x, y);
    const size_t count = static_cast<size_t>(area.count());
    if (count == 0) continue;
    const size_t lanes = toLanes(count);
    apart_.assign(lanes, 0);
    std::copy_n(from, count, apart_.begin());
    from += count;
    constexpr uint8_t kOwnRow[1] = {0};
    for (size_t at = 0; at < lanes; at += kQuantiserLanes) {
      layout_->dsp().dequantise(apart_.data() + at, kOwnRow, 1, rows + b, values_.data() + at);
    }
    const PlacedBand<Coefficient> to = {band.band.data + area.top * band.band.stride + area.left,
                                        band.band.stride, area.right - area.left,
                                        area.bottom - area.top, 0};
    layout_->dsp().place(&to, 1, 0, values_.data());
  }
}

// A slice that has values over 16 bits, one by one. A picture that is decoded into 16 bits is not
// kept then.
template <typename Coefficient>
void SliceDecoder<Coefficient>::putLarge(const CodedSlice& slice, const CodeRun* runs,
                                         uint32_t quantiser, int x, int y) {
  if constexpr (std::is_same_v<Coefficient, int16_t>) {
    largePeaks_[0].low = UINT32_MAX;
  } else {
    const bool mixed = layout_->syntax() == Syntax::kLowDelay;
    for (int r = 0; r < (mixed ? 2 : 3); ++r) {
      GolombReader reader(slice.bytes, slice.size, runs[r].first, runs[r].end);
      for (size_t i = 0; i < static_cast<size_t>(runs[r].count); ++i) {
        const size_t at = mixed && r == 1 ? start_[1 + i % 2] + i / 2 : start_[r] + i;
        values_[at] = reader.one();
      }
    }
    const int32_t* from = nullptr;
    for (size_t b = 0; b < layout_->bands().size(); ++b) {
      const Band& band = layout_->bands()[b];
      if (b % layout_->bandsPerComponent() == 0) from = values_.data() + start_[band.component];
      const Quantiser& of = quantiserFor(quantiser, band.matrix);
      uint32_t& highest = peakOf(band, largePeaks_);
      const Area area = layout_->areaOf(band, x, y);
      for (int row = area.top; row < area.bottom; ++row) {
        int32_t* to = band.band.data + row * band.band.stride;
        for (int column = area.left; column < area.right; ++column) {
          const int32_t coded = *from++;
          const uint32_t sign = coded < 0 ? ~0u : 0u;
          const uint32_t magnitude =
              coded == 0 ? 0 : of.magnitude((static_cast<uint32_t>(coded) ^ sign) - sign);
          highest = std::max(highest, magnitude);
          to[column] = static_cast<int32_t>((magnitude ^ sign) - sign);
        }
      }
    }
  }
}

template class SliceDecoder<int16_t>;
template class SliceDecoder<int32_t>;

}  // namespace kamaelia::dirac
