// SPDX-License-Identifier: Apache-2.0
#include "common/md5.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace kamaelia {
namespace {

std::string digest(const std::string& text) {
  Md5 md5;
  md5.add(text.data(), text.size());
  return md5.hex();
}

TEST_SUITE("MD5") {
  TEST_CASE("the test suite of RFC 1321") {
    CHECK(digest("") == "d41d8cd98f00b204e9800998ecf8427e");
    CHECK(digest("a") == "0cc175b9c0f1b6a831c399e269772661");
    CHECK(digest("abc") == "900150983cd24fb0d6963f7d28e17f72");
    CHECK(digest("message digest") == "f96b697d7cb7938d525a2f31aaf161d0");
    CHECK(digest("abcdefghijklmnopqrstuvwxyz") == "c3fcd3d76192e4007dfb496cca67e13b");
    CHECK(digest("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789") ==
          "d174ab98d277d9f5a5611c2c9f419d9f");
    CHECK(digest("1234567890123456789012345678901234567890123456789012345678901234567890123456789"
                 "0") == "57edf4a22be3c955ac49da2e2107b67a");
  }

  TEST_CASE("the digest does not depend on the pieces") {
    const std::string text(1000, 'x');
    const std::string whole = digest(text);
    for (const size_t piece : {1, 55, 56, 63, 64, 65, 999}) {
      CAPTURE(piece);
      Md5 md5;
      for (size_t at = 0; at < text.size(); at += piece) {
        md5.add(text.data() + at, std::min(piece, text.size() - at));
      }
      CHECK(md5.hex() == whole);
    }
  }
}

}  // namespace
}  // namespace kamaelia
