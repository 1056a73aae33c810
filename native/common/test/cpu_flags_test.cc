// SPDX-License-Identifier: Apache-2.0
#include "common/cpu_flags.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <optional>
#include <string>

namespace kamaelia {
namespace {

// KAMAELIA_CPU for one test.
class Wanted {
 public:
  Wanted() {
    if (const char* value = std::getenv("KAMAELIA_CPU")) before_ = value;
  }
  ~Wanted() { set(before_ ? before_->c_str() : nullptr); }

  static void set(const char* value) {
    if (value == nullptr) {
      ::unsetenv("KAMAELIA_CPU");
    } else {
      ::setenv("KAMAELIA_CPU", value, 1);
    }
  }

 private:
  std::optional<std::string> before_;
};

TEST_SUITE("CPU flags") {
  TEST_CASE("KAMAELIA_CPU takes instruction sets away, and never adds any") {
    const Wanted restore;
    Wanted::set(nullptr);
    const uint32_t all = cpuFlags();
    Wanted::set("");
    CHECK(cpuFlags() == all);
    Wanted::set("scalar");
    CHECK(cpuFlags() == kCpuScalar);
    Wanted::set("sse41");
    CHECK(cpuFlags() == (all & kCpuSse41));
    Wanted::set("avx2");
    CHECK(cpuFlags() == (all & (kCpuSse41 | kCpuAvx2)));
    Wanted::set("avx512");
    CHECK(cpuFlags() == (all & (kCpuSse41 | kCpuAvx2 | kCpuAvx512)));
    Wanted::set("neon");
    CHECK(cpuFlags() == (all & kCpuNeon));
  }

  TEST_CASE("NEON is there on AArch64 and nowhere else") {
    const Wanted restore;
    Wanted::set(nullptr);
#if defined(__aarch64__)
    CHECK(cpuFlags() == kCpuNeon);
#else
    CHECK((cpuFlags() & kCpuNeon) == 0);
#endif
  }
}

}  // namespace
}  // namespace kamaelia
