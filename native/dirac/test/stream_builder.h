// SPDX-License-Identifier: Apache-2.0
// Makes Dirac streams for tests: a small lossless encoder of the core syntax.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "bit_writer.h"
#include "dirac/stream_parser.h"
#include "motion_data.h"
#include "wavelet_reference.h"

namespace kamaelia::dirac::test {

// Units one behind the other, with the offsets that link them.
class StreamBuilder {
 public:
  StreamBuilder& unit(uint8_t code, const Bytes& payload);
  // A unit that does not say how long it is.
  StreamBuilder& unitOfUnknownSize(uint8_t code, const Bytes& payload);
  // Bytes that belong to no unit.
  StreamBuilder& junk(const Bytes& bytes);
  StreamBuilder& endOfSequence() { return unit(kEndOfSequence, {}); }

  const Bytes& bytes() const { return bytes_; }
  size_t size() const { return bytes_.size(); }

 private:
  Bytes bytes_;
  size_t last_ = 0;  // where the last unit began
  bool any_ = false;
};

// A parse info of its own making.
Bytes parseInfo(uint8_t code, uint32_t next, uint32_t previous);

struct HeaderOptions {
  uint32_t width = 16;
  uint32_t height = 16;
  Chroma chroma = Chroma::k420;
  uint32_t signalRange = 1;  // preset: 1 is 8 bits, full range
  uint32_t pictureCodingMode = 0;
  uint32_t majorVersion = 2;
  bool topFieldFirst = true;  // by base format 4; 0 has the lower one first
  uint32_t excursion = 0;     // of luma and chroma, instead of the preset
};

Bytes sequenceHeader(const HeaderOptions& options);

// Y, C1, C2, samples 0 to 255.
struct Picture {
  Grid plane[3];
  bool operator==(const Picture&) const = default;
};

Picture flatPicture(const HeaderOptions& format, int32_t value);
// Noise over a gradient, the same for the same seed.
Picture noisyPicture(const HeaderOptions& format, uint32_t seed);

struct CodingOptions {
  uint32_t wavelet = 3;
  int depth = 0;
  std::vector<CodeblockCount> codeblocks;  // by level; empty: no partition
  bool quantiserPerCodeblock = false;      // the index then rises by one and falls back in turn
  int32_t retiredOffset = 0;
  bool reference = false;
};

uint8_t intraCode(const CodingOptions& options);

// The payload of an intra picture that decodes to exactly `picture`.
Bytes intraPicture(uint32_t number, const Picture& picture, const CodingOptions& options);

// One subband as the stream has it, of coefficients at quantiser index 0.
struct BandOptions {
  CodeblockCount codeblocks;
  bool quantiserPerCodeblock = false;
};
Bytes encodeBand(const Grid& band, const Grid* parent, int orientation, const BandOptions& options);

// What an inter picture needs beside its blocks.
struct InterOptions {
  std::vector<int32_t> references;  // offsets from the picture's number
  bool reference = false;
  int32_t retiredOffset = 0;
  PredictionParams prediction;
  std::vector<uint8_t> splits;  // by superblock; empty: 2 everywhere, each block by itself
};

uint8_t interCode(const InterOptions& options);
Bytes motionData(const MotionField& field, const std::vector<uint8_t>& splits, int references);
// residual: nullptr for none; else what is added to the prediction, as in `intraPicture` but around
// 0.
Bytes interPicture(uint32_t number, const MotionField& field, const InterOptions& options,
                   const Picture* residual = nullptr, const CodingOptions& coding = {});

// Block sizes of a preset of the picture prediction parameters.
PredictionParams blockPreset(int index);

}  // namespace kamaelia::dirac::test
