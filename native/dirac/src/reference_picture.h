// SPDX-License-Identifier: Apache-2.0
// A decoded picture that others are predicted from, and its half-pel planes.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

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
  // Set by whichever thread is the last to work on the picture, and on its half-pel planes.
  std::atomic<bool> decoded{true};
  std::atomic<bool> damaged{false};
  std::atomic<bool> halfReady{false};
  bool halfWanted = false;  // some picture makes the half-pel planes, or has made them
  int users = 0;            // pictures at work that are predicted from it, and itself
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

// Makes room for `half`, and gives the number of tasks that fill it.
size_t prepareUpsampling(ReferencePicture* picture);

// Fills a part of `half` (15.8.11); different tasks may run at the same time. bitDepth: by
// component.
template <typename Sample>
void upsample(const UpsampleDsp<Sample>& dsp, const int (&bitDepth)[3], ReferencePicture* picture,
              size_t task);

}  // namespace kamaelia::dirac
