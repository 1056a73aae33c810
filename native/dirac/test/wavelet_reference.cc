// SPDX-License-Identifier: Apache-2.0
#include "wavelet_reference.h"

#include <algorithm>

namespace kamaelia::dirac::test {
namespace {

using Signal = std::vector<int32_t>;

// Even and odd samples by their own index; outside, the nearest of the same parity.
struct Parts {
  Signal& signal;
  int half() const { return static_cast<int>(signal.size()) / 2; }
  int32_t& even(int n) { return signal[static_cast<size_t>(2 * std::clamp(n, 0, half() - 1))]; }
  int32_t& odd(int n) { return signal[static_cast<size_t>(2 * std::clamp(n, 0, half() - 1) + 1)]; }
};

template <typename Function>
void forEach(Parts& p, Function&& function) {
  for (int n = 0; n < p.half(); ++n) function(n);
}

void predict4(Parts& p) {  // Deslauriers-Dubuc, four taps
  forEach(p, [&](int n) {
    p.odd(n) -= (-p.even(n - 1) + 9 * p.even(n) + 9 * p.even(n + 1) - p.even(n + 2) + 8) >> 4;
  });
}

void update2(Parts& p) {
  forEach(p, [&](int n) { p.even(n) += (p.odd(n - 1) + p.odd(n) + 2) >> 2; });
}

void haar(Parts& p) {
  forEach(p, [&](int n) { p.odd(n) -= p.even(n); });
  forEach(p, [&](int n) { p.even(n) += (p.odd(n) + 1) >> 1; });
}

void fidelity(Parts& p) {
  forEach(p, [&](int n) {
    p.even(n) += (-8 * (p.odd(n - 4) + p.odd(n + 3)) + 21 * (p.odd(n - 3) + p.odd(n + 2)) -
                  46 * (p.odd(n - 2) + p.odd(n + 1)) + 161 * (p.odd(n - 1) + p.odd(n)) + 128) >>
                 8;
  });
  forEach(p, [&](int n) {
    p.odd(n) -= (-2 * (p.even(n - 3) + p.even(n + 4)) + 10 * (p.even(n - 2) + p.even(n + 3)) -
                 25 * (p.even(n - 1) + p.even(n + 2)) + 81 * (p.even(n) + p.even(n + 1)) + 128) >>
                8;
  });
}

void daubechies97(Parts& p) {
  forEach(p, [&](int n) {
    p.odd(n) -= static_cast<int32_t>((int64_t{6497} * (p.even(n) + p.even(n + 1)) + 2048) >> 12);
  });
  forEach(p, [&](int n) {
    p.even(n) -= static_cast<int32_t>((int64_t{217} * (p.odd(n - 1) + p.odd(n)) + 2048) >> 12);
  });
  forEach(p, [&](int n) {
    p.odd(n) += static_cast<int32_t>((int64_t{3616} * (p.even(n) + p.even(n + 1)) + 2048) >> 12);
  });
  forEach(p, [&](int n) {
    p.even(n) += static_cast<int32_t>((int64_t{1817} * (p.odd(n - 1) + p.odd(n)) + 2048) >> 12);
  });
}

bool shifts(uint32_t wavelet) { return wavelet != 3 && wavelet != 5; }

}  // namespace

void analyse(uint32_t wavelet, std::vector<int32_t>* signal) {
  Parts p{*signal};
  switch (wavelet) {
    case 0:
      predict4(p);
      update2(p);
      break;
    case 1:
      forEach(p, [&](int n) { p.odd(n) -= (p.even(n) + p.even(n + 1) + 1) >> 1; });
      update2(p);
      break;
    case 2:
      predict4(p);
      forEach(p, [&](int n) {
        p.even(n) += (-p.odd(n - 2) + 9 * p.odd(n - 1) + 9 * p.odd(n) - p.odd(n + 1) + 16) >> 5;
      });
      break;
    case 3:
    case 4:
      haar(p);
      break;
    case 5:
      fidelity(p);
      break;
    default:
      daubechies97(p);
  }
}

Grid padded(const Grid& picture, int depth) {
  const int unit = 1 << depth;
  Grid out((picture.width + unit - 1) / unit * unit, (picture.height + unit - 1) / unit * unit);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) {
      out.at(x, y) = picture.at(std::min(x, picture.width - 1), std::min(y, picture.height - 1));
    }
  }
  return out;
}

std::vector<Grid> forwardTransform(uint32_t wavelet, int depth, const Grid& picture) {
  std::vector<Grid> bands;
  Grid low = picture;
  for (int level = depth; level > 0; --level) {
    if (shifts(wavelet)) {
      for (int32_t& sample : low.samples) sample *= 2;
    }
    for (int y = 0; y < low.height; ++y) {
      const auto begin = low.samples.begin() + y * low.width;
      Signal row(begin, begin + low.width);
      analyse(wavelet, &row);
      std::copy(row.begin(), row.end(), begin);
    }
    for (int x = 0; x < low.width; ++x) {
      Signal column;
      for (int y = 0; y < low.height; ++y) column.push_back(low.at(x, y));
      analyse(wavelet, &column);
      for (int y = 0; y < low.height; ++y) low.at(x, y) = column[static_cast<size_t>(y)];
    }
    Grid part[4];
    for (int i = 0; i < 4; ++i) {
      part[i] = Grid(low.width / 2, low.height / 2);
      for (int y = 0; y < part[i].height; ++y) {
        for (int x = 0; x < part[i].width; ++x) {
          part[i].at(x, y) = low.at(2 * x + (i & 1), 2 * y + (i >> 1));
        }
      }
    }
    bands.insert(bands.begin(), {part[1], part[2], part[3]});
    low = part[0];
  }
  bands.insert(bands.begin(), low);
  return bands;
}

}  // namespace kamaelia::dirac::test
