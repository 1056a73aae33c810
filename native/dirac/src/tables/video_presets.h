// SPDX-License-Identifier: Apache-2.0
// Presets of the sequence header: Dirac 2.2.3 annex C, ST 2042-1 annex B.
#pragma once

#include <cstdint>

#include "dirac/types.h"

namespace kamaelia::dirac {

struct BaseVideoFormat {
  uint32_t width, height;
  Chroma chroma;
  uint32_t scan;
  bool topFieldFirst;
  uint32_t frameRate, pixelAspect;
  uint32_t cleanWidth, cleanHeight, cleanLeft, cleanTop;
  uint32_t signalRange, colourSpec;
};

inline constexpr BaseVideoFormat kBaseVideoFormats[] = {
    {640, 480, Chroma::k420, 0, false, 1, 1, 640, 480, 0, 0, 1, 0},
    {176, 120, Chroma::k420, 0, false, 9, 2, 176, 120, 0, 0, 1, 1},
    {176, 144, Chroma::k420, 0, true, 10, 3, 176, 144, 0, 0, 1, 2},
    {352, 240, Chroma::k420, 0, false, 9, 2, 352, 240, 0, 0, 1, 1},
    {352, 288, Chroma::k420, 0, true, 10, 3, 352, 288, 0, 0, 1, 2},
    {704, 480, Chroma::k420, 0, false, 9, 2, 704, 480, 0, 0, 1, 1},
    {704, 576, Chroma::k420, 0, true, 10, 3, 704, 576, 0, 0, 1, 2},
    {720, 480, Chroma::k422, 1, false, 4, 2, 704, 480, 8, 0, 3, 1},
    {720, 576, Chroma::k422, 1, true, 3, 3, 704, 576, 8, 0, 3, 2},
    {1280, 720, Chroma::k422, 0, true, 7, 1, 1280, 720, 0, 0, 3, 3},
    {1280, 720, Chroma::k422, 0, true, 6, 1, 1280, 720, 0, 0, 3, 3},
    {1920, 1080, Chroma::k422, 1, true, 4, 1, 1920, 1080, 0, 0, 3, 3},
    {1920, 1080, Chroma::k422, 1, true, 3, 1, 1920, 1080, 0, 0, 3, 3},
    {1920, 1080, Chroma::k422, 0, true, 7, 1, 1920, 1080, 0, 0, 3, 3},
    {1920, 1080, Chroma::k422, 0, true, 6, 1, 1920, 1080, 0, 0, 3, 3},
    {2048, 1080, Chroma::k444, 0, true, 2, 1, 2048, 1080, 0, 0, 4, 4},
    {4096, 2160, Chroma::k444, 0, true, 2, 1, 4096, 2160, 0, 0, 4, 4},
    {3840, 2160, Chroma::k422, 0, true, 7, 1, 3840, 2160, 0, 0, 3, 5},
    {3840, 2160, Chroma::k422, 0, true, 6, 1, 3840, 2160, 0, 0, 3, 5},
    {7680, 4320, Chroma::k422, 0, true, 7, 1, 7680, 4320, 0, 0, 3, 5},
    {7680, 4320, Chroma::k422, 0, true, 6, 1, 7680, 4320, 0, 0, 3, 5},
    {1920, 1080, Chroma::k422, 0, true, 1, 1, 1920, 1080, 0, 0, 3, 3},
    {720, 486, Chroma::k422, 1, false, 4, 2, 720, 486, 0, 0, 3, 3},
};

// Index 0 is "custom" in each of the following.
inline constexpr Rational kFrameRates[] = {
    {0, 1},  {24000, 1001}, {24, 1},       {25, 1}, {30000, 1001}, {30, 1},
    {50, 1}, {60000, 1001}, {60, 1},       {15000, 1001}, {25, 2}, {48, 1},
    {48000, 1001}, {96, 1}, {100, 1}, {120000, 1001}, {120, 1},
};

inline constexpr Rational kPixelAspects[] = {
    {0, 1}, {1, 1}, {10, 11}, {12, 11}, {40, 33}, {16, 11}, {4, 3},
};

struct SignalRange {
  uint32_t lumaOffset, lumaExcursion, chromaOffset, chromaExcursion;
};

inline constexpr SignalRange kSignalRanges[] = {
    {0, 0, 0, 0},           {0, 255, 128, 255},     {16, 219, 128, 224},
    {64, 876, 512, 896},    {256, 3504, 2048, 3584}, {0, 1023, 512, 1023},
    {0, 4095, 2048, 4095},  {4096, 56064, 32768, 57344}, {0, 65535, 32768, 65535},
};

struct ColourSpec {
  uint32_t primaries, matrix, transfer;
};

inline constexpr ColourSpec kColourSpecs[] = {
    {0, 0, 0}, {1, 1, 0}, {2, 1, 0}, {0, 0, 0}, {3, 3, 3}, {4, 4, 0}, {4, 4, 4}, {4, 4, 5},
};

}  // namespace kamaelia::dirac
