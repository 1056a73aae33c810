// SPDX-License-Identifier: Apache-2.0
// Default quantisation matrices of low delay and high quality pictures (ST 2042-1, annex D).
#pragma once

#include <cstdint>

namespace kamaelia::dirac {

// Deepest transform that has a default matrix.
constexpr int kDefaultMatrixDepth = 4;

// LL, then for each level from the coarsest what HL and LH share, and HH.
struct DefaultMatrix {
  uint8_t low;
  uint8_t high[kDefaultMatrixDepth][2];
};

// By wavelet index and depth (0 to 4).
constexpr DefaultMatrix kDefaultMatrices[7][kDefaultMatrixDepth + 1] = {
    {{0, {}},
     {5, {{3, 0}}},
     {5, {{3, 0}, {4, 1}}},
     {5, {{3, 0}, {4, 1}, {5, 2}}},
     {5, {{3, 0}, {4, 1}, {5, 2}, {6, 3}}}},
    {{0, {}},
     {4, {{2, 0}}},
     {4, {{2, 0}, {4, 2}}},
     {4, {{2, 0}, {4, 2}, {5, 3}}},
     {4, {{2, 0}, {4, 2}, {5, 3}, {7, 5}}}},
    {{0, {}},
     {5, {{3, 0}}},
     {5, {{3, 0}, {4, 1}}},
     {5, {{3, 0}, {4, 1}, {5, 2}}},
     {5, {{3, 0}, {4, 1}, {5, 2}, {6, 3}}}},
    {{0, {}},
     {8, {{4, 0}}},
     {12, {{8, 4}, {4, 0}}},
     {16, {{12, 8}, {8, 4}, {4, 0}}},
     {20, {{16, 12}, {12, 8}, {8, 4}, {4, 0}}}},
    {{0, {}},
     {8, {{4, 0}}},
     {8, {{4, 0}, {4, 0}}},
     {8, {{4, 0}, {4, 0}, {4, 0}}},
     {8, {{4, 0}, {4, 0}, {4, 0}, {4, 0}}}},
    {{0, {}},
     {0, {{4, 8}}},
     {0, {{4, 8}, {8, 12}}},
     {0, {{4, 8}, {8, 12}, {13, 17}}},
     {0, {{4, 8}, {8, 12}, {13, 17}, {17, 21}}}},
    {{0, {}},
     {3, {{1, 0}}},
     {3, {{1, 0}, {4, 2}}},
     {3, {{1, 0}, {4, 2}, {6, 5}}},
     {3, {{1, 0}, {4, 2}, {6, 5}, {9, 7}}}},
};

}  // namespace kamaelia::dirac
