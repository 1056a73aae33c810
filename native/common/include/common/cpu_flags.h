// SPDX-License-Identifier: Apache-2.0
// Which instruction sets a decoder may use.
#pragma once

#include <cstdint>

namespace kamaelia {

enum CpuFlag : uint32_t {
  kCpuScalar = 0,
  kCpuSse41 = 1u << 0,
  kCpuAvx2 = 1u << 1,  // with BMI1, BMI2 and LZCNT, which all CPUs with AVX2 have
  kCpuAvx512 = 1u << 2,
  kCpuNeon = 1u << 3,  // part of every AArch64 processor
};

// The flags of this machine, cut down by KAMAELIA_CPU (scalar, sse41, avx2, avx512, neon; empty or
// unset = automatic).
uint32_t cpuFlags();

}  // namespace kamaelia
