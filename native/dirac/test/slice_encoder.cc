// SPDX-License-Identifier: Apache-2.0
#include "slice_encoder.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace kamaelia::dirac::test {
namespace {

// The low-low band of a low delay picture as it is sent: each coefficient less its prediction.
Grid withoutPrediction(const Grid& low) {
  Grid out = low;
  for (int y = 0; y < low.height; ++y) {
    for (int x = 0; x < low.width; ++x) {
      int32_t predicted = 0;
      if (x > 0 && y > 0) {
        const int32_t sum = low.at(x - 1, y) + low.at(x, y - 1) + low.at(x - 1, y - 1) + 1;
        predicted = (sum + 3 * 100000) / 3 - 100000;
      } else if (x > 0) {
        predicted = low.at(x - 1, y);
      } else if (y > 0) {
        predicted = low.at(x, y - 1);
      }
      out.at(x, y) = low.at(x, y) - predicted;
    }
  }
  return out;
}

std::vector<Grid> bandsOf(const Grid& plane, const SliceCoding& coding) {
  Grid shifted = padded(plane, coding.depth);
  for (int32_t& sample : shifted.samples) sample -= coding.midGrey;
  std::vector<Grid> bands = forwardTransform(coding.wavelet, coding.depth, shifted);
  if (coding.syntax == Syntax::kLowDelay) bands[0] = withoutPrediction(bands[0]);
  return bands;
}

std::vector<int32_t> valuesIn(const std::vector<Grid>& bands, const SliceCoding& coding, int sx,
                              int sy) {
  std::vector<int32_t> values;
  for (const Grid& band : bands) {
    for (int y = band.height * sy / coding.slicesY; y < band.height * (sy + 1) / coding.slicesY;
         ++y) {
      for (int x = band.width * sx / coding.slicesX; x < band.width * (sx + 1) / coding.slicesX;
           ++x) {
        values.push_back(band.at(x, y));
      }
    }
  }
  return values;
}

// Without the zeros at the end, which a reader past the end makes by itself.
BitWriter coded(std::vector<int32_t> values) {
  while (!values.empty() && values.back() == 0) values.pop_back();
  BitWriter out;
  for (const int32_t value : values) out.signedGolomb(value);
  return out;
}

void fillWithOnes(Bytes* bytes, size_t usedBits) {
  if (usedBits % 8 != 0) bytes->back() |= static_cast<uint8_t>(0xFF >> usedBits % 8);
}

Bytes highQualitySlice(const std::vector<int32_t> (&values)[3], const SliceCoding& coding) {
  Bytes slice(coding.prefixBytes, 0x5A);
  slice.push_back(0);
  for (const auto& component : values) {
    const BitWriter bits = coded(component);
    Bytes bytes = bits.done();
    fillWithOnes(&bytes, bits.bitCount());
    while (bytes.size() % coding.sizeScaler != 0) bytes.push_back(0xFF);
    REQUIRE(bytes.size() / coding.sizeScaler < 256);
    slice.push_back(static_cast<uint8_t>(bytes.size() / coding.sizeScaler));
    append(&slice, bytes);
  }
  return slice;
}

Bytes lowDelaySlice(const std::vector<int32_t> (&values)[3], size_t size) {
  BitWriter luma = coded(values[0]);
  std::vector<int32_t> turns;
  for (size_t i = 0; i < values[1].size(); ++i) {
    turns.push_back(values[1][i]);
    turns.push_back(values[2][i]);
  }
  int lengthBits = 0;
  while ((size_t{1} << lengthBits) < 8 * size - 7) ++lengthBits;
  BitWriter out;
  out.literal(0, 7).literal(static_cast<uint32_t>(luma.bitCount()), lengthBits);
  out.bits(luma).bits(coded(turns));
  REQUIRE(out.bitCount() <= 8 * size);
  while (out.bitCount() < 8 * size) out.bit(true);
  return out.done();
}

}  // namespace

Bytes sliceParameters(const SliceCoding& coding) {
  BitWriter out;
  out.unsignedGolomb(coding.wavelet).unsignedGolomb(static_cast<uint32_t>(coding.depth));
  out.unsignedGolomb(static_cast<uint32_t>(coding.slicesX));
  out.unsignedGolomb(static_cast<uint32_t>(coding.slicesY));
  if (coding.syntax == Syntax::kLowDelay) {
    out.unsignedGolomb(coding.bytesNum).unsignedGolomb(coding.bytesDen);
  } else {
    out.unsignedGolomb(coding.prefixBytes).unsignedGolomb(coding.sizeScaler);
  }
  out.bit(coding.customMatrix);
  if (coding.customMatrix) {
    for (int i = 0; i < 1 + 3 * coding.depth; ++i) out.unsignedGolomb(0);
  }
  return out.done();
}

std::vector<Bytes> encodeSlices(const Picture& picture, const SliceCoding& coding) {
  std::vector<Grid> bands[3];
  for (int c = 0; c < 3; ++c) bands[c] = bandsOf(picture.plane[c], coding);
  std::vector<Bytes> slices;
  for (int sy = 0; sy < coding.slicesY; ++sy) {
    for (int sx = 0; sx < coding.slicesX; ++sx) {
      std::vector<int32_t> values[3];
      for (int c = 0; c < 3; ++c) values[c] = valuesIn(bands[c], coding, sx, sy);
      if (coding.syntax == Syntax::kHighQuality) {
        slices.push_back(highQualitySlice(values, coding));
      } else {
        const size_t n = slices.size();
        const auto start = [&](size_t i) { return i * coding.bytesNum / coding.bytesDen; };
        slices.push_back(lowDelaySlice(values, start(n + 1) - start(n)));
      }
    }
  }
  return slices;
}

Bytes slicePicture(uint32_t number, const Picture& picture, const SliceCoding& coding) {
  Bytes out = BitWriter().literal(number, 32).done();
  append(&out, sliceParameters(coding));
  for (const Bytes& slice : encodeSlices(picture, coding)) append(&out, slice);
  return out;
}

Bytes parameterFragment(uint32_t number, const SliceCoding& coding) {
  BitWriter out;
  out.literal(number, 32).literal(0, 16).literal(0, 16);
  // The version that has fragments has flags of an asymmetric transform too.
  BitWriter params;
  params.unsignedGolomb(coding.wavelet).unsignedGolomb(static_cast<uint32_t>(coding.depth));
  params.bit(false).bit(false);
  params.unsignedGolomb(static_cast<uint32_t>(coding.slicesX));
  params.unsignedGolomb(static_cast<uint32_t>(coding.slicesY));
  if (coding.syntax == Syntax::kLowDelay) {
    params.unsignedGolomb(coding.bytesNum).unsignedGolomb(coding.bytesDen).bit(false);
  } else {
    params.unsignedGolomb(coding.prefixBytes).unsignedGolomb(coding.sizeScaler).bit(false);
  }
  return out.bytes(params.done()).done();
}

Bytes sliceFragment(uint32_t number, FragmentPlace place, const std::vector<Bytes>& slices,
                    size_t first, size_t count) {
  Bytes data;
  for (size_t i = first; i < first + count; ++i) append(&data, slices.at(i));
  BitWriter out;
  out.literal(number, 32).literal(static_cast<uint32_t>(data.size()), 16);
  out.literal(static_cast<uint32_t>(count), 16).literal(place.x, 16).literal(place.y, 16);
  return out.bytes(data).done();
}

}  // namespace kamaelia::dirac::test
