// SPDX-License-Identifier: Apache-2.0
#include "output_order.h"

#include <doctest/doctest.h>

#include <vector>

namespace kamaelia::dirac::test {
namespace {

using Numbers = std::vector<uint32_t>;

Numbers drain(OutputOrder& order, bool flush = false) {
  Numbers numbers;
  WaitingPicture picture;
  while (order.next(flush, &picture)) numbers.push_back(picture.number);
  return numbers;
}

Numbers added(OutputOrder& order, const Numbers& numbers) {
  Numbers out;
  for (const uint32_t number : numbers) {
    order.add({.number = number, .slot = 0});
    for (const uint32_t due : drain(order)) out.push_back(due);
  }
  return out;
}

TEST_SUITE("output order") {
  TEST_CASE("pictures in order are due at once") {
    OutputOrder order;
    CHECK(added(order, {5}) == Numbers{5});
    CHECK(added(order, {6}) == Numbers{6});
  }

  TEST_CASE("a picture waits for those in front of it") {
    OutputOrder order;
    CHECK(added(order, {0, 3}) == Numbers{0});
    CHECK(added(order, {1}) == Numbers{1});
    CHECK(added(order, {2}) == Numbers{2, 3});
  }

  TEST_CASE("numbers wrap around 2^32") {
    OutputOrder order;
    CHECK(added(order, {0xFFFFFFFE, 0, 0xFFFFFFFF}) == Numbers{0xFFFFFFFE, 0xFFFFFFFF, 0});
  }

  TEST_CASE("pictures behind a skipped one need not wait for it") {
    OutputOrder order;
    CHECK(added(order, {0, 3, 2}) == Numbers{0});
    order.skip(1);
    CHECK(drain(order) == Numbers{2, 3});
    order.skip(5);
    CHECK(added(order, {6}) == Numbers{});
    CHECK(added(order, {4}) == Numbers{4, 6});
  }

  TEST_CASE("a number that never comes holds back the others only to the depth of the buffer") {
    OutputOrder order;
    CHECK(added(order, {0, 2, 3, 4, 5, 6}) == Numbers{0});
    CHECK(added(order, {7}) == Numbers{2, 3, 4, 5, 6, 7});
  }

  TEST_CASE("a picture behind one already shown comes at once and does not turn the clock back") {
    OutputOrder order;
    CHECK(added(order, {10, 11}) == Numbers{10, 11});
    CHECK(added(order, {9}) == Numbers{9});
    CHECK(added(order, {12}) == Numbers{12});
  }

  TEST_CASE("flushing gives what waits, lowest number first") {
    OutputOrder order;
    CHECK(added(order, {0, 5, 3, 8}) == Numbers{0});
    CHECK(drain(order, true) == Numbers{3, 5, 8});
  }

  TEST_CASE("after a restart the next picture is the first") {
    OutputOrder order;
    CHECK(added(order, {100}) == Numbers{100});
    order.skip(101);
    order.restart();
    CHECK(added(order, {0, 1}) == Numbers{0, 1});
  }

  TEST_CASE("skips in front of the first picture and long past are nothing") {
    OutputOrder order;
    order.skip(3);
    CHECK(added(order, {3}) == Numbers{3});
    order.skip(1);
    for (uint32_t number = 1000; number < 5000; ++number) order.skip(number);
    CHECK(added(order, {4, 5}) == Numbers{4, 5});
  }
}

}  // namespace
}  // namespace kamaelia::dirac::test
