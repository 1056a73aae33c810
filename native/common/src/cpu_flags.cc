// SPDX-License-Identifier: Apache-2.0
#include "common/cpu_flags.h"

#include <cstdlib>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace kamaelia {
namespace {

#if defined(__x86_64__)
// Not every compiler's __builtin_cpu_supports() knows it.
bool hasLzcnt() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid(0x80000001, &a, &b, &c, &d) != 0 && (c & 1u << 5) != 0;
}
#endif

uint32_t detected() {
#if defined(__x86_64__)
  uint32_t flags = 0;
  if (__builtin_cpu_supports("sse4.1")) flags |= kCpuSse41;
  // Kernels of this set use the bit manipulation of the processors that brought it.
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
      __builtin_cpu_supports("bmi2") && hasLzcnt()) {
    flags |= kCpuAvx2;
  }
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl")) {
    flags |= kCpuAvx512;
  }
  return flags;
#elif defined(__aarch64__)
  return kCpuNeon;
#else
  return kCpuScalar;
#endif
}

}  // namespace

uint32_t cpuFlags() {
  const uint32_t flags = detected();
  const char* wanted = std::getenv("KAMAELIA_CPU");
  if (wanted == nullptr || *wanted == 0) return flags;
  if (std::strcmp(wanted, "scalar") == 0) return kCpuScalar;
  if (std::strcmp(wanted, "sse41") == 0) return flags & kCpuSse41;
  if (std::strcmp(wanted, "avx2") == 0) return flags & (kCpuSse41 | kCpuAvx2);
  if (std::strcmp(wanted, "avx512") == 0) return flags & (kCpuSse41 | kCpuAvx2 | kCpuAvx512);
  if (std::strcmp(wanted, "neon") == 0) return flags & kCpuNeon;
  return flags;
}

}  // namespace kamaelia
