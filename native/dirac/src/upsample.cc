// SPDX-License-Identifier: Apache-2.0
// Half-pel interpolation of reference pictures (15.8.11).
#include <algorithm>

#include "common/cpu_flags.h"
#include "motion_isa.h"
#include "motion_kernels.h"
#include "reference_picture.h"

namespace kamaelia::dirac {
namespace {

constexpr size_t kRowsPerTask = 64;

size_t tasksOf(const FrameLayout::Plane& plane) {
  return (plane.height + kRowsPerTask - 1) / kRowsPerTask;
}

}  // namespace

template <typename Sample>
HalfPelPlanes<Sample> ReferencePicture::view(int component) const {
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
  fillUpsample(dsp);
#if defined(__x86_64__)
  if (cpuFlags & kCpuSse41) fillUpsampleSse41(dsp);
  if (cpuFlags & kCpuAvx2) fillUpsampleAvx2(dsp);
#elif defined(__aarch64__)
  if (cpuFlags & kCpuNeon) fillUpsampleNeon(dsp);
#else
  static_cast<void>(cpuFlags);
#endif
}

size_t prepareUpsampling(ReferencePicture* picture) {
  size_t tasks = 0;
  for (int c = 0; c < 3; ++c) {
    const FrameLayout::Plane& plane = picture->layout.plane[c];
    for (auto& half : picture->half[c]) {
      half.resize(size_t{plane.stride} * plane.height +
                  kBlockSlack * picture->layout.bytesPerSample);
    }
    tasks += tasksOf(plane);
  }
  return tasks;
}

template <typename Sample>
void upsample(const UpsampleDsp<Sample>& dsp, const int (&bitDepth)[3], ReferencePicture* picture,
              size_t task) {
  int c = 0;
  for (size_t tasks = 0; task >= (tasks = tasksOf(picture->layout.plane[c])); ++c) task -= tasks;
  const int peak = (1 << bitDepth[c]) - 1;
  const HalfPelPlanes<Sample> planes = picture->view<Sample>(c);
  const ptrdiff_t stride = planes.stride;
  const Sample* source = planes.plane[0];
  const auto half = [&](int which, int y) {
    return reinterpret_cast<Sample*>(picture->half[c][which].data()) + y * stride;
  };
  const int first = static_cast<int>(task * kRowsPerTask);
  const int last = std::min(planes.height, first + static_cast<int>(kRowsPerTask));
  for (int y = first; y < last; ++y) {
    dsp.horizontal(source + y * stride, planes.width, peak, half(0, y));
    dsp.vertical(source, stride, planes.width, planes.height, y, peak, half(1, y));
    dsp.horizontal(half(1, y), planes.width, peak, half(2, y));
  }
}

template HalfPelPlanes<uint8_t> ReferencePicture::view(int) const;
template HalfPelPlanes<uint16_t> ReferencePicture::view(int) const;
template void initUpsample(UpsampleDsp<uint8_t>*, uint32_t);
template void initUpsample(UpsampleDsp<uint16_t>*, uint32_t);
template void upsample(const UpsampleDsp<uint8_t>&, const int (&)[3], ReferencePicture*, size_t);
template void upsample(const UpsampleDsp<uint16_t>&, const int (&)[3], ReferencePicture*, size_t);

}  // namespace kamaelia::dirac
