// SPDX-License-Identifier: Apache-2.0
// A decoded picture that others are predicted from, and its half-pel planes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/thread_pool.h"
#include "dirac/types.h"

namespace kamaelia::dirac {

// One component on the half-pel grid of 2w - 1 by 2h - 1 positions: position (X, Y) is sample (X >>
// 1, Y >> 1) of plane[(Y & 1) * 2 + (X & 1)]. All four have the same stride, in samples.
template <typename Sample>
struct HalfPelPlanes {
  const Sample* plane[4] = {};
  ptrdiff_t stride = 0;
  int width = 0;
  int height = 0;
};

struct ReferencePicture {
  uint32_t number = 0;
  int32_t slot = -1;
  const uint8_t* base = nullptr;
  FrameLayout layout;  // of the picture in its slot: of the frame, or of one of its fields
  bool damaged = false;
  bool upsampled = false;
  // Horizontal, vertical and diagonal half-pel samples of each component, with the strides of the
  // layout.
  std::vector<uint8_t> half[3][3];

  // Sample: uint8_t or uint16_t, as the layout says.
  template <typename Sample>
  HalfPelPlanes<Sample> view(int component) const;
};

// Half-pel filters, in the form in which an instruction set can replace them. Results are clipped
// to 0 to peak; positions beyond the picture repeat its edge.
template <typename Sample>
struct UpsampleDsp {
  // Between each sample of a row and the next.
  void (*horizontal)(const Sample* row, int width, int peak, Sample* out);
  // Between row y and the next. source: row 0, rows `stride` samples apart.
  void (*vertical)(const Sample* source, ptrdiff_t stride, int width, int height, int y, int peak,
                   Sample* out);
};

template <typename Sample>
void initUpsample(UpsampleDsp<Sample>* dsp, uint32_t cpuFlags);

// Fills `half`, once (15.8.11). bitDepth: by component. Threads as in DecoderOptions.
template <typename Sample>
void upsample(const UpsampleDsp<Sample>& dsp, const int (&bitDepth)[3], ReferencePicture* picture,
              ThreadPool* pool, size_t threads);

}  // namespace kamaelia::dirac
