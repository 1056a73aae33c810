// SPDX-License-Identifier: Apache-2.0
#include <doctest/doctest.h>

#include <string>

#include "stream_builder.h"

namespace kamaelia::dirac::test {
namespace {

VideoFormat parsed(const Bytes& header) {
  VideoFormat format;
  const Status status = parseSequenceHeader(header.data(), header.size(), &format);
  CHECK(status.ok());
  return format;
}

std::string refusal(const Bytes& header) {
  VideoFormat format;
  const Status status = parseSequenceHeader(header.data(), header.size(), &format);
  CHECK(status.code == Code::kDamaged);
  return status.detail;
}

// Version, profile, level and base format; the flags that follow are the test's.
BitWriter headerOf(uint32_t baseFormat, uint32_t major = 2) {
  BitWriter out;
  out.unsignedGolomb(major).unsignedGolomb(2).unsignedGolomb(8).unsignedGolomb(128);
  out.unsignedGolomb(baseFormat);
  return out;
}

Bytes plain(uint32_t baseFormat, uint32_t major = 2) {
  return headerOf(baseFormat, major).literal(0, 8).unsignedGolomb(0).done();
}

TEST_SUITE("sequence header") {
  TEST_CASE("version, profile and level are as sent") {
    const VideoFormat format = parsed(plain(4));
    CHECK(format.majorVersion == 2);
    CHECK(format.minorVersion == 2);
    CHECK(format.profile == 8);
    CHECK(format.level == 128);
    CHECK(format.baseVideoFormat == 4);
  }

  TEST_CASE("a base video format stands for all that is not sent") {
    const VideoFormat cif = parsed(plain(4));
    CHECK(cif.width == 352);
    CHECK(cif.height == 288);
    CHECK(cif.chroma == Chroma::k420);
    CHECK(cif.sourceSampling == 0);
    CHECK(cif.topFieldFirst);
    CHECK(cif.frameRate == Rational{25, 2});
    CHECK(cif.pixelAspect == Rational{12, 11});
    CHECK(cif.cleanWidth == 352);
    CHECK(cif.lumaExcursion == 255);
    CHECK(cif.lumaDepth == 8);
    CHECK(cif.colourPrimaries == 2);
    CHECK(cif.colourMatrix == 1);

    const VideoFormat sd = parsed(plain(8));
    CHECK(sd.width == 720);
    CHECK(sd.chroma == Chroma::k422);
    CHECK(sd.sourceSampling == 1);
    CHECK(sd.cleanWidth == 704);
    CHECK(sd.cleanLeft == 8);
    CHECK(sd.lumaDepth == 10);
    CHECK(sd.chromaOffset == 512);

    CHECK(parsed(plain(16)).width == 4096);
    CHECK(parsed(plain(22)).height == 486);
    CHECK(refusal(plain(23)) == "base video format");
  }

  TEST_CASE("the 4K and 8K formats are HDTV colour in Dirac 2 and BT.2020 in VC-2") {
    CHECK(parsed(plain(17, 2)).colourMatrix == 0);
    CHECK(parsed(plain(17, 3)).colourMatrix == 4);
    CHECK(parsed(plain(20, 1)).colourPrimaries == 4);
  }

  TEST_CASE("every parameter may be sent") {
    BitWriter out = headerOf(0, 3);
    out.bit(true).unsignedGolomb(1000).unsignedGolomb(600);
    out.bit(true).unsignedGolomb(1);
    out.bit(true).unsignedGolomb(1);
    out.bit(true).unsignedGolomb(0).unsignedGolomb(12345).unsignedGolomb(678);
    out.bit(true).unsignedGolomb(0).unsignedGolomb(7).unsignedGolomb(5);
    out.bit(true).unsignedGolomb(900).unsignedGolomb(500).unsignedGolomb(50).unsignedGolomb(40);
    out.bit(true).unsignedGolomb(0).unsignedGolomb(16).unsignedGolomb(219).unsignedGolomb(512);
    out.unsignedGolomb(1022);
    out.bit(true).unsignedGolomb(0);
    out.bit(true).unsignedGolomb(2).bit(false).bit(true).unsignedGolomb(5);
    out.unsignedGolomb(1);
    const VideoFormat format = parsed(out.done());
    CHECK(format.width == 1000);
    CHECK(format.height == 600);
    CHECK(format.chroma == Chroma::k422);
    CHECK(format.sourceSampling == 1);
    CHECK(format.frameRate == Rational{12345, 678});
    CHECK(format.pixelAspect == Rational{7, 5});
    CHECK(format.cleanWidth == 900);
    CHECK(format.cleanHeight == 500);
    CHECK(format.cleanLeft == 50);
    CHECK(format.cleanTop == 40);
    CHECK(format.lumaOffset == 16);
    CHECK(format.lumaDepth == 8);
    CHECK(format.chromaOffset == 512);
    CHECK(format.chromaDepth == 10);
    CHECK(format.colourPrimaries == 2);
    CHECK(format.colourMatrix == 0);
    CHECK(format.transferFunction == 5);
    CHECK(format.pictureCodingMode == 1);
  }

  TEST_CASE("presets by index: frame rate, aspect, signal range, colour") {
    BitWriter out = headerOf(0);
    out.literal(0, 3).bit(true).unsignedGolomb(4).bit(true).unsignedGolomb(5).bit(false);
    out.bit(true).unsignedGolomb(4).bit(true).unsignedGolomb(6).unsignedGolomb(0);
    const VideoFormat format = parsed(out.done());
    CHECK(format.frameRate == Rational{30000, 1001});
    CHECK(format.pixelAspect == Rational{16, 11});
    CHECK(format.lumaOffset == 256);
    CHECK(format.lumaDepth == 12);
    CHECK(format.transferFunction == 4);
  }

  TEST_CASE("a custom size is clean all over unless a clean area is sent") {
    const VideoFormat format = parsed(sequenceHeader({.width = 100, .height = 50}));
    CHECK(format.cleanWidth == 100);
    CHECK(format.cleanHeight == 50);
    CHECK(format.cleanLeft == 0);
  }

  TEST_CASE("chroma of odd sizes rounds up") {
    VideoFormat format = parsed(sequenceHeader({.width = 173, .height = 141}));
    CHECK(format.chromaWidth() == 87);
    CHECK(format.chromaHeight() == 71);
    format.chroma = Chroma::k422;
    CHECK(format.chromaWidth() == 87);
    CHECK(format.chromaHeight() == 141);
    format.chroma = Chroma::k444;
    CHECK(format.chromaWidth() == 173);
  }

  TEST_CASE("rates and aspects of nothing become 25 a second and square") {
    BitWriter out = headerOf(0);
    out.literal(0, 3).bit(true).unsignedGolomb(0).unsignedGolomb(30).unsignedGolomb(0);
    out.bit(true).unsignedGolomb(0).unsignedGolomb(0).unsignedGolomb(1);
    out.literal(0, 3).unsignedGolomb(0);
    const VideoFormat format = parsed(out.done());
    CHECK(format.frameRate == Rational{25, 1});
    CHECK(format.pixelAspect == Rational{1, 1});
  }

  TEST_CASE("indices that no table has, and sizes of zero, are damage") {
    CHECK(refusal(headerOf(0).bit(false).bit(true).unsignedGolomb(3).literal(0, 20).done()) ==
          "source parameters");
    CHECK(refusal(headerOf(0).literal(1, 3).unsignedGolomb(2).literal(0, 20).done()) ==
          "source parameters");
    CHECK(refusal(headerOf(0).literal(1, 4).unsignedGolomb(17).literal(0, 20).done()) ==
          "source parameters");
    CHECK(refusal(headerOf(0).literal(1, 5).unsignedGolomb(7).literal(0, 20).done()) ==
          "source parameters");
    CHECK(refusal(headerOf(0).literal(1, 7).unsignedGolomb(9).literal(0, 20).done()) ==
          "source parameters");
    CHECK(refusal(headerOf(0).literal(1, 8).unsignedGolomb(8).literal(0, 20).done()) ==
          "source parameters");
    CHECK(refusal(sequenceHeader({.pictureCodingMode = 2})) == "picture coding mode");
    CHECK(refusal(sequenceHeader({.width = 0})) == "picture size of zero");
    CHECK(refusal(sequenceHeader({.height = 0})) == "picture size of zero");
  }

  TEST_CASE("a header cut short is damage, wherever it is cut") {
    const Bytes whole = sequenceHeader({.width = 352, .height = 288});
    for (size_t size = 0; size < whole.size(); ++size) {
      CAPTURE(size);
      VideoFormat format;
      CHECK(parseSequenceHeader(whole.data(), size, &format).code == Code::kDamaged);
    }
  }
}

TEST_SUITE("frame layout") {
  TEST_CASE("rows begin at multiples of 64 bytes, planes lie one behind the other") {
    const FrameLayout layout = layoutOf(parsed(sequenceHeader({.width = 70, .height = 50})));
    CHECK(layout.bytesPerSample == 1);
    CHECK(layout.plane[0] == FrameLayout::Plane{0, 128, 70, 50});
    CHECK(layout.plane[1] == FrameLayout::Plane{6400, 64, 35, 25});
    CHECK(layout.plane[2] == FrameLayout::Plane{8000, 64, 35, 25});
    CHECK(layout.slotBytes == 9600 + 64);
    CHECK(layout.minimumSlots == 12);
  }

  TEST_CASE("samples over 8 bits take two bytes") {
    const FrameLayout layout =
        layoutOf(parsed(sequenceHeader({.width = 40, .height = 10, .signalRange = 3})));
    CHECK(layout.bytesPerSample == 2);
    CHECK(layout.plane[0].stride == 128);
  }
}

}  // namespace
}  // namespace kamaelia::dirac::test
