// SPDX-License-Identifier: Apache-2.0
// The input of the tools.
#pragma once

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

// A file or a pipe in large pieces, so that what the tools measure is their own work. Nothing if it
// cannot be read.
inline std::optional<std::vector<uint8_t>> contentsOf(const std::string& path) {
  constexpr size_t kPiece = size_t{4} << 20;
  std::ifstream in(path, std::ios::binary);
  std::vector<uint8_t> bytes;
  size_t size = 0;
  while (in) {
    bytes.resize(size + kPiece);
    in.read(reinterpret_cast<char*>(bytes.data() + size), kPiece);
    size += static_cast<size_t>(in.gcount());
  }
  if (!in.eof()) return std::nullopt;
  bytes.resize(size);
  return bytes;
}
