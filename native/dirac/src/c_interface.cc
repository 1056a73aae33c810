// SPDX-License-Identifier: Apache-2.0
// The C interface over StreamDecoder. Compiled with exceptions, which end here.
#include <algorithm>
#include <cinttypes>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "c_frames.h"
#include "dirac/stream_decoder.h"
#include "kamaelia/dirac.h"

using kamaelia::Code;
using kamaelia::SlotTable;
using kamaelia::Status;
using namespace kamaelia::dirac;

namespace {

// Input that may wait beside what the decoder has asked for.
constexpr size_t kQueueBytes = size_t{1} << 20;
constexpr uint32_t kMostThreads = 64;
constexpr uint32_t kMostHeldFrames = 256;
constexpr uint64_t kMostPixels = uint64_t{1} << 28;
constexpr uint64_t kMostUnitBytes = uint64_t{1} << 31;
// A structure of more was never initialised.
constexpr size_t kMostStructBytes = 4096;

static_assert(uint32_t{KAMAELIA_DIRAC_DAMAGED} == kDamaged);
static_assert(uint32_t{KAMAELIA_DIRAC_DISCONTINUITY} == kDiscontinuity);
static_assert(uint32_t{KAMAELIA_DIRAC_INTRA} == kIntra);
static_assert(uint32_t{KAMAELIA_DIRAC_REFERENCE} == kReference);

[[gnu::format(printf, 4, 5)]] kamaelia_dirac_result say(kamaelia_dirac_error* error,
                                                        kamaelia_dirac_result code,
                                                        uint64_t position, const char* text, ...) {
  error->code = code;
  error->position = position;
  va_list values;
  va_start(values, text);
  std::vsnprintf(error->message, sizeof error->message, text, values);
  va_end(values);
  return code;
}

// The size of each structure when the ABI version began: less has nobody.
template <typename Struct>
bool saneSize(const Struct& value) {
  return value.struct_size >= sizeof(Struct) && value.struct_size <= kMostStructBytes;
}

// As much as caller and library both know; what only the caller knows becomes 0.
template <typename Struct>
kamaelia_dirac_result copyOut(const Struct& value, Struct* out) {
  if (out == nullptr || !saneSize(*out)) return KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT;
  const size_t given = out->struct_size;
  std::memset(out, 0, given);
  std::memcpy(out, &value, sizeof value);
  out->struct_size = sizeof value;
  return KAMAELIA_DIRAC_OK;
}

kamaelia_dirac_options defaults() {
  const DecoderOptions engine;
  kamaelia_dirac_options options{};
  options.struct_size = sizeof options;
  options.max_held_frames = 4;
  options.max_pixels = engine.maxPixels;
  options.max_unit_bytes = engine.maxUnitBytes;
  return options;
}

// Reads what the caller gave into what this library knows.
kamaelia_dirac_result readOptions(const kamaelia_dirac_options* given,
                                  kamaelia_dirac_options* options, kamaelia_dirac_error* error) {
  constexpr kamaelia_dirac_result kBad = KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT;
  *options = defaults();
  if (given == nullptr) return KAMAELIA_DIRAC_OK;
  if (!saneSize(*given)) {
    return say(error, kBad, 0,
               "kamaelia_dirac_open: Expected options of kamaelia_dirac_options_init but received "
               "struct_size %zu",
               given->struct_size);
  }
  const auto* bytes = reinterpret_cast<const uint8_t*>(given);
  for (size_t at = sizeof *options; at < given->struct_size; ++at) {
    if (bytes[at] != 0) {
      return say(error, kBad, 0,
                 "kamaelia_dirac_open: Expected only options of version %s but received one at "
                 "byte %zu of the structure",
                 kamaelia_dirac_version(), at);
    }
  }
  std::memcpy(options, given, sizeof *options);
  const struct {
    const char* name;
    uint64_t value, least, most;
  } ranges[] = {
      {"threads", options->threads, 0, kMostThreads},
      {"max_held_frames", options->max_held_frames, 1, kMostHeldFrames},
      {"max_pixels", options->max_pixels, 1, kMostPixels},
      {"max_unit_bytes", options->max_unit_bytes, kParseInfoBytes, kMostUnitBytes},
      {"quantiser_dialect", options->quantiser_dialect, 0, KAMAELIA_DIRAC_DIALECT_LEGACY},
      {"missing_references", options->missing_references, 0, KAMAELIA_DIRAC_MISSING_SUBSTITUTE},
      {"low_band", options->low_band, 0, 1},
      {"low_delay", options->low_delay, 0, 1},
  };
  for (const auto& range : ranges) {
    if (range.value >= range.least && range.value <= range.most) continue;
    return say(error, kBad, 0,
               "kamaelia_dirac_open: Expected %" PRIu64 " to %" PRIu64
               " for %s but received %" PRIu64,
               range.least, range.most, range.name, range.value);
  }
  return KAMAELIA_DIRAC_OK;
}

DecoderOptions engineOptions(const kamaelia_dirac_options& options) {
  DecoderOptions engine;
  const uint32_t cores = std::max(1u, std::thread::hardware_concurrency());
  engine.threads =
      static_cast<int>(options.threads > 0 ? options.threads : std::min(cores, kMostThreads));
  engine.maxPixels = options.max_pixels;
  engine.maxUnitBytes = static_cast<size_t>(options.max_unit_bytes);
  engine.quantiserDialect = static_cast<QuantiserDialect>(options.quantiser_dialect);
  engine.missingReferences = static_cast<MissingReferences>(options.missing_references);
  engine.lowBand = options.low_band != 0;
  engine.lowDelay = options.low_delay != 0;
  return engine;
}

}  // namespace

struct kamaelia_dirac_decoder {
  explicit kamaelia_dirac_decoder(const kamaelia_dirac_options& given)
      : options(given), engine(engineOptions(given)) {}

  // Runs what may throw. What then holds is no longer known, so that nothing else is done any more.
  template <typename Work>
  kamaelia_dirac_result guarded(const char* name, Work&& work) {
    if (broken) return error.code;
    try {
      return work();
    } catch (...) {
      return outOfMemory(name);
    }
  }

  kamaelia_dirac_result outOfMemory(const char* name) {
    broken = true;
    return say(&error, KAMAELIA_DIRAC_ERROR_OUT_OF_MEMORY, 0,
               "%s: Expected memory and threads but the system has no more", name);
  }

  kamaelia_dirac_result badArgument(const char* text) {
    return say(&error, KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT, 0, "%s", text);
  }

  kamaelia_dirac_result next(const kamaelia_dirac_frame** frame);
  std::optional<kamaelia_dirac_result> takeEvents(const kamaelia_dirac_frame** frame);
  kamaelia_dirac_result streamError(const Status& status);
  void configure(const Event& event);

  const kamaelia_dirac_options options;
  StreamDecoder engine;
  std::shared_ptr<FrameMemory> memory;
  HeldCount held = std::make_shared<std::atomic<uint32_t>>(0);
  Event event;           // the one at hand
  bool waiting = false;  // the event is a picture that the caller has no room for
  bool newFormat = false;
  bool finished = false;  // by the caller
  bool ended = false;
  bool broken = false;
  bool askedForInput = false;                         // and none came since
  kamaelia_dirac_result failure = KAMAELIA_DIRAC_OK;  // of the stream, until a reset
  size_t room = kQueueBytes;
  kamaelia_dirac_error error{};
};

void kamaelia_dirac_decoder::configure(const Event& format) {
  // One of the engine's least number is with the caller.
  const size_t most = format.layout.minimumSlots - 1 + options.max_held_frames;
  memory = std::make_shared<FrameMemory>(format.format, format.layout, most, held);
  // Pictures begin ahead only where there are slots; more come when nothing goes on without.
  for (size_t i = 0; i < std::min(most, engine.mostPicturesAtWork()); ++i) {
    if (memory->grow() != FrameMemory::Growth::kGrown) break;
  }
  engine.provideSlots(format.generation, {memory, &memory->slots()});
  newFormat = true;
}

kamaelia_dirac_result kamaelia_dirac_decoder::streamError(const Status& status) {
  switch (status.code) {
    case Code::kNoSequenceHeader:
      return say(&error, KAMAELIA_DIRAC_ERROR_NO_SEQUENCE_HEADER, status.position,
                 "kamaelia_dirac_next: Expected a Dirac stream but received %s", status.detail);
    case Code::kLimit:
      return say(&error, KAMAELIA_DIRAC_ERROR_LIMIT, status.position,
                 "kamaelia_dirac_next: Expected pictures of at most %" PRIu64
                 " luma samples (option max_pixels) but received larger ones",
                 options.max_pixels);
    default:
      return say(&error, KAMAELIA_DIRAC_ERROR_UNSUPPORTED, status.position,
                 "kamaelia_dirac_next: Expected samples of 8 to 16 bits and a known quantisation "
                 "matrix but received %s",
                 status.detail);
  }
}

// What the events that wait are for the caller, if anything.
std::optional<kamaelia_dirac_result> kamaelia_dirac_decoder::takeEvents(
    const kamaelia_dirac_frame** frame) {
  while (waiting || engine.nextEvent(&event)) {
    switch (event.kind) {
      case Event::Kind::kFormat:
        configure(event);
        break;
      case Event::Kind::kPicture: {
        waiting = held->load(std::memory_order_acquire) >= options.max_held_frames;
        if (waiting) return KAMAELIA_DIRAC_NEED_RELEASE;
        const uint32_t flags = event.flags | (newFormat ? KAMAELIA_DIRAC_NEW_FORMAT : 0u);
        *frame = FrameMemory::handOut(memory, event, flags);
        newFormat = false;
        return KAMAELIA_DIRAC_FRAME;
      }
      case Event::Kind::kError:
        failure = streamError(event.status);
        return failure;
      case Event::Kind::kEnd:
        ended = true;
        return KAMAELIA_DIRAC_END;
    }
  }
  if (ended) return KAMAELIA_DIRAC_END;
  if (failure != KAMAELIA_DIRAC_OK) return failure;
  return std::nullopt;
}

kamaelia_dirac_result kamaelia_dirac_decoder::next(const kamaelia_dirac_frame** frame) {
  for (;;) {
    if (const auto result = takeEvents(frame)) return *result;
    const Step step = engine.step();
    if (step == Step::kNeedInput) {
      room = kQueueBytes;
      if (finished) {
        engine.finish();
      } else if (!std::exchange(askedForInput, true) || !engine.work()) {
        return KAMAELIA_DIRAC_NEED_INPUT;
      }
    } else if (step == Step::kNeedSlot) {
      const FrameMemory::Growth growth = memory->grow();
      if (growth == FrameMemory::Growth::kOutOfMemory) return outOfMemory("kamaelia_dirac_next");
      if (growth == FrameMemory::Growth::kAtLimit) return KAMAELIA_DIRAC_NEED_RELEASE;
    }
  }
}

uint32_t kamaelia_dirac_abi_version(void) { return KAMAELIA_DIRAC_ABI_VERSION; }

const char* kamaelia_dirac_version(void) { return KAMAELIA_DIRAC_VERSION; }

const char* kamaelia_dirac_result_name(kamaelia_dirac_result result) {
  switch (result) {
    case KAMAELIA_DIRAC_OK:
      return "ok";
    case KAMAELIA_DIRAC_END:
      return "end";
    case KAMAELIA_DIRAC_FRAME:
      return "frame";
    case KAMAELIA_DIRAC_NEED_INPUT:
      return "need input";
    case KAMAELIA_DIRAC_NEED_RELEASE:
      return "need release";
    case KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT:
      return "bad argument";
    case KAMAELIA_DIRAC_ERROR_NO_SEQUENCE_HEADER:
      return "no sequence header";
    case KAMAELIA_DIRAC_ERROR_UNSUPPORTED:
      return "unsupported";
    case KAMAELIA_DIRAC_ERROR_LIMIT:
      return "limit";
    case KAMAELIA_DIRAC_ERROR_OUT_OF_MEMORY:
      return "out of memory";
    default:
      return "unknown result";
  }
}

kamaelia_dirac_result kamaelia_dirac_options_init(kamaelia_dirac_options* options,
                                                  size_t struct_size) {
  if (options == nullptr) return KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT;
  if (struct_size < sizeof *options || struct_size > kMostStructBytes) {
    return KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT;
  }
  std::memset(options, 0, struct_size);
  *options = defaults();
  options->struct_size = struct_size;
  return KAMAELIA_DIRAC_OK;
}

kamaelia_dirac_result kamaelia_dirac_open(const kamaelia_dirac_options* options,
                                          kamaelia_dirac_decoder** decoder,
                                          kamaelia_dirac_error* error) {
  kamaelia_dirac_error said{};
  kamaelia_dirac_result result = KAMAELIA_DIRAC_OK;
  if (decoder != nullptr) *decoder = nullptr;
  if (error != nullptr && !saneSize(*error)) return KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT;
  if (decoder == nullptr) {
    result = say(&said, KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT, 0,
                 "kamaelia_dirac_open: Expected a pointer for decoder but received NULL");
  } else {
    kamaelia_dirac_options wanted;
    result = readOptions(options, &wanted, &said);
    if (result == KAMAELIA_DIRAC_OK) {
      try {
        *decoder = new kamaelia_dirac_decoder(wanted);
      } catch (...) {
        result = say(&said, KAMAELIA_DIRAC_ERROR_OUT_OF_MEMORY, 0,
                     "kamaelia_dirac_open: Expected memory and threads but the system has no more");
      }
    }
  }
  if (error != nullptr) static_cast<void>(copyOut(said, error));
  return result;
}

kamaelia_dirac_result kamaelia_dirac_push(kamaelia_dirac_decoder* decoder, const void* data,
                                          size_t size, size_t* taken) {
  if (taken != nullptr) *taken = 0;
  if (decoder == nullptr) return KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT;
  return decoder->guarded("kamaelia_dirac_push", [&]() -> kamaelia_dirac_result {
    if (taken == nullptr) {
      return decoder->badArgument(
          "kamaelia_dirac_push: Expected a pointer for taken but received NULL");
    }
    if (data == nullptr && size > 0) {
      return decoder->badArgument(
          "kamaelia_dirac_push: Expected a pointer for data but received NULL");
    }
    if (decoder->failure != KAMAELIA_DIRAC_OK) return decoder->failure;
    if (decoder->finished) {
      return decoder->badArgument(
          "kamaelia_dirac_push: Expected no more bytes after kamaelia_dirac_finish but received "
          "some; kamaelia_dirac_reset begins anew");
    }
    *taken = decoder->engine.push(static_cast<const uint8_t*>(data), std::min(size, decoder->room));
    decoder->room -= *taken;
    if (*taken > 0) decoder->askedForInput = false;
    return KAMAELIA_DIRAC_OK;
  });
}

kamaelia_dirac_result kamaelia_dirac_finish(kamaelia_dirac_decoder* decoder) {
  if (decoder == nullptr) return KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT;
  return decoder->guarded("kamaelia_dirac_finish", [&]() -> kamaelia_dirac_result {
    decoder->finished = true;
    return KAMAELIA_DIRAC_OK;
  });
}

kamaelia_dirac_result kamaelia_dirac_next(kamaelia_dirac_decoder* decoder,
                                          const kamaelia_dirac_frame** frame) {
  if (frame != nullptr) *frame = nullptr;
  if (decoder == nullptr) return KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT;
  return decoder->guarded("kamaelia_dirac_next", [&] {
    return frame == nullptr ? decoder->badArgument(
                                  "kamaelia_dirac_next: Expected a pointer for "
                                  "frame but received NULL")
                            : decoder->next(frame);
  });
}

void kamaelia_dirac_release(const kamaelia_dirac_frame** frame) {
  if (frame == nullptr || *frame == nullptr) return;
  // The library made it, and not constant.
  auto* owned = const_cast<OwnedFrame*>(static_cast<const OwnedFrame*>(*frame));
  *frame = nullptr;
  FrameMemory::takeBack(owned);
}

kamaelia_dirac_result kamaelia_dirac_reset(kamaelia_dirac_decoder* decoder) {
  if (decoder == nullptr) return KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT;
  return decoder->guarded("kamaelia_dirac_reset", [&]() -> kamaelia_dirac_result {
    if (decoder->waiting) decoder->memory->slots().release(decoder->event.slot);
    decoder->waiting = false;
    decoder->engine.reset();
    decoder->finished = decoder->ended = false;
    decoder->failure = KAMAELIA_DIRAC_OK;
    decoder->room = kQueueBytes;
    return KAMAELIA_DIRAC_OK;
  });
}

kamaelia_dirac_result kamaelia_dirac_get_format(const kamaelia_dirac_decoder* decoder,
                                                kamaelia_dirac_format* format) {
  if (decoder == nullptr || format == nullptr) return KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT;
  if (!decoder->memory) return KAMAELIA_DIRAC_NEED_INPUT;
  return copyOut(decoder->memory->format(), format);
}

kamaelia_dirac_result kamaelia_dirac_get_stats(const kamaelia_dirac_decoder* decoder,
                                               kamaelia_dirac_stats* stats) {
  if (decoder == nullptr) return KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT;
  const Stats& counted = decoder->engine.stats();
  kamaelia_dirac_stats out{};
  out.bytes = counted.bytes;
  out.bytes_skipped = counted.bytesSkipped;
  out.units = counted.units;
  out.sequences = counted.sequences;
  out.pictures = counted.pictures;
  out.delivered = counted.delivered;
  out.damaged = counted.damaged;
  out.skipped_pictures = counted.skippedPictures;
  out.lost_sync = counted.lostSync;
  out.checksums_right = counted.checksumsRight;
  out.checksums_wrong = counted.checksumsWrong;
  out.auxiliary = counted.auxiliary;
  out.padding = counted.padding;
  return copyOut(out, stats);
}

kamaelia_dirac_result kamaelia_dirac_get_error(const kamaelia_dirac_decoder* decoder,
                                               kamaelia_dirac_error* error) {
  return decoder == nullptr ? KAMAELIA_DIRAC_ERROR_BAD_ARGUMENT : copyOut(decoder->error, error);
}

void kamaelia_dirac_close(kamaelia_dirac_decoder** decoder) {
  if (decoder == nullptr) return;
  delete std::exchange(*decoder, nullptr);
}
