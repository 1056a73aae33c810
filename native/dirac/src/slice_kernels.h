// SPDX-License-Identifier: Apache-2.0
// Slices' codes, dequantisation and places. Everything here has internal linkage: each file that
// includes it compiles the templates for one instruction set.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#include "golomb_table.h"
#include "slices.h"

namespace kamaelia::dirac {
namespace {

// What is left of a run while it is read.
class RunReader {
 public:
  explicit RunReader(const CodeRun& run)
      : data_(run.data),
        at_(run.first),
        end_(run.end),
        out_(run.out),
        outEnd_(run.out + run.count) {}

  bool goesOn() const { return out_ < outEnd_ && at_ < end_; }

  // Five look-ups of the 57 bits that a window has for certain. One that finds a long code stays
  // where it is, and so do those behind it.
  void advance() {
    uint64_t window = load();
    uint64_t at = at_;
    int16_t* out = out_;
    uint64_t bits = 0;
#pragma GCC unroll 5
    for (int i = 0; i < kLookups; ++i) {
      const uint64_t entry = window >> (64 - kGolombBits);
      int8_t values[kGolombValues];
      std::memcpy(values, kGolombTable.value[entry], sizeof values);
      for (int k = 0; k < kGolombValues; ++k) out[k] = values[k];
      out += kGolombTable.step[entry].count;
      bits = kGolombTable.step[entry].bits;
      window <<= bits;
      at += bits;
    }
    at_ = at;
    out_ = out;
    if (bits == 0 && goesOn()) longCode();
  }

  // Behind the run's end come zeros. False where a value did not fit.
  bool finish() {
    if (out_ < outEnd_) std::fill(out_, outEnd_, int16_t{0});
    return fits_;
  }

 private:
  static constexpr int kLookups = 5;
  static_assert(kLookups * kGolombBits <= 57);
  static_assert(kLookups * kGolombValues <= kRunSpare);

  // At least 57 bits from the current one on, in the highest places, ones behind the run's end.
  uint64_t load() const {
    uint64_t window;
    std::memcpy(&window, data_ + (at_ >> 3), sizeof window);
    window = __builtin_bswap64(window) << (at_ & 7);
    const uint64_t left = end_ - at_;
    return left < 64 ? window | ~uint64_t{0} >> left : window;
  }

  void longCode() {
    const uint64_t window = load();
    const int follow = std::countl_zero(window & 0xAAAAAAAAAAAAAAAAu);
    // 16 pairs of bits are a magnitude of 65535 at least.
    if (follow > 30) return stop();
    const uint32_t magnitude = (1u << follow / 2 | everySecondBit(window >> (64 - follow))) - 1;
    const bool negative = (window >> (62 - follow)) & 1;
    if (magnitude > static_cast<uint32_t>(INT16_MAX) + negative) return stop();
    *out_++ = static_cast<int16_t>(negative ? 0u - magnitude : magnitude);
    at_ += static_cast<uint64_t>(follow) + 2;
  }

  void stop() {
    fits_ = false;
    at_ = end_;
  }

  const uint8_t* data_;
  uint64_t at_;
  uint64_t end_;
  int16_t* out_;
  int16_t* outEnd_;
  bool fits_ = true;
};

// Two runs side by side: each look-up has to wait for the one before it in its own run alone.
inline bool readRuns(const CodeRun* runs, int count) {
  bool fits = true;
  RunReader a(runs[0]);
  for (int next = 1; next < count; ++next) {
    RunReader b(runs[next]);
    while (a.goesOn() && b.goesOn()) {
      a.advance();
      b.advance();
    }
    if (b.goesOn()) std::swap(a, b);
    fits = b.finish() && fits;
  }
  while (a.goesOn()) a.advance();
  return a.finish() && fits;
}

inline void separate(const int16_t* mixed, int count, int16_t* first, int16_t* second) {
  const ptrdiff_t end = count;
#pragma GCC ivdep
  for (ptrdiff_t i = 0; i < end; ++i) {
    first[i] = mixed[2 * i];
    second[i] = mixed[2 * i + 1];
  }
}

// Without a branch: which coefficients are 0 nobody can foretell.
template <typename Coefficient>
void dequantise(const int16_t* coded, const uint8_t* rowOf, int vectors,
                QuantiserRow<Coefficient>* rows, Coefficient* out) {
  using Unsigned = std::make_unsigned_t<Coefficient>;
  for (ptrdiff_t v = 0; v < vectors; ++v, coded += kQuantiserLanes, out += kQuantiserLanes) {
    QuantiserRow<Coefficient>& row = rows[rowOf[v]];
#pragma GCC ivdep
    for (ptrdiff_t i = 0; i < kQuantiserLanes; ++i) {
      const int16_t value = coded[i];
      const auto magnitude = static_cast<uint16_t>(value < 0 ? -value : value);
      row.peak[i] = std::max(row.peak[i], magnitude);
      const auto scaled =
          static_cast<Unsigned>(uint32_t{magnitude} * row.factor[i] + row.offset[i]);
      const auto sized = static_cast<Unsigned>(scaled >> 2);
      const auto kept = static_cast<Unsigned>(magnitude != 0 ? sized : 0);
      out[i] = static_cast<Coefficient>(value < 0 ? static_cast<Unsigned>(-kept) : kept);
    }
  }
}

template <typename Coefficient, int kWidth>
void placeRows(const PlacedBand<Coefficient>& band, const Coefficient* values, Coefficient* to) {
  // Planes are larger than the nearer caches, and slices have too many rows to be foreseen.
  constexpr ptrdiff_t kAhead = 128 / sizeof(Coefficient);
  const ptrdiff_t stride = band.stride;
  const Coefficient* const end = values + ptrdiff_t{kWidth} * band.height;
  for (; values < end; to += stride, values += kWidth) {
    __builtin_prefetch(to + kAhead, 1);
    std::memcpy(to, values, kWidth * sizeof(Coefficient));
  }
}

// Rows are a few coefficients long: moves of a fixed size beat a call for each.
template <typename Coefficient>
void place(const PlacedBand<Coefficient>* bands, int count, int x, const Coefficient* values) {
  for (int i = 0; i < count; ++i) {
    const PlacedBand<Coefficient>& band = bands[i];
    const Coefficient* from = values + band.at;
    Coefficient* to = band.data + static_cast<ptrdiff_t>(x) * band.width;
    switch (band.width) {
      case 1:
        placeRows<Coefficient, 1>(band, from, to);
        break;
      case 2:
        placeRows<Coefficient, 2>(band, from, to);
        break;
      case 4:
        placeRows<Coefficient, 4>(band, from, to);
        break;
      case 8:
        placeRows<Coefficient, 8>(band, from, to);
        break;
      case 16:
        placeRows<Coefficient, 16>(band, from, to);
        break;
      default:
        for (int y = 0; y < band.height; ++y, to += band.stride, from += band.width) {
          std::memcpy(to, from, static_cast<size_t>(band.width) * sizeof(Coefficient));
        }
        break;
    }
  }
}

template <typename Coefficient>
void fillSlices(SliceDsp<Coefficient>* dsp) {
  *dsp = {readRuns, separate, dequantise<Coefficient>, place<Coefficient>};
}

}  // namespace
}  // namespace kamaelia::dirac
