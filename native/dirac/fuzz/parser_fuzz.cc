// SPDX-License-Identifier: Apache-2.0
// The stream parser and everything that reads headers. The last byte of the input chooses how it is
// cut up; the units have to be the same as of the input in one piece.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "dirac/stream_parser.h"
#include "motion_data.h"
#include "picture_header.h"

namespace {

using namespace kamaelia;
using namespace kamaelia::dirac;

struct Seen {
  uint8_t code;
  uint64_t position;
  size_t size;
  bool damaged;
  uint32_t sum;  // of the payload, so that every byte of it is read

  bool operator==(const Seen&) const = default;
};

struct Run {
  std::vector<Seen> units;
  uint64_t skipped = 0;
  uint64_t lostSync = 0;
};

// seed 0: one piece, cut only where the parser's buffer is full.
Run parse(const uint8_t* data, size_t size, size_t maxUnitBytes, bool lowDelay, uint32_t seed) {
  StreamParser parser(maxUnitBytes, lowDelay);
  Run run;
  size_t at = 0;
  uint32_t state = seed;
  uint64_t begunAt = UINT64_MAX;
  size_t begun = 0;
  for (;;) {
    Unit unit;
    const StreamParser::Result result = parser.next(&unit);
    if (result == StreamParser::Result::kEnd) break;
    if (result == StreamParser::Result::kUnit) {
      // No less than what was said of it while it came.
      if (unit.position == begunAt && unit.size < begun) std::abort();
      uint32_t sum = 0;
      for (size_t i = 0; i < unit.size; ++i) sum = sum * 31 + unit.payload[i];
      run.units.push_back({unit.code, unit.position, unit.size, unit.damaged, sum});
      continue;
    }
    if (parser.arriving(&unit)) {
      begunAt = unit.position;
      begun = unit.size;
    }
    if (at == size) {
      parser.finish();
      continue;
    }
    size_t chunk = size - at;
    if (seed != 0) {
      state = state * 1664525 + 1013904223;
      chunk = std::min(chunk, size_t{1} + (state >> 16) % (seed < 128 ? 7 : 700));
    }
    const size_t taken = parser.push(data + at, chunk);
    if (taken == 0) std::abort();  // a parser that asks for input has room for it
    at += taken;
  }
  run.skipped = parser.bytesSkipped();
  run.lostSync = parser.lostSync();
  return run;
}

void readPicture(uint8_t code, const uint8_t* data, size_t size) {
  BitReader bits(data, size);
  PictureHeader header;
  readPictureHeader(bits, code, &header);
  bits.align();
  if (header.references > 0) {
    PredictionParams prediction;
    if (!readPredictionParams(bits, header.references, &prediction).ok()) return;
    bits.align();
    MotionField field;
    field.configure(176, 144, prediction);
    CodedMotion coded;
    static_cast<void>(findMotionData(bits, header.references, &coded));
    decodeMotionData(coded, {header.references, prediction.usesGlobal, usesArithmeticCoding(code)},
                     &field);
    bits.align();
    if (bits.bit()) return;
  }
  TransformParams transform;
  const Syntax syntax = isCore(code)          ? Syntax::kCore
                        : isHighQuality(code) ? Syntax::kHighQuality
                                              : Syntax::kLowDelay;
  static_cast<void>(readTransformParams(bits, syntax, (code & 1) != 0, &transform));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const uint8_t choice = data[size - 1];
  --size;
  constexpr size_t kLimits[] = {32, 256, 4096, size_t{1} << 20};
  const size_t maxUnitBytes = kLimits[choice & 3];
  const bool lowDelay = (choice & 4) != 0;
  const Run whole = parse(data, size, maxUnitBytes, lowDelay, 0);
  const Run cut = parse(data, size, maxUnitBytes, lowDelay, choice | 1u);
  if (whole.units != cut.units || whole.skipped != cut.skipped || whole.lostSync != cut.lostSync) {
    std::abort();
  }
  for (const Seen& unit : whole.units) {
    if (unit.size > maxUnitBytes) std::abort();
    const uint8_t* payload = data + unit.position + kParseInfoBytes;
    if (unit.code == kSequenceHeader) {
      VideoFormat format;
      static_cast<void>(parseSequenceHeader(payload, unit.size, &format));
    } else if (isPicture(unit.code)) {
      readPicture(unit.code, payload, unit.size);
    }
  }
  return 0;
}
