// SPDX-License-Identifier: Apache-2.0
// Sequence header (10).
#include <bit>
#include <iterator>

#include "common/bit_reader.h"
#include "dirac/stream_parser.h"
#include "tables/video_presets.h"

namespace kamaelia::dirac {
namespace {

void applyBaseFormat(const BaseVideoFormat& base, VideoFormat* format) {
  format->width = base.width;
  format->height = base.height;
  format->chroma = base.chroma;
  format->sourceSampling = base.scan;
  format->topFieldFirst = base.topFieldFirst;
  format->frameRate = kFrameRates[base.frameRate];
  format->pixelAspect = kPixelAspects[base.pixelAspect];
  format->cleanWidth = base.cleanWidth;
  format->cleanHeight = base.cleanHeight;
  format->cleanLeft = base.cleanLeft;
  format->cleanTop = base.cleanTop;
  const SignalRange& range = kSignalRanges[base.signalRange];
  format->lumaOffset = range.lumaOffset;
  format->lumaExcursion = range.lumaExcursion;
  format->chromaOffset = range.chromaOffset;
  format->chromaExcursion = range.chromaExcursion;
  const ColourSpec& colour = kColourSpecs[base.colourSpec];
  format->colourPrimaries = colour.primaries;
  format->colourMatrix = colour.matrix;
  format->transferFunction = colour.transfer;
}

// A preset index, or two numbers of the stream where it is 0. False for an index that no table has.
template <size_t N>
bool readRational(BitReader& bits, const Rational (&presets)[N], Rational* value) {
  const uint32_t index = bits.unsignedGolomb();
  if (index >= N) return false;
  *value = presets[index];
  if (index == 0) {
    value->num = bits.unsignedGolomb();
    value->den = bits.unsignedGolomb();
  }
  return true;
}

bool readSignalRange(BitReader& bits, VideoFormat* format) {
  const uint32_t index = bits.unsignedGolomb();
  if (index >= std::size(kSignalRanges)) return false;
  SignalRange range = kSignalRanges[index];
  if (index == 0) {
    range.lumaOffset = bits.unsignedGolomb();
    range.lumaExcursion = bits.unsignedGolomb();
    range.chromaOffset = bits.unsignedGolomb();
    range.chromaExcursion = bits.unsignedGolomb();
  }
  format->lumaOffset = range.lumaOffset;
  format->lumaExcursion = range.lumaExcursion;
  format->chromaOffset = range.chromaOffset;
  format->chromaExcursion = range.chromaExcursion;
  return true;
}

bool readColourSpec(BitReader& bits, VideoFormat* format) {
  const uint32_t index = bits.unsignedGolomb();
  if (index >= std::size(kColourSpecs)) return false;
  ColourSpec colour = kColourSpecs[index];
  if (index == 0) {
    if (bits.bit()) colour.primaries = bits.unsignedGolomb();
    if (bits.bit()) colour.matrix = bits.unsignedGolomb();
    if (bits.bit()) colour.transfer = bits.unsignedGolomb();
  }
  format->colourPrimaries = colour.primaries;
  format->colourMatrix = colour.matrix;
  format->transferFunction = colour.transfer;
  return true;
}

// Source parameters (10.3). False where an index is in no table.
bool readSourceParameters(BitReader& bits, VideoFormat* format) {
  if (bits.bit()) {
    format->width = bits.unsignedGolomb();
    format->height = bits.unsignedGolomb();
    // A custom size without a clean area of its own is clean all over.
    format->cleanWidth = format->width;
    format->cleanHeight = format->height;
    format->cleanLeft = format->cleanTop = 0;
  }
  if (bits.bit()) {
    const uint32_t chroma = bits.unsignedGolomb();
    if (chroma > 2) return false;
    format->chroma = static_cast<Chroma>(chroma);
  }
  if (bits.bit()) {
    format->sourceSampling = bits.unsignedGolomb();
    if (format->sourceSampling > 1) return false;
  }
  if (bits.bit() && !readRational(bits, kFrameRates, &format->frameRate)) return false;
  if (bits.bit() && !readRational(bits, kPixelAspects, &format->pixelAspect)) return false;
  if (bits.bit()) {
    format->cleanWidth = bits.unsignedGolomb();
    format->cleanHeight = bits.unsignedGolomb();
    format->cleanLeft = bits.unsignedGolomb();
    format->cleanTop = bits.unsignedGolomb();
  }
  if (bits.bit() && !readSignalRange(bits, format)) return false;
  return !bits.bit() || readColourSpec(bits, format);
}

}  // namespace

Status parseSequenceHeader(const uint8_t* payload, size_t size, VideoFormat* format) {
  *format = VideoFormat{};
  BitReader bits(payload, size);
  format->majorVersion = bits.unsignedGolomb();
  format->minorVersion = bits.unsignedGolomb();
  format->profile = bits.unsignedGolomb();
  format->level = bits.unsignedGolomb();
  format->baseVideoFormat = bits.unsignedGolomb();
  if (format->baseVideoFormat >= std::size(kBaseVideoFormats)) {
    return {Code::kDamaged, bits.bytePosition(), "base video format"};
  }
  applyBaseFormat(kBaseVideoFormats[format->baseVideoFormat], format);
  // Dirac 2.2.3 knows no BT.2020: its formats 17 to 20 are HDTV colour; VC-2 has versions 1 and 3.
  if (format->majorVersion == 2 && format->baseVideoFormat >= 17 && format->baseVideoFormat <= 20) {
    format->colourPrimaries = format->colourMatrix = format->transferFunction = 0;
  }
  if (!readSourceParameters(bits, format)) {
    return {Code::kDamaged, bits.bytePosition(), "source parameters"};
  }
  format->pictureCodingMode = bits.unsignedGolomb();
  if (bits.overrun()) return {Code::kDamaged, bits.bytePosition(), "sequence header too short"};
  if (format->pictureCodingMode > 1) {
    return {Code::kDamaged, bits.bytePosition(), "picture coding mode"};
  }
  if (format->width == 0 || format->height == 0) {
    return {Code::kDamaged, bits.bytePosition(), "picture size of zero"};
  }
  if (format->frameRate.num == 0 || format->frameRate.den == 0) format->frameRate = {25, 1};
  if (format->pixelAspect.num == 0 || format->pixelAspect.den == 0) format->pixelAspect = {1, 1};
  format->lumaDepth = static_cast<uint32_t>(std::bit_width(format->lumaExcursion));
  format->chromaDepth = static_cast<uint32_t>(std::bit_width(format->chromaExcursion));
  return {};
}

FrameLayout layoutOf(const VideoFormat& format) {
  FrameLayout layout;
  layout.bytesPerSample = format.lumaDepth > 8 || format.chromaDepth > 8 ? 2 : 1;
  uint32_t offset = 0;
  for (uint32_t i = 0; i < 3; ++i) {
    FrameLayout::Plane& plane = layout.plane[i];
    plane.width = i == 0 ? format.width : format.chromaWidth();
    plane.height = i == 0 ? format.height : format.chromaHeight();
    plane.stride = (plane.width * layout.bytesPerSample + 63) & ~63u;
    plane.offset = offset;
    offset += plane.stride * plane.height;
  }
  layout.slotBytes = offset + 64;
  // Four references, six waiting for their turn, one being decoded, one with the receiver. With
  // field coding eight references, each of which may be of another frame, and four frames that lack
  // a field.
  layout.minimumSlots = format.pictureCodingMode == 1 ? 20 : 12;
  return layout;
}

}  // namespace kamaelia::dirac
