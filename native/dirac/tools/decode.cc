// SPDX-License-Identifier: Apache-2.0
// dirac-decode: the library without Node, for timing and for tests.
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/md5.h"
#include "dirac/stream_decoder.h"
#include "whole_file.h"

namespace {

using kamaelia::Md5;
using kamaelia::SlotTable;
using namespace kamaelia::dirac;

constexpr const char* kUsage =
    "Usage: dirac-decode [--threads N] [--chunk BYTES] [--repeat N] [--md5 | --frame-md5 | --null] "
    "FILE [OUT.yuv]\n"
    "Decodes a Dirac stream. Exit codes: 0 decoded, 1 not decodable, 2 wrong use.\n";

struct Arguments {
  DecoderOptions options;
  size_t chunk = 65536;
  int repeat = 1;
  bool md5 = false;
  bool frameMd5 = false;
  std::string input;
  std::string output;
};

// Slots of memory of this process.
struct Slots {
  std::shared_ptr<SlotTable> table;
  std::vector<std::unique_ptr<uint8_t, decltype(&std::free)>> memory;

  void make(const FrameLayout& layout) {
    table = std::make_shared<SlotTable>(layout.minimumSlots);
    memory.clear();
    for (uint32_t i = 0; i < layout.minimumSlots; ++i) {
      const size_t bytes = (size_t{layout.slotBytes} + 63) & ~size_t{63};
      memory.emplace_back(static_cast<uint8_t*>(std::aligned_alloc(64, bytes)), &std::free);
      if (!table->add(memory.back().get())) std::abort();
    }
  }
};

class Program {
 public:
  explicit Program(const Arguments& arguments)
      : arguments_(arguments), decoder_(arguments.options) {
    if (!arguments.output.empty()) file_.open(arguments.output, std::ios::binary);
  }

  // May be called again: the decoder begins anew, with the memory that it has.
  int decode(const std::vector<uint8_t>& bytes) {
    decoder_.reset();
    size_t at = 0;
    for (;;) {
      const Step step = decoder_.step();
      takeEvents();
      if (step == Step::kFailed) return 1;
      if (step == Step::kEnd) return 0;
      if (step == Step::kNeedInput) {
        if (at == bytes.size()) {
          decoder_.finish();
        } else {
          const size_t size = std::min(arguments_.chunk, bytes.size() - at);
          at += decoder_.push(bytes.data() + at, size);
        }
      }
    }
  }

  void report() {
    if (arguments_.md5) std::printf("%s\n", total_.hex().c_str());
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const Stats& stats = decoder_.stats();
    std::fprintf(stderr,
                 "%llu pictures, %llu damaged, %llu skipped, %.3f s user CPU, %.1f MB beside the "
                 "slots\n",
                 static_cast<unsigned long long>(frames_),
                 static_cast<unsigned long long>(stats.damaged),
                 static_cast<unsigned long long>(stats.skippedPictures),
                 static_cast<double>(usage.ru_utime.tv_sec) +
                     static_cast<double>(usage.ru_utime.tv_usec) / 1e6,
                 static_cast<double>(decoder_.workingMemory()) / 1e6);
  }

 private:
  void takeEvents() {
    Event event;
    while (decoder_.nextEvent(&event)) {
      if (event.kind == Event::Kind::kFormat) {
        layout_ = event.layout;
        slots_.make(layout_);
        decoder_.provideSlots(event.generation, slots_.table);
      } else if (event.kind == Event::Kind::kPicture) {
        take(slots_.table->data(event.slot));
        slots_.table->release(event.slot);
      } else if (event.kind == Event::Kind::kError) {
        std::fprintf(stderr, "dirac-decode: %s at byte %llu (code %d)\n", event.status.detail,
                     static_cast<unsigned long long>(event.status.position),
                     static_cast<int>(event.status.code));
      }
    }
  }

  void take(const uint8_t* base) {
    Md5 frame;
    if (arguments_.md5 || arguments_.frameMd5 || file_.is_open()) {
      for (const FrameLayout::Plane& plane : layout_.plane) {
        for (uint32_t y = 0; y < plane.height; ++y) {
          const uint8_t* row = base + plane.offset + size_t{y} * plane.stride;
          const size_t size = size_t{plane.width} * layout_.bytesPerSample;
          if (arguments_.md5) total_.add(row, size);
          if (arguments_.frameMd5) frame.add(row, size);
          if (file_.is_open())
            file_.write(reinterpret_cast<const char*>(row), static_cast<std::streamsize>(size));
        }
      }
    }
    if (arguments_.frameMd5)
      std::printf("%llu %s\n", static_cast<unsigned long long>(frames_), frame.hex().c_str());
    ++frames_;
  }

  const Arguments& arguments_;
  FrameLayout layout_;
  Md5 total_;
  std::ofstream file_;
  uint64_t frames_ = 0;
  Slots slots_;
  StreamDecoder decoder_;
};

bool parse(int argc, char** argv, Arguments* arguments) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto number = [&] { return i + 1 < argc ? std::atoll(argv[++i]) : 0; };
    if (word == "--threads") {
      arguments->options.threads = static_cast<int>(number());
      if (arguments->options.threads < 1) return false;
    } else if (word == "--chunk") {
      arguments->chunk = static_cast<size_t>(number());
      if (arguments->chunk == 0) return false;
    } else if (word == "--repeat") {
      arguments->repeat = static_cast<int>(number());
      if (arguments->repeat < 1) return false;
    } else if (word == "--md5") {
      arguments->md5 = true;
    } else if (word == "--frame-md5") {
      arguments->frameMd5 = true;
    } else if (word == "--null") {
      continue;
    } else if (word.rfind("--", 0) == 0) {
      return false;
    } else if (arguments->input.empty()) {
      arguments->input = word;
    } else if (arguments->output.empty()) {
      arguments->output = word;
    } else {
      return false;
    }
  }
  return !arguments->input.empty();
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  if (!parse(argc, argv, &arguments)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  const std::optional<std::vector<uint8_t>> bytes = contentsOf(arguments.input);
  if (!bytes) {
    std::fprintf(stderr, "dirac-decode: Expected a readable file but received %s\n",
                 arguments.input.c_str());
    return 1;
  }
  Program program(arguments);
  int result = 0;
  for (int i = 0; i < arguments.repeat && result == 0; ++i) result = program.decode(*bytes);
  program.report();
  return result;
}
