// SPDX-License-Identifier: Apache-2.0
// Slots for tests, and whole streams through a StreamDecoder.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <doctest/doctest.h>

#include "common/slot_table.h"
#include "dirac/stream_decoder.h"
#include "stream_builder.h"

namespace doctest {

template <typename T>
struct StringMaker<std::vector<T>> {
  static String convert(const std::vector<T>& values) {
    String text = "{";
    for (const T& value : values) text += (text.size() > 1 ? ", " : "") + toString(value);
    return text + "}";
  }
};

}  // namespace doctest

namespace kamaelia::dirac::test {

// Slots of exactly the layout's size, and their counts.
class Slots {
 public:
  Slots() = default;
  Slots(const FrameLayout& layout, size_t count);

  const std::shared_ptr<SlotTable>& table() const { return table_; }
  // How many are taken.
  size_t taken() const;
  // One more slot; `count` of the constructor leaves room for 64.
  void grow();

 private:
  FrameLayout layout_;
  std::vector<std::unique_ptr<uint8_t[]>> memory_;
  std::shared_ptr<std::vector<int32_t>> counts_;
  std::shared_ptr<SlotTable> table_;
};

Picture pictureIn(const uint8_t* slot, const FrameLayout& layout);

struct Shown {
  uint32_t number = 0;
  int64_t pts = 0;
  uint32_t flags = 0;
  uint32_t generation = 0;
  Picture picture;
  std::shared_ptr<const LowBand> lowBand = nullptr;
  std::shared_ptr<const SideData> sideData = nullptr;
};

// Everything that came out of a stream.
struct Played {
  std::vector<Event> formats;
  std::vector<Shown> pictures;
  std::vector<Status> errors;
  bool ended = false;
  Stats stats;
  size_t slotsLeft = 0;  // still taken when the decoder was gone

  std::vector<uint32_t> numbers() const;
};

// Decodes, releasing each picture at once; its slot is then overwritten, so that nothing can be
// shown twice.
Played play(const Bytes& bytes, const DecoderOptions& options = {}, size_t chunk = 100000);

}  // namespace kamaelia::dirac::test
