// SPDX-License-Identifier: Apache-2.0
#include "wavelet.h"

#include <algorithm>
#include <cstring>

namespace kamaelia::dirac {
namespace {

// A lifting step adds to (or takes from) each sample of one parity a weighted sum of `kTaps`
// neighbours of the other parity, rounded by 2^(kShift-1) and shifted. Neighbour i of sample n has
// index n + kFirst + i there, clamped.
template <bool kOdd, int kSign, int kShift, int kFirst, int... kWeights>
struct Lift {
  static constexpr bool odd = kOdd;
  static constexpr int taps = sizeof...(kWeights);
  static constexpr int first = kFirst;
  static constexpr int weights[taps] = {kWeights...};

  static int32_t apply(int32_t sample, int32_t sum) {
    constexpr int32_t round = kShift > 0 ? 1 << (kShift > 0 ? kShift - 1 : 0) : 0;
    const int32_t change = (sum + round) >> kShift;
    return kSign > 0 ? sample + change : sample - change;
  }
};

// An even sample n lies between the odd samples n - 1 and n; an odd one between the even samples n
// and n + 1.
template <int kShift, typename... Steps>
struct Filter {
  template <typename Step>
  static void verticalStep(int32_t* image, ptrdiff_t stride, int width, int height) {
    const int half = height / 2;
    for (int n = 0; n < half; ++n) {
      int32_t* target = image + (2 * n + (Step::odd ? 1 : 0)) * stride;
      const int32_t* source[Step::taps];
      for (int i = 0; i < Step::taps; ++i) {
        const int at = std::clamp(n + Step::first + i, 0, half - 1);
        source[i] = image + (2 * at + (Step::odd ? 0 : 1)) * stride;
      }
      for (int x = 0; x < width; ++x) {
        int32_t sum = 0;
        for (int i = 0; i < Step::taps; ++i) sum += Step::weights[i] * source[i][x];
        target[x] = Step::apply(target[x], sum);
      }
    }
  }

  template <typename Step>
  static void horizontalStep(int32_t* row, int half) {
    int32_t* target = row + (Step::odd ? half : 0);
    const int32_t* source = row + (Step::odd ? 0 : half);
    const auto clamped = [&](int n) {
      int32_t sum = 0;
      for (int i = 0; i < Step::taps; ++i) {
        sum += Step::weights[i] * source[std::clamp(n + Step::first + i, 0, half - 1)];
      }
      target[n] = Step::apply(target[n], sum);
    };
    const int begin = std::min(half, std::max(0, -Step::first));
    const int end = std::max(begin, half - std::max(0, Step::first + Step::taps - 1));
    for (int n = 0; n < begin; ++n) clamped(n);
    for (int n = begin; n < end; ++n) {
      int32_t sum = 0;
      for (int i = 0; i < Step::taps; ++i) sum += Step::weights[i] * source[n + Step::first + i];
      target[n] = Step::apply(target[n], sum);
    }
    for (int n = end; n < half; ++n) clamped(n);
  }

  static void vertical(int32_t* image, ptrdiff_t stride, int width, int height) {
    (verticalStep<Steps>(image, stride, width, height), ...);
  }

  static void horizontal(int32_t* row, int width, int32_t* scratch) {
    const int half = width / 2;
    std::memcpy(scratch, row, static_cast<size_t>(width) * sizeof(int32_t));
    (horizontalStep<Steps>(scratch, half), ...);
    constexpr int32_t round = kShift > 0 ? 1 << (kShift > 0 ? kShift - 1 : 0) : 0;
    for (int n = 0; n < half; ++n) {
      row[2 * n] = (scratch[n] + round) >> kShift;
      row[2 * n + 1] = (scratch[half + n] + round) >> kShift;
    }
  }

  static constexpr WaveletFilter table = {vertical, horizontal};
};

template <int kSign, int kShift, int kFirst, int... kWeights>
using Even = Lift<false, kSign, kShift, kFirst, kWeights...>;
template <int kSign, int kShift, int kFirst, int... kWeights>
using Odd = Lift<true, kSign, kShift, kFirst, kWeights...>;

using DeslauriersDubuc97 = Filter<1, Even<-1, 2, -1, 1, 1>, Odd<1, 4, -1, -1, 9, 9, -1>>;
using LeGall53 = Filter<1, Even<-1, 2, -1, 1, 1>, Odd<1, 1, 0, 1, 1>>;
using DeslauriersDubuc137 = Filter<1, Even<-1, 5, -2, -1, 9, 9, -1>, Odd<1, 4, -1, -1, 9, 9, -1>>;
using HaarNoShift = Filter<0, Even<-1, 1, 0, 1>, Odd<1, 0, 0, 1>>;
using HaarSingleShift = Filter<1, Even<-1, 1, 0, 1>, Odd<1, 0, 0, 1>>;
using Fidelity = Filter<0, Odd<1, 8, -3, -2, 10, -25, 81, 81, -25, 10, -2>,
                        Even<-1, 8, -4, -8, 21, -46, 161, 161, -46, 21, -8>>;
using Daubechies97 = Filter<1, Even<-1, 12, -1, 1817, 1817>, Odd<-1, 12, 0, 3616, 3616>,
                            Even<1, 12, -1, 217, 217>, Odd<1, 12, 0, 6497, 6497>>;

}  // namespace

void initWavelet(WaveletDsp* dsp, uint32_t cpuFlags) {
  static_cast<void>(cpuFlags);  // scalar is all there is yet
  dsp->filter[0] = DeslauriersDubuc97::table;
  dsp->filter[1] = LeGall53::table;
  dsp->filter[2] = DeslauriersDubuc137::table;
  dsp->filter[3] = HaarNoShift::table;
  dsp->filter[4] = HaarSingleShift::table;
  dsp->filter[5] = Fidelity::table;
  dsp->filter[6] = Daubechies97::table;
}

void inverseWavelet(const WaveletDsp& dsp, uint32_t wavelet, CoefficientPlane* plane,
                    int32_t* scratch) {
  const WaveletFilter& filter = dsp.filter[wavelet];
  for (int level = 1; level <= plane->depth; ++level) {
    const int shift = plane->depth - level;
    const int width = plane->width >> shift;
    const int height = plane->height >> shift;
    const ptrdiff_t stride = static_cast<ptrdiff_t>(plane->width) << shift;
    filter.vertical(plane->data.data(), stride, width, height);
    for (int y = 0; y < height; ++y) {
      filter.horizontal(plane->data.data() + y * stride, width, scratch);
    }
  }
}

}  // namespace kamaelia::dirac
