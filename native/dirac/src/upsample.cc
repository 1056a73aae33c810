// SPDX-License-Identifier: Apache-2.0
// Half-pel interpolation of reference pictures (15.8.11).
#include <algorithm>
#include <utility>

#include "reference_picture.h"

namespace kamaelia::dirac {
namespace {

constexpr int kTaps[4] = {21, -7, 3, -1};  // from the middle outwards
constexpr int kReach = 4;
constexpr size_t kRowsPerTask = 64;

uint8_t filtered(int32_t sum) { return static_cast<uint8_t>(std::clamp((sum + 16) >> 5, 0, 255)); }

void filterVertical(const uint8_t* source, ptrdiff_t stride, int width, int height, int y,
                    uint8_t* out) {
  const uint8_t* rows[2 * kReach];
  for (int i = 0; i < 2 * kReach; ++i) {
    rows[i] = source + std::clamp(y - kReach + 1 + i, 0, height - 1) * stride;
  }
  for (int x = 0; x < width; ++x) {
    int32_t sum = 0;
    for (int i = 0; i < kReach; ++i) {
      sum += kTaps[i] * (rows[kReach - 1 - i][x] + rows[kReach + i][x]);
    }
    out[x] = filtered(sum);
  }
}

void filterHorizontal(const uint8_t* row, int width, uint8_t* out) {
  const auto clamped = [&](int x) {
    int32_t sum = 0;
    for (int i = 0; i < kReach; ++i) {
      sum += kTaps[i] * (row[std::max(x - i, 0)] + row[std::min(x + 1 + i, width - 1)]);
    }
    out[x] = filtered(sum);
  };
  const int begin = std::min(width, kReach - 1);
  const int end = std::max(begin, width - kReach);
  for (int x = 0; x < begin; ++x) clamped(x);
  for (int x = begin; x < end; ++x) {
    int32_t sum = 0;
    for (int i = 0; i < kReach; ++i) sum += kTaps[i] * (row[x - i] + row[x + 1 + i]);
    out[x] = filtered(sum);
  }
  for (int x = end; x < width; ++x) clamped(x);
}

}  // namespace

HalfPelPlanes<uint8_t> ReferencePicture::view(const FrameLayout& layout, int component) const {
  const FrameLayout::Plane& plane = layout.plane[component];
  HalfPelPlanes<uint8_t> planes;
  planes.plane[0] = base + plane.offset;
  for (int i = 0; i < 3; ++i) planes.plane[i + 1] = half[component][i].data();
  planes.stride = plane.stride;
  planes.width = static_cast<int>(plane.width);
  planes.height = static_cast<int>(plane.height);
  return planes;
}

void upsample(const FrameLayout& layout, ReferencePicture* picture, ThreadPool* pool,
              size_t threads) {
  if (picture->upsampled) return;
  picture->upsampled = true;
  std::vector<std::pair<int, size_t>> tasks;  // component, first row
  for (int c = 0; c < 3; ++c) {
    const FrameLayout::Plane& plane = layout.plane[c];
    for (auto& half : picture->half[c]) half.resize(size_t{plane.stride} * plane.height);
    for (size_t row = 0; row < plane.height; row += kRowsPerTask) tasks.emplace_back(c, row);
  }
  pool->parallelFor(tasks.size(), threads, [&](size_t task) {
    const auto [c, first] = tasks[task];
    const FrameLayout::Plane& plane = layout.plane[c];
    const int width = static_cast<int>(plane.width);
    const int height = static_cast<int>(plane.height);
    const ptrdiff_t stride = plane.stride;
    const uint8_t* source = picture->base + plane.offset;
    const int last = std::min(height, static_cast<int>(first + kRowsPerTask));
    for (int y = static_cast<int>(first); y < last; ++y) {
      uint8_t* vertical = picture->half[c][1].data() + y * stride;
      filterHorizontal(source + y * stride, width, picture->half[c][0].data() + y * stride);
      filterVertical(source, stride, width, height, y, vertical);
      filterHorizontal(vertical, width, picture->half[c][2].data() + y * stride);
    }
  });
}

}  // namespace kamaelia::dirac
