// SPDX-License-Identifier: Apache-2.0
#include "subband_reference.h"

#include <algorithm>

#include "letter_decoder.h"
#include "quantiser.h"

namespace kamaelia::dirac::test {
namespace {

class Decoder {
 public:
  Decoder(const Bytes& bytes, int width, int height, const CodedBand& coded, const Grid* parent)
      : letter_(bytes), coded_(coded), parent_(parent) {
    out_.band = Grid(width, height);
  }

  ReferenceBand decode(const BandCoding& coding) {
    const CodeblockCount count = coded_.codeblocks;
    const bool several = count.x * count.y > 1;
    uint32_t index = coded_.quantiser;
    out_.good = index <= kMaxQuantiser;
    for (int j = 0; j < count.y && out_.good; ++j) {
      for (int i = 0; i < count.x && out_.good; ++i) {
        if (several && letter_.bit(kZeroBlock)) continue;
        if (coding.quantiserPerCodeblock && (several || !coding.onlyWhereSeveral)) {
          index += static_cast<uint32_t>(quantiserChange());
          out_.good = index <= kMaxQuantiser;
          if (!out_.good) break;
        }
        codeblock(i, j, quantiserOf(index, coding.intra));
      }
    }
    if (!out_.good) out_.band = Grid(out_.band.width, out_.band.height);
    out_.taken = (letter_.position() + 7) / 8;
    return out_;
  }

 private:
  int32_t quantiserChange() {
    uint32_t value = 1;
    for (int i = 0; i < 31 && !letter_.bit(kQuantiserFollow); ++i) {
      value = value << 1 | static_cast<uint32_t>(letter_.bit(kQuantiserData));
    }
    if (--value == 0) return 0;
    return static_cast<int32_t>(letter_.bit(kQuantiserSign) ? 0u - value : value);
  }

  void codeblock(int i, int j, const Quantiser& quantiser) {
    Grid& band = out_.band;
    const CodeblockCount count = coded_.codeblocks;
    for (int y = band.height * j / count.y; y < band.height * (j + 1) / count.y; ++y) {
      for (int x = band.width * i / count.x; x < band.width * (i + 1) / count.x; ++x) {
        coefficient(x, y, quantiser);
      }
    }
  }

  int32_t at(int x, int y) const { return x < 0 || y < 0 ? 0 : out_.band.at(x, y); }

  void coefficient(int x, int y, const Quantiser& quantiser) {
    const bool hasParent = parent_ != nullptr && parent_->at(x / 2, y / 2) != 0;
    const bool near = at(x - 1, y) != 0 || at(x, y - 1) != 0 || at(x - 1, y - 1) != 0;
    uint64_t magnitude = 1;
    for (int step = 0; step < 31 && !letter_.bit(followContext(step, hasParent, near)); ++step) {
      magnitude = magnitude << 1 | static_cast<uint64_t>(letter_.bit(kCoefficientData));
    }
    if (--magnitude == 0) {
      out_.band.at(x, y) = 0;
      return;
    }
    int32_t neighbour = 0;
    if (coded_.orientation == Orientation::kHL) neighbour = at(x, y - 1);
    if (coded_.orientation == Orientation::kLH) neighbour = at(x - 1, y);
    const bool negative = letter_.bit(neighbour < 0   ? kSignNegative
                                      : neighbour > 0 ? kSignPositive
                                                      : kSignZero);
    const uint64_t value = (magnitude * quantiser.factor + quantiser.offset) >> 2;
    if (magnitude * quantiser.factor + quantiser.offset > INT32_MAX) out_.overflows = true;
    out_.peak = std::max(out_.peak, static_cast<uint32_t>(value));
    out_.band.at(x, y) = negative ? -static_cast<int32_t>(value) : static_cast<int32_t>(value);
  }

  static int followContext(int step, bool hasParent, bool near) {
    if (step == 0) return (hasParent ? kNpznF1 : kZpznF1) + (near ? 1 : 0);
    return (hasParent ? kNpF2 : kZpF2) + std::min(step - 1, 4);
  }

  LetterDecoder letter_;
  const CodedBand& coded_;
  const Grid* parent_;
  ReferenceBand out_;
};

}  // namespace

ReferenceBand decodeReference(const Bytes& bytes, int width, int height, const CodedBand& coded,
                              const Grid* parent, const BandCoding& coding) {
  return Decoder(bytes, width, height, coded, parent).decode(coding);
}

}  // namespace kamaelia::dirac::test
