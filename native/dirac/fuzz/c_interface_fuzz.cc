// SPDX-License-Identifier: Apache-2.0
// Any calls of the C interface in any order on any stream: the last bytes of the input choose them.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "kamaelia/dirac.h"

namespace {

constexpr size_t kCalls = 64;
constexpr int kMostFrames = 60;
constexpr size_t kMostHeld = 3;

void need(bool condition) {
  if (!condition) std::abort();
}

class Caller {
 public:
  Caller(const uint8_t* data, size_t size, const uint8_t* calls)
      : data_(data), size_(size), calls_(calls) {
    kamaelia_dirac_options options;
    need(kamaelia_dirac_options_init(&options, sizeof options) == KAMAELIA_DIRAC_OK);
    options.threads = 1 + calls[0] % 2;
    options.max_held_frames = kMostHeld;
    options.max_pixels = 1 << 16;
    options.max_unit_bytes = calls[0] & 2 ? 2048 : 1 << 16;
    options.quantiser_dialect = calls[0] / 4 % 3;
    options.missing_references = calls[0] / 64 % 2;
    options.low_band = calls[0] / 128;
    need(kamaelia_dirac_open(&options, &decoder_, nullptr) == KAMAELIA_DIRAC_OK);
  }

  void run() {
    for (int i = 1; frames_ < kMostFrames && i < 2000; ++i) {
      if (!call(calls_[static_cast<size_t>(i) % kCalls])) break;
    }
    // A decoder goes before its frames or after them.
    if (calls_[0] & 16) kamaelia_dirac_close(&decoder_);
    while (!held_.empty()) releaseOne();
    kamaelia_dirac_close(&decoder_);
    need(decoder_ == nullptr);
  }

 private:
  // False when all was said.
  bool call(uint8_t what) {
    switch (what % 16) {
      case 0:
        if (what < 200) return true;
        need(kamaelia_dirac_reset(decoder_) == KAMAELIA_DIRAC_OK);
        reset_ = true;
        return true;
      case 1:
        releaseOne();
        return true;
      case 2:
        ask();
        return true;
      case 3:
        need(kamaelia_dirac_next(decoder_, nullptr) == KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT);
        return true;
      case 4:
      case 5:
      case 6:
        push(size_t{1} + what * 37u);
        return true;
      default:
        return next();
    }
  }

  void push(size_t piece) {
    size_t taken = 0;
    const size_t size = std::min(piece, size_ - at_);
    const kamaelia_dirac_result result = kamaelia_dirac_push(decoder_, data_ + at_, size, &taken);
    need(result <= KAMAELIA_DIRAC_OK && taken <= size);
    if (result != KAMAELIA_DIRAC_OK) need(taken == 0);
    at_ += taken;
  }

  bool next() {
    const kamaelia_dirac_frame* frame = nullptr;
    switch (kamaelia_dirac_next(decoder_, &frame)) {
      case KAMAELIA_DIRAC_FRAME:
        // What a reset forgets had its number already.
        need(reset_ ? frame->pts > pts_ : frame->pts == pts_ + 1);
        pts_ = frame->pts;
        reset_ = false;
        ++frames_;
        held_.push_back(frame);
        read(*frame);
        return true;
      case KAMAELIA_DIRAC_NEED_RELEASE:
        need(held_.size() == kMostHeld);
        releaseOne();
        return true;
      case KAMAELIA_DIRAC_NEED_INPUT: {
        const size_t before = at_;
        push(4000);
        if (at_ == before) {
          need(at_ == size_);
          need(kamaelia_dirac_finish(decoder_) == KAMAELIA_DIRAC_OK);
        }
        return true;
      }
      default:
        return false;
    }
  }

  // Every row's ends, so that the sanitizer sees planes that are not there.
  void read(const kamaelia_dirac_frame& frame) {
    const size_t bytes = frame.format->bytes_per_sample;
    for (const kamaelia_dirac_plane& plane : frame.planes) {
      const auto* first = static_cast<const uint8_t*>(plane.data);
      for (uint32_t y = 0; y < plane.height; ++y) {
        sum_ += first[y * plane.stride] + first[y * plane.stride + plane.width * bytes - 1];
      }
    }
    for (size_t i = 0; i < frame.side_data_count; ++i) {
      if (frame.side_data[i].size > 0) sum_ += frame.side_data[i].data[frame.side_data[i].size - 1];
    }
    if (const kamaelia_dirac_low_band* band = frame.low_band) {
      sum_ += static_cast<uint64_t>(band->data[size_t{band->width} * band->height - 1]);
    }
  }

  void ask() {
    kamaelia_dirac_format format{};
    format.struct_size = sizeof format;
    const kamaelia_dirac_result known = kamaelia_dirac_get_format(decoder_, &format);
    need(known == KAMAELIA_DIRAC_OK || known == KAMAELIA_DIRAC_NEED_INPUT);
    kamaelia_dirac_stats stats{};
    stats.struct_size = sizeof stats;
    need(kamaelia_dirac_get_stats(decoder_, &stats) == KAMAELIA_DIRAC_OK);
    need(stats.bytes == at_);
    kamaelia_dirac_error error{};
    error.struct_size = sizeof error;
    need(kamaelia_dirac_get_error(decoder_, &error) == KAMAELIA_DIRAC_OK);
  }

  void releaseOne() {
    if (held_.empty()) return;
    kamaelia_dirac_release(&held_.front());
    held_.erase(held_.begin());
  }

  const uint8_t* data_;
  const size_t size_;
  const uint8_t* calls_;
  size_t at_ = 0;
  int frames_ = 0;
  int64_t pts_ = -1;
  bool reset_ = false;
  volatile uint64_t sum_ = 0;
  kamaelia_dirac_decoder* decoder_ = nullptr;
  std::vector<const kamaelia_dirac_frame*> held_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < kCalls) return 0;
  size -= kCalls;
  Caller(data, size, data + size).run();
  return 0;
}
