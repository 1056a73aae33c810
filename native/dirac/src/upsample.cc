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

// Peak as a constant keeps the common case as fast as it was with one.
template <typename Sample>
Sample filtered(int32_t sum, int peak) {
  const int limit = sizeof(Sample) == 1 ? 255 : peak;
  return static_cast<Sample>(std::clamp((sum + 16) >> 5, 0, limit));
}

template <typename Sample>
void filterVertical(const Sample* source, ptrdiff_t stride, int width, int height, int y, int peak,
                    Sample* out) {
  const Sample* rows[2 * kReach];
  for (int i = 0; i < 2 * kReach; ++i) {
    rows[i] = source + std::clamp(y - kReach + 1 + i, 0, height - 1) * stride;
  }
  for (int x = 0; x < width; ++x) {
    int32_t sum = 0;
    for (int i = 0; i < kReach; ++i) {
      sum += kTaps[i] * (rows[kReach - 1 - i][x] + rows[kReach + i][x]);
    }
    out[x] = filtered<Sample>(sum, peak);
  }
}

template <typename Sample>
void filterHorizontal(const Sample* row, int width, int peak, Sample* out) {
  const auto clamped = [&](int x) {
    int32_t sum = 0;
    for (int i = 0; i < kReach; ++i) {
      sum += kTaps[i] * (row[std::max(x - i, 0)] + row[std::min(x + 1 + i, width - 1)]);
    }
    out[x] = filtered<Sample>(sum, peak);
  };
  const int begin = std::min(width, kReach - 1);
  const int end = std::max(begin, width - kReach);
  for (int x = 0; x < begin; ++x) clamped(x);
  for (int x = begin; x < end; ++x) {
    int32_t sum = 0;
    for (int i = 0; i < kReach; ++i) sum += kTaps[i] * (row[x - i] + row[x + 1 + i]);
    out[x] = filtered<Sample>(sum, peak);
  }
  for (int x = end; x < width; ++x) clamped(x);
}

}  // namespace

template <typename Sample>
HalfPelPlanes<Sample> ReferencePicture::view(const FrameLayout& layout, int component) const {
  const FrameLayout::Plane& plane = layout.plane[component];
  HalfPelPlanes<Sample> planes;
  planes.plane[0] = reinterpret_cast<const Sample*>(base + plane.offset);
  for (int i = 0; i < 3; ++i) {
    planes.plane[i + 1] = reinterpret_cast<const Sample*>(half[component][i].data());
  }
  planes.stride = static_cast<ptrdiff_t>(plane.stride / sizeof(Sample));
  planes.width = static_cast<int>(plane.width);
  planes.height = static_cast<int>(plane.height);
  return planes;
}

template <typename Sample>
void initUpsample(UpsampleDsp<Sample>* dsp, uint32_t cpuFlags) {
  static_cast<void>(cpuFlags);  // scalar is all there is yet
  *dsp = {filterHorizontal<Sample>, filterVertical<Sample>};
}

template <typename Sample>
void upsample(const UpsampleDsp<Sample>& dsp, const FrameLayout& layout, const int (&bitDepth)[3],
              ReferencePicture* picture, ThreadPool* pool, size_t threads) {
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
    const int peak = (1 << bitDepth[c]) - 1;
    const HalfPelPlanes<Sample> planes = picture->view<Sample>(layout, c);
    const ptrdiff_t stride = planes.stride;
    const Sample* source = planes.plane[0];
    const auto half = [&, c = c](int which, int y) {
      return reinterpret_cast<Sample*>(picture->half[c][which].data()) + y * stride;
    };
    const int last = std::min(planes.height, static_cast<int>(first + kRowsPerTask));
    for (int y = static_cast<int>(first); y < last; ++y) {
      dsp.horizontal(source + y * stride, planes.width, peak, half(0, y));
      dsp.vertical(source, stride, planes.width, planes.height, y, peak, half(1, y));
      dsp.horizontal(half(1, y), planes.width, peak, half(2, y));
    }
  });
}

template HalfPelPlanes<uint8_t> ReferencePicture::view(const FrameLayout&, int) const;
template HalfPelPlanes<uint16_t> ReferencePicture::view(const FrameLayout&, int) const;
template void initUpsample(UpsampleDsp<uint8_t>*, uint32_t);
template void initUpsample(UpsampleDsp<uint16_t>*, uint32_t);
template void upsample(const UpsampleDsp<uint8_t>&, const FrameLayout&, const int (&)[3],
                       ReferencePicture*, ThreadPool*, size_t);
template void upsample(const UpsampleDsp<uint16_t>&, const FrameLayout&, const int (&)[3],
                       ReferencePicture*, ThreadPool*, size_t);

}  // namespace kamaelia::dirac
