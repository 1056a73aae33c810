// SPDX-License-Identifier: Apache-2.0
// Coefficients of a band of the core syntax (13.4). Everything here has internal linkage: each file
// that includes it compiles the templates for one instruction set.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "arith.h"
#include "quantiser.h"
#include "subband.h"

namespace kamaelia::dirac {
namespace {

// Codeblocks of one band, beside one for each of its coefficients; keeps the work for a small
// hostile band small.
constexpr int64_t kSpareCodeblocks = 1 << 12;

template <typename Coefficient>
bool tooManyCodeblocks(const CodedBand& coded, const Subband<Coefficient>& band) {
  const int64_t most = kSpareCodeblocks + int64_t{band.width} * band.height;
  return int64_t{coded.codeblocks.x} * coded.codeblocks.y > most;
}

// A codeblock's rectangle of its band.
struct Area {
  int left, right, top, bottom;
};

// Walks the codeblocks of a band. Source: where its codes come from, and what makes coefficients of
// them.
template <typename Coefficient, typename Source>
BandResult decodeCodeblocks(Source& source, const CodedBand& coded,
                            const Subband<Coefficient>& band, const BandCoding& coding,
                            uint8_t* zero) {
  const int64_t countX = coded.codeblocks.x;
  const int64_t countY = coded.codeblocks.y;
  const bool several = countX * countY > 1;
  uint32_t index = coded.quantiser;
  const auto result = [&](bool good) { return BandResult{good, source.peak(), source.taken()}; };
  if (index > kMaxQuantiser) return result(false);
  source.setQuantiser(quantiserOf(index, coding.intra));
  const bool changes = coding.quantiserPerCodeblock && (several || !coding.onlyWhereSeveral);
  for (int64_t y = 0; y < countY; ++y, zero += countX) {
    const int top = static_cast<int>(band.height * y / countY);
    const int bottom = static_cast<int>(band.height * (y + 1) / countY);
    const auto areaOf = [&](int64_t x) {
      return Area{static_cast<int>(band.width * x / countX),
                  static_cast<int>(band.width * (x + 1) / countX), top, bottom};
    };
    for (int64_t x = 0; x < countX; ++x) {
      const int64_t coefficients = several ? x + source.zeroBlocks(countX - x) : x;
      for (; x < coefficients; ++x) {
        if (zero[x]) continue;
        zero[x] = 1;
        const Area area = areaOf(x);
        for (int row = area.top; row < area.bottom; ++row) {
          Coefficient* at = band.data + row * band.stride;
          std::fill(at + area.left, at + area.right, Coefficient{0});
        }
      }
      if (x == countX) break;
      zero[x] = 0;
      if (changes) {
        index += static_cast<uint32_t>(source.quantiserChange());
        if (index > kMaxQuantiser) return result(false);
        source.setQuantiser(quantiserOf(index, coding.intra));
      }
      const Area area = areaOf(x);
      if (area.left < area.right) source.decode(area, band);
    }
  }
  return result(true);
}

// The first follow contexts of a run of coefficients, two bits for each from the bottom on: by its
// neighbours, and by its parent. In the place where they are the offset of its context's
// probability in a register with all four.
class FollowContexts {
 public:
  static constexpr int kMost = 30;  // coefficients of a run

  // near: whether the coefficients above, and above and to the left are 0, as setOf() has them;
  // parents likewise.
  FollowContexts(uint64_t near, uint64_t parents) : bits_((near | parents << 1) << 4) {}

  int offset() const { return static_cast<int>(bits_ & 0x30); }
  void next() { bits_ >>= 2; }
  void nextAfterNonzero() { bits_ = bits_ >> 2 | 0x10; }

 private:
  uint64_t bits_;
};
static_assert(kZpnnF1 == kZpznF1 + 1 && kNpznF1 == kZpznF1 + 2 && kNpnnF1 == kZpznF1 + 3);

// Bit kSpacing * i says whether coefficient i of four is not 0.
template <int kSpacing>
uint64_t nonzeroBitsOfFour(const int16_t* from) {
  constexpr uint64_t tops = 0x8000800080008000;
  uint64_t four;
  std::memcpy(&four, from, sizeof four);
  // The top of each 16 bits is set where any of them is, and then moved behind those before it.
  const uint64_t any = ((((four & ~tops) + ~tops) | four) & tops) >> 15;
  constexpr uint64_t moves = uint64_t{1} << 48 | uint64_t{1} << (32 + kSpacing) |
                             uint64_t{1} << (16 + 2 * kSpacing) | uint64_t{1} << (3 * kSpacing);
  constexpr uint64_t places = 1 | 1 << kSpacing | 1 << 2 * kSpacing | 1 << 3 * kSpacing;
  return (any * moves) >> 48 & places;
}

// Bit kSpacing * i says whether coefficient i of `count` is not 0.
template <int kSpacing, typename Coefficient>
uint64_t nonzeroBits(const Coefficient* from, ptrdiff_t count) {
  uint64_t bits = 0;
  ptrdiff_t i = 0;
  if constexpr (sizeof(Coefficient) == 2 && std::endian::native == std::endian::little) {
    for (; i + 4 <= count; i += 4) {
      bits |= nonzeroBitsOfFour<kSpacing>(from + i) << (kSpacing * i);
    }
  }
  for (; i < count; ++i) bits |= uint64_t{from[i] != 0} << (kSpacing * i);
  return bits;
}

// Bit 2 i says whether the parent of coefficient x + i of `count` of a row is not 0.
template <typename Coefficient>
uint64_t nonzeroParentBits(const Coefficient* parents, ptrdiff_t x, ptrdiff_t count) {
  const ptrdiff_t first = x >> 1;
  const uint64_t bits = nonzeroBits<4>(parents + first, ((x + count - 1) >> 1) - first + 1);
  return (bits | bits << 2) >> (2 * (x & 1));
}

template <typename Coefficient, Orientation kOrientation>
class ArithSource {
 public:
  ArithSource(const CodedBand& coded, const Subband<Coefficient>& parent)
      : input_(coded.bytes, coded.size), code_(input_), parent_(parent) {
    for (uint16_t& context : contexts_) context = kEvenProbability;
  }

  uint32_t peak() const { return peak_; }
  int64_t taken() const { return (input_.position() - code_.left() + 7) / 8; }
  void setQuantiser(const Quantiser& quantiser) { quantiser_ = quantiser; }

  // How many codeblocks from here on hold zeros, up to `most`.
  [[gnu::noinline]] int64_t zeroBlocks(int64_t most) {
    ArithCode code = code_;
    uint32_t probability = contexts_[kZeroBlock];
    int64_t count = 0;
    while (count < most) {
      const bool one = code.likely(probability, input_);
      probability += static_cast<uint32_t>(int32_t{kProbabilityChanges.by[one][probability >> 8]});
      if (!one) break;
      ++count;
    }
    contexts_[kZeroBlock] = static_cast<uint16_t>(probability);
    code_ = code;
    return count;
  }

  int32_t quantiserChange() {
    uint32_t value = 1;
    for (int steps = 0; steps < 31 && !likely(code_, kQuantiserFollow); ++steps) {
      value = value << 1 | static_cast<uint32_t>(likely(code_, kQuantiserData));
    }
    if (--value == 0) return 0;
    return static_cast<int32_t>(likely(code_, kQuantiserSign) ? 0u - value : value);
  }

  void decode(const Area& area, const Subband<Coefficient>& band) {
    const ptrdiff_t width = area.right - area.left;
    const bool narrow = width <= FollowContexts::kMost;
    uint64_t nonzero = 0;  // of a narrow area's row above
    uint64_t parents = 0;
    if (narrow && area.top > 0) {
      nonzero = nonzeroBits<2>(band.data + (area.top - 1) * band.stride + area.left, width);
    }
    for (int y = area.top; y < area.bottom; ++y) {
      Coefficient* const row = band.data + y * band.stride;
      for (ptrdiff_t x = area.left; x < area.right; x += FollowContexts::kMost) {
        const ptrdiff_t count = std::min<ptrdiff_t>(area.right - x, FollowContexts::kMost);
        uint64_t near = nonzero;
        if (!narrow) near = y > 0 ? nonzeroBits<2>(row - band.stride + x, count) : 0;
        near |= near << 2;
        if (x > 0) {
          near |= uint64_t{row[x - 1] != 0 || (y > 0 && row[x - 1 - band.stride] != 0)};
        }
        if (parent_.data != nullptr && (!narrow || y == area.top || y % 2 == 0)) {
          parents = nonzeroParentBits(parent_.data + (y >> 1) * parent_.stride, x, count);
        }
        nonzero = decodeRun(row + x, count, FollowContexts(near, parents), y > 0 ? -band.stride : 0,
                            x > 0);
      }
    }
  }

 private:
  // Gives which ones are not 0, as nonzeroBits(). above: from a coefficient to the one above, 0 in
  // the first row. hasLeft: whether there is a coefficient to the left of the first one.
  [[gnu::noinline]] uint64_t decodeRun(Coefficient* row, ptrdiff_t count, FollowContexts follow,
                                       ptrdiff_t above, bool hasLeft) {
    ArithCode code = code_;
    uint64_t first = first_;
    uint64_t nonzero = 0;
    for (ptrdiff_t x = 0; x < count; ++x) {
      const int offset = follow.offset();
      const uint32_t probability = static_cast<uint16_t>(first >> offset);
      if (code.likely(probability, input_)) {
        first -= uint64_t{kProbabilityStep[probability >> 8]} << offset;
        row[x] = 0;
        follow.next();
        continue;
      }
      first += uint64_t{kProbabilityStep[255 - (probability >> 8)]} << offset;
      int32_t sign = 0;
      if constexpr (kOrientation == Orientation::kHL) sign = above != 0 ? row[x + above] : 0;
      if constexpr (kOrientation == Orientation::kLH) sign = hasLeft || x > 0 ? row[x - 1] : 0;
      code = decodeNonzero(code, row + x, offset & 0x20, sign);
      nonzero |= uint64_t{1} << (2 * x);
      follow.nextAfterNonzero();
    }
    first_ = first;
    code_ = code;
    return nonzero;
  }

  // A coefficient that its first follow bit has said not to be 0. Apart, so that the loop around it
  // has enough registers.
  [[gnu::noinline]] ArithCode decodeNonzero(ArithCode code, Coefficient* to, int hasParent,
                                            int32_t signNeighbour) {
    uint32_t magnitude = 2u | static_cast<uint32_t>(unlikely(code, kCoefficientData));
    int follow = hasParent ? kNpF2 : kZpF2;
    const int last = follow + (kZpF6 - kZpF2);
    for (int steps = 0; steps < 30 && !likely(code, follow); ++steps) {
      magnitude = magnitude << 1 | static_cast<uint32_t>(unlikely(code, kCoefficientData));
      if (follow < last) ++follow;
    }
    const int context =
        signNeighbour < 0 ? kSignNegative : (signNeighbour > 0 ? kSignPositive : kSignZero);
    const uint32_t negative = 0u - static_cast<uint32_t>(unlikely(code, context));
    const uint32_t value = quantiser_.magnitude(magnitude - 1);
    peak_ = std::max(peak_, value);
    *to = static_cast<Coefficient>((value ^ negative) - negative);
    return code;
  }

  [[gnu::always_inline]] bool likely(ArithCode& code, int context) {
    const uint32_t probability = contexts_[context];
    const bool one = code.likely(probability, input_);
    contexts_[context] =
        static_cast<uint16_t>(probability + kProbabilityChanges.by[one][probability >> 8]);
    return one;
  }

  [[gnu::always_inline]] bool unlikely(ArithCode& code, int context) {
    const uint32_t probability = contexts_[context];
    const bool one = code.unlikely(probability, input_);
    contexts_[context] =
        static_cast<uint16_t>(probability + kProbabilityChanges.by[one][probability >> 8]);
    return one;
  }

  ArithInput input_;
  ArithCode code_;
  const Subband<Coefficient> parent_;
  Quantiser quantiser_{};
  uint64_t first_ = uint64_t{kEvenProbability} * 0x0001000100010001;
  uint32_t peak_ = 0;
  uint16_t contexts_[kSubbandContexts];
};

template <typename Coefficient>
BandResult decodeArithmetic(const CodedBand& coded, const Subband<Coefficient>& band,
                            const Subband<Coefficient>& parent, const BandCoding& coding,
                            uint8_t* zero) {
  const auto decode = [&]<Orientation kOrientation>() {
    ArithSource<Coefficient, kOrientation> source(coded, parent);
    return decodeCodeblocks(source, coded, band, coding, zero);
  };
  switch (coded.orientation) {
    case Orientation::kHL:
      return decode.template operator()<Orientation::kHL>();
    case Orientation::kLH:
      return decode.template operator()<Orientation::kLH>();
    default:
      // For LL too: neither's sign looks at a neighbour.
      return decode.template operator()<Orientation::kHH>();
  }
}

}  // namespace
}  // namespace kamaelia::dirac
