// SPDX-License-Identifier: Apache-2.0
// Transform parameters and data of one small picture in every syntax: bands and slices, in 16 and
// in 32 bits, and their inverse transform. The first byte of the input chooses the syntax and more.
// Checks that 16 bits, where they are taken, give what 32 bits do.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "coefficients.h"

namespace {

using namespace kamaelia;
using namespace kamaelia::dirac;

constexpr PictureSize kSize = {{37, 19, 19}, {29, 15, 15}};

CoefficientHistory history;

template <typename Coefficient>
std::vector<int32_t> samples(CoefficientDecoder& decoder) {
  std::vector<int32_t> out;
  for (int c = 0; c < 3; ++c) {
    InverseWavelet<Coefficient>& rows = decoder.rows<Coefficient>(c, 1)[0];
    for (int y = 0; y < kSize.height[c]; ++y) {
      const Coefficient* row = rows.next();
      out.insert(out.end(), row, row + kSize.width[c]);
    }
  }
  return out;
}

std::vector<int32_t> residual(CoefficientDecoder& decoder, const uint8_t* data, size_t size,
                              uint8_t choice, bool mayBeShort, bool mayKeepShort) {
  BitReader bits(data, size);
  TransformParams params;
  const auto syntax = static_cast<Syntax>(choice % 3);
  if (!readTransformParams(bits, syntax, (choice & 4) != 0, &params).ok()) return {};
  bits.align();
  history.begin(mayBeShort, QuantiserDialect::kDetect);
  history.mayKeepShort = mayKeepShort;
  if (syntax == Syntax::kCore) {
    static_cast<void>(decoder.findBands(bits, params));
  } else {
    if (tooManySlices(params.slices, kSize.width[0], kSize.height[0])) return {};
    static_cast<void>(decoder.findSlices(bits, params));
  }
  decoder.start(params, kSize, {.intra = (choice & 8) == 0, .arithmetic = (choice & 16) == 0});
  while (const size_t tasks = decoder.nextPass()) {
    for (size_t task = 0; task < tasks; ++task) decoder.run(task);
  }
  return decoder.isShort() ? samples<int16_t>(decoder) : samples<int32_t>(decoder);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  static CoefficientDecoder decoder(DecoderOptions{}, &history);
  const auto wide = residual(decoder, data + 1, size - 1, data[0], false, false);
  // Kept in 16 bits, where they fit, and transformed in 32 or 16.
  for (const bool mayBeShort : {false, true}) {
    if (residual(decoder, data + 1, size - 1, data[0], mayBeShort, true) != wide) std::abort();
  }
  return 0;
}
