// SPDX-License-Identifier: Apache-2.0
#include "c_frames.h"

#include <utility>

namespace kamaelia::dirac {
namespace {

constexpr size_t kAlignment = 64;

}  // namespace

kamaelia_dirac_format toC(const VideoFormat& format, const FrameLayout& layout) {
  kamaelia_dirac_format out{};
  out.struct_size = sizeof out;
  out.major_version = format.majorVersion;
  out.minor_version = format.minorVersion;
  out.profile = format.profile;
  out.level = format.level;
  out.base_video_format = format.baseVideoFormat;
  out.width = format.width;
  out.height = format.height;
  out.chroma_width = format.chromaWidth();
  out.chroma_height = format.chromaHeight();
  out.chroma_format = static_cast<uint32_t>(format.chroma);
  out.interlaced = format.sourceSampling;
  out.top_field_first = format.topFieldFirst ? 1 : 0;
  out.fields_coded = format.pictureCodingMode;
  out.frame_rate = {format.frameRate.num, format.frameRate.den};
  out.pixel_aspect = {format.pixelAspect.num, format.pixelAspect.den};
  out.clean_width = format.cleanWidth;
  out.clean_height = format.cleanHeight;
  out.clean_left = format.cleanLeft;
  out.clean_top = format.cleanTop;
  out.luma_offset = format.lumaOffset;
  out.luma_excursion = format.lumaExcursion;
  out.chroma_offset = format.chromaOffset;
  out.chroma_excursion = format.chromaExcursion;
  out.luma_depth = format.lumaDepth;
  out.chroma_depth = format.chromaDepth;
  out.bytes_per_sample = layout.bytesPerSample;
  out.colour_primaries = format.colourPrimaries;
  out.colour_matrix = format.colourMatrix;
  out.transfer_function = format.transferFunction;
  return out;
}

FrameMemory::FrameMemory(const VideoFormat& format, const FrameLayout& layout, size_t mostSlots,
                         HeldCount held)
    : format_(toC(format, layout)),
      layout_(layout),
      held_(std::move(held)),
      slots_(mostSlots),
      frames_(mostSlots) {
  memory_.reserve(mostSlots);
}

FrameMemory::Growth FrameMemory::grow() {
  if (slots_.size() == frames_.size()) return Growth::kAtLimit;
  const size_t bytes = (size_t{layout_.slotBytes} + kAlignment - 1) & ~(kAlignment - 1);
  memory_.emplace_back(static_cast<uint8_t*>(std::aligned_alloc(kAlignment, bytes)), &std::free);
  if (memory_.back() && slots_.add(memory_.back().get())) return Growth::kGrown;
  memory_.pop_back();
  return Growth::kOutOfMemory;
}

const OwnedFrame* FrameMemory::handOut(const std::shared_ptr<FrameMemory>& self, const Event& event,
                                       uint32_t flags) {
  OwnedFrame& frame = self->frames_[static_cast<size_t>(event.slot)];
  const uint8_t* base = self->slots_.data(event.slot);
  frame.struct_size = sizeof(kamaelia_dirac_frame);
  frame.format = &self->format_;
  for (int c = 0; c < 3; ++c) {
    const FrameLayout::Plane& plane = self->layout_.plane[c];
    frame.planes[c] = {base + plane.offset, plane.stride, plane.width, plane.height};
  }
  frame.pts = event.pts;
  frame.picture_number = event.pictureNumber;
  frame.flags = flags;
  frame.lowBand = event.lowBand;
  frame.low_band = nullptr;
  if (event.lowBand) {
    const LowBand& band = *event.lowBand;
    frame.lowBandView = {band.data.data(), static_cast<uint32_t>(band.width),
                         static_cast<uint32_t>(band.height), static_cast<uint32_t>(band.level)};
    frame.low_band = &frame.lowBandView;
  }
  frame.sideData = event.sideData;
  frame.sideDataViews.clear();
  if (event.sideData) {
    for (const std::vector<uint8_t>& data : *event.sideData) {
      frame.sideDataViews.push_back({data.data(), data.size()});
    }
  }
  frame.side_data = frame.sideDataViews.empty() ? nullptr : frame.sideDataViews.data();
  frame.side_data_count = frame.sideDataViews.size();
  frame.slot = event.slot;
  frame.memory = self;
  self->held_->fetch_add(1, std::memory_order_relaxed);
  return &frame;
}

void FrameMemory::takeBack(OwnedFrame* frame) {
  const std::shared_ptr<FrameMemory> memory = std::move(frame->memory);
  if (!memory) return;
  frame->lowBand.reset();
  frame->sideData.reset();
  // The decoder may use slot and frame from here on.
  const int32_t slot = frame->slot;
  memory->slots_.release(slot);
  memory->held_->fetch_sub(1, std::memory_order_release);
}

}  // namespace kamaelia::dirac
