// SPDX-License-Identifier: Apache-2.0
// Auxiliary data units, and the checksums that some of them carry.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "dirac/stream_parser.h"
#include "dirac/types.h"

namespace kamaelia::dirac {

using Checksum = std::array<uint8_t, 16>;

// What schroedinger's encoder says of a picture: the MD5 state of its samples, each row padded with
// zeros to whole blocks of 64 bytes, without the padding that ends an MD5.
Checksum checksumOf(const uint8_t* base, const FrameLayout& layout);

// Auxiliary units that wait for the picture behind them.
class AuxiliaryUnits {
 public:
  // What one picture carries at most; more is dropped.
  static constexpr size_t kMostUnits = 16;
  static constexpr size_t kMostBytes = size_t{1} << 20;

  void add(const Unit& unit);
  // What came since the last picture; the next one begins anew.
  std::shared_ptr<const SideData> take(std::optional<Checksum>* checksum);
  void clear();

 private:
  std::shared_ptr<SideData> units_;
  std::optional<Checksum> checksum_;
  size_t bytes_ = 0;
};

}  // namespace kamaelia::dirac
