// SPDX-License-Identifier: Apache-2.0
// What a Dirac decoder takes and gives. Clauses are those of the Dirac specification 2.2.3.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/status.h"

namespace kamaelia::dirac {

struct Rational {
  uint32_t num = 0;
  uint32_t den = 1;
  bool operator==(const Rational&) const = default;
};

enum class Chroma : uint8_t { k444 = 0, k422 = 1, k420 = 2 };

// Every parameter of a sequence header (10), presets resolved.
struct VideoFormat {
  uint32_t majorVersion = 0;
  uint32_t minorVersion = 0;
  uint32_t profile = 0;  // 0 low delay, 1 simple, 2 main intra, 3 high quality, 8 main (long GOP)
  uint32_t level = 0;
  uint32_t baseVideoFormat = 0;
  uint32_t width = 0;   // luma samples of a frame
  uint32_t height = 0;  // luma rows of a frame
  Chroma chroma = Chroma::k420;
  uint32_t sourceSampling = 0;  // 0 progressive, 1 interlaced
  bool topFieldFirst = false;
  Rational frameRate;  // frames a second
  Rational pixelAspect;
  uint32_t cleanWidth = 0;
  uint32_t cleanHeight = 0;
  uint32_t cleanLeft = 0;
  uint32_t cleanTop = 0;
  uint32_t lumaOffset = 0;
  uint32_t lumaExcursion = 0;
  uint32_t chromaOffset = 0;
  uint32_t chromaExcursion = 0;
  uint32_t colourPrimaries = 0;    // 0 BT.709, 1 BT.601 525, 2 BT.601 625, 3 D-cinema, 4 BT.2020
  uint32_t colourMatrix = 0;       // 0 BT.709, 1 BT.601, 2 reversible YCgCo, 3 RGB, 4 BT.2020
  uint32_t transferFunction = 0;   // 0 TV, 1 extended gamut, 2 linear, 3 D-cinema, 4 PQ, 5 HLG
  uint32_t pictureCodingMode = 0;  // 0 pictures are frames, 1 pictures are fields
  uint32_t lumaDepth = 0;          // bits a sample, from the excursion
  uint32_t chromaDepth = 0;

  bool operator==(const VideoFormat&) const = default;

  int horizontalShift() const { return chroma == Chroma::k444 ? 0 : 1; }
  int verticalShift() const { return chroma == Chroma::k420 ? 1 : 0; }
  // Odd sizes round up, as decoders in the field agree (4:4:4 apart, where nothing is halved).
  uint32_t chromaWidth() const {
    return (width + (1u << horizontalShift()) - 1) >> horizontalShift();
  }
  uint32_t chromaHeight() const {
    return (height + (1u << verticalShift()) - 1) >> verticalShift();
  }
};

// Where the planes of a picture lie in a slot. Offsets and strides are in bytes, from the slot's
// 64-byte aligned base.
struct FrameLayout {
  struct Plane {
    uint32_t offset = 0;
    uint32_t stride = 0;
    uint32_t width = 0;  // samples
    uint32_t height = 0;
    bool operator==(const Plane&) const = default;
  };
  uint32_t planes = 3;  // Y, C1, C2
  Plane plane[3];
  uint32_t bytesPerSample = 1;
  uint32_t slotBytes = 0;     // with 64 spare bytes
  uint32_t minimumSlots = 0;  // fewer and the decoder may wait for ever
  bool operator==(const FrameLayout&) const = default;
};

FrameLayout layoutOf(const VideoFormat& format);

// How codeblocks with quantisers of their own are read in bands of a single codeblock: with one, as
// the specification has it, or without, as dirac-research and schroedinger up to 1.0.7 write them.
enum class QuantiserDialect : uint8_t {
  kDetect,  // by which of the two the bytes of a sequence's first such picture fit
  kStandard,
  kLegacy,
};

// What becomes of a picture of which a reference is missing.
enum class MissingReferences : uint8_t {
  kSkip,        // it is left out, and counted
  kSubstitute,  // mid-grey stands in for what is missing, and the picture is marked as damaged
};

struct DecoderOptions {
  // Threads that decode, 1 to 64; the output is the same whatever the number. With more than one,
  // pictures begin before those in front of them are done.
  int threads = 1;
  // Largest width x height accepted, in luma samples; at most 2^28. In pictures over 64 x 64 a side
  // under 64 counts as 64, which is what it costs.
  uint64_t maxPixels = uint64_t{8192} * 4320;
  // Largest data unit, in bytes; a longer one counts as lost synchronisation.
  size_t maxUnitBytes = size_t{64} << 20;
  QuantiserDialect quantiserDialect = QuantiserDialect::kDetect;
  MissingReferences missingReferences = MissingReferences::kSkip;
  // Whether the events of intra pictures carry their low-low band.
  bool lowBand = false;
  // Whether intra pictures come out as soon as their last byte is there: units that say how long
  // they are are not held until the next one is seen, slices are decoded as they come, pictures at
  // work are finished before more input is asked for, and while a sequence has no reference picture
  // none waits for one of a lower number. What is decoded is the same; but a unit that lost bytes
  // may not be marked where only what follows it would tell.
  bool lowDelay = false;
  // Set to true by another thread, it makes the picture at work end early.
  const std::atomic<bool>* cancel = nullptr;
};

enum EventFlag : uint32_t {
  kDamaged = 1u << 0,        // some of the picture's data was missing or contradictory
  kDiscontinuity = 1u << 1,  // first picture of a sequence after the first
  kIntra = 1u << 2,
  kReference = 1u << 3,
};

// The low-low band of a picture's luma before the inverse transform, DC prediction undone: a small
// picture, signed around mid-grey, up to a scale factor. Rows without gaps.
struct LowBand {
  int width = 0;
  int height = 0;
  int level = 0;         // transform levels above it
  bool isShort = false;  // all values are known to fit 16 bits
  std::vector<int32_t> data;
};

// Auxiliary data units that came in front of a picture: their payloads, the kind of each in its
// first byte (1 encoder's name, 3 checksum of the picture, by schroedinger's numbers).
using SideData = std::vector<std::vector<uint8_t>>;

struct Event {
  enum class Kind : uint8_t {
    kFormat,   // format, layout, generation: the decoder waits for provideSlots of this generation
    kPicture,  // slot, generation, pts, pictureNumber, flags: in presentation order
    kError,    // status: nothing more will come before a reset
    kEnd,      // all input was decoded and delivered
  };
  Kind kind = Kind::kEnd;
  uint32_t generation = 0;
  VideoFormat format;
  FrameLayout layout;
  int32_t slot = -1;
  int64_t pts = 0;  // output index: units of 1 / frameRate
  uint32_t pictureNumber = 0;
  uint32_t flags = 0;
  std::shared_ptr<const LowBand> lowBand;    // or nullptr
  std::shared_ptr<const SideData> sideData;  // or nullptr
  Status status;
};

enum class Step : uint8_t {
  kProgress,   // a unit of work was done
  kNeedInput,  // push more, or finish()
  kNeedSlots,  // provideSlots for the generation of the last format event
  kNeedSlot,   // all slots are taken: release one or add some
  kEnd,        // the end event was given
  kFailed,     // the error event was given
};

struct Stats {
  uint64_t bytes = 0;         // taken by push
  uint64_t bytesSkipped = 0;  // outside data units, while synchronisation was lost
  uint64_t units = 0;
  uint64_t sequences = 0;
  uint64_t pictures = 0;  // decoded
  uint64_t delivered = 0;
  uint64_t damaged = 0;          // of the decoded ones
  uint64_t skippedPictures = 0;  // undecodable: a reference is missing, or the header is damaged
  uint64_t lostSync = 0;         // times
  uint64_t checksumsRight = 0;   // pictures that are what the checksum in front of them says
  uint64_t checksumsWrong = 0;
  uint64_t auxiliary = 0;  // auxiliary data units
  uint64_t padding = 0;    // padding units
};

}  // namespace kamaelia::dirac
