// SPDX-License-Identifier: Apache-2.0
#include "auxiliary.h"

#include <algorithm>
#include <utility>

#include "common/md5.h"

namespace kamaelia::dirac {
namespace {

constexpr uint8_t kChecksumKind = 3;
constexpr size_t kBlock = 64;

}  // namespace

Checksum checksumOf(const uint8_t* base, const FrameLayout& layout) {
  static constexpr uint8_t kZeros[kBlock] = {};
  Md5 md5;
  for (const FrameLayout::Plane& plane : layout.plane) {
    const size_t size = size_t{plane.width} * layout.bytesPerSample;
    for (uint32_t y = 0; y < plane.height; ++y) {
      md5.add(base + plane.offset + size_t{y} * plane.stride, size);
      md5.add(kZeros, (kBlock - size % kBlock) % kBlock);
    }
  }
  return md5.state();
}

void AuxiliaryUnits::add(const Unit& unit) {
  if (units_ != nullptr && units_->size() >= kMostUnits) return;
  if (unit.size > kMostBytes - bytes_) return;
  if (units_ == nullptr) units_ = std::make_shared<SideData>();
  units_->emplace_back(unit.payload, unit.payload + unit.size);
  bytes_ += unit.size;
  if (unit.size == 1 + sizeof(Checksum) && unit.payload[0] == kChecksumKind) {
    checksum_.emplace();
    std::copy_n(unit.payload + 1, sizeof(Checksum), checksum_->begin());
  }
}

std::shared_ptr<const SideData> AuxiliaryUnits::take(std::optional<Checksum>* checksum) {
  *checksum = std::exchange(checksum_, std::nullopt);
  bytes_ = 0;
  return std::exchange(units_, nullptr);
}

void AuxiliaryUnits::clear() {
  units_ = nullptr;
  checksum_.reset();
  bytes_ = 0;
}

}  // namespace kamaelia::dirac
