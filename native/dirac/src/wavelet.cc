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

  template <typename Coefficient, typename Sum>
  static Coefficient apply(Coefficient sample, Sum sum) {
    constexpr Sum round = kShift > 0 ? 1 << (kShift > 0 ? kShift - 1 : 0) : 0;
    const Sum change = (sum + round) >> kShift;
    return static_cast<Coefficient>(kSign > 0 ? sample + change : sample - change);
  }

  // The largest magnitude of `sample` after this step, from the largest ones before.
  static int64_t reach(int64_t sample, int64_t neighbour, TransformReach* reach) {
    int64_t weight = 0;
    for (const int w : weights) weight += w < 0 ? -w : w;
    const int64_t sum = weight * neighbour + (int64_t{1} << kShift);
    reach->sum = std::max(reach->sum, sum);
    const int64_t after = sample + (sum >> kShift) + 1;
    reach->value = std::max(reach->value, after);
    return after;
  }
};

// An even sample n lies between the odd samples n - 1 and n; an odd one between the even samples n
// and n + 1.
template <int kShift, typename... Steps>
struct Filter {
  // The largest magnitudes of both parities after all steps.
  static int64_t reach(int64_t even, int64_t odd, TransformReach* reach) {
    ((Steps::odd ? odd = Steps::reach(odd, even, reach) : even = Steps::reach(even, odd, reach)),
     ...);
    return std::max(even, odd);
  }

  // And of an image of four bands, after the final shift.
  static int64_t reach2d(int64_t ll, int64_t hl, int64_t lh, int64_t hh, TransformReach* all) {
    const int64_t low = reach(ll, lh, all);
    const int64_t high = reach(hl, hh, all);
    const int64_t image = reach(low, high, all);
    return kShift > 0 ? (image >> kShift) + 1 : image;
  }

  template <typename Coefficient, typename Sum>
  struct Lifting;
};

template <int kShift, typename... Steps>
template <typename Coefficient, typename Sum>
struct Filter<kShift, Steps...>::Lifting {
  template <typename Step>
  static void verticalStep(Coefficient* image, ptrdiff_t stride, int width, int height) {
    const int half = height / 2;
    for (int n = 0; n < half; ++n) {
      Coefficient* target = image + (2 * n + (Step::odd ? 1 : 0)) * stride;
      const Coefficient* source[Step::taps];
      for (int i = 0; i < Step::taps; ++i) {
        const int at = std::clamp(n + Step::first + i, 0, half - 1);
        source[i] = image + (2 * at + (Step::odd ? 0 : 1)) * stride;
      }
      for (int x = 0; x < width; ++x) {
        Sum sum = 0;
        for (int i = 0; i < Step::taps; ++i) sum += Sum{Step::weights[i]} * source[i][x];
        target[x] = Step::apply(target[x], sum);
      }
    }
  }

  template <typename Step>
  static void horizontalStep(Coefficient* row, int half) {
    Coefficient* target = row + (Step::odd ? half : 0);
    const Coefficient* source = row + (Step::odd ? 0 : half);
    const auto clamped = [&](int n) {
      Sum sum = 0;
      for (int i = 0; i < Step::taps; ++i) {
        sum += Sum{Step::weights[i]} * source[std::clamp(n + Step::first + i, 0, half - 1)];
      }
      target[n] = Step::apply(target[n], sum);
    };
    const int begin = std::min(half, std::max(0, -Step::first));
    const int end = std::max(begin, half - std::max(0, Step::first + Step::taps - 1));
    for (int n = 0; n < begin; ++n) clamped(n);
    for (int n = begin; n < end; ++n) {
      Sum sum = 0;
      for (int i = 0; i < Step::taps; ++i)
        sum += Sum{Step::weights[i]} * source[n + Step::first + i];
      target[n] = Step::apply(target[n], sum);
    }
    for (int n = end; n < half; ++n) clamped(n);
  }

  static void vertical(Coefficient* image, ptrdiff_t stride, int width, int height) {
    (verticalStep<Steps>(image, stride, width, height), ...);
  }

  static void horizontal(Coefficient* row, int width, Coefficient* scratch) {
    const int half = width / 2;
    std::memcpy(scratch, row, static_cast<size_t>(width) * sizeof(Coefficient));
    (horizontalStep<Steps>(scratch, half), ...);
    constexpr int32_t round = kShift > 0 ? 1 << (kShift > 0 ? kShift - 1 : 0) : 0;
    for (int n = 0; n < half; ++n) {
      row[2 * n] = static_cast<Coefficient>((scratch[n] + round) >> kShift);
      row[2 * n + 1] = static_cast<Coefficient>((scratch[half + n] + round) >> kShift);
    }
  }

  static constexpr WaveletFilter<Coefficient> table = {vertical, horizontal};
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

template <typename Sum, typename Coefficient>
void fill(WaveletDsp<Coefficient>* dsp) {
  dsp->filter[0] = DeslauriersDubuc97::Lifting<Coefficient, Sum>::table;
  dsp->filter[1] = LeGall53::Lifting<Coefficient, Sum>::table;
  dsp->filter[2] = DeslauriersDubuc137::Lifting<Coefficient, Sum>::table;
  dsp->filter[3] = HaarNoShift::Lifting<Coefficient, Sum>::table;
  dsp->filter[4] = HaarSingleShift::Lifting<Coefficient, Sum>::table;
  dsp->filter[5] = Fidelity::Lifting<Coefficient, Sum>::table;
  dsp->filter[6] = Daubechies97::Lifting<Coefficient, Sum>::table;
}

using Reach2d = int64_t (*)(int64_t ll, int64_t hl, int64_t lh, int64_t hh, TransformReach* all);
constexpr Reach2d kReach2d[7] = {DeslauriersDubuc97::reach2d,  LeGall53::reach2d,
                                 DeslauriersDubuc137::reach2d, HaarNoShift::reach2d,
                                 HaarSingleShift::reach2d,     Fidelity::reach2d,
                                 Daubechies97::reach2d};

}  // namespace

template <typename Coefficient>
void initWavelet(WaveletDsp<Coefficient>* dsp, uint32_t cpuFlags) {
  static_cast<void>(cpuFlags);  // scalar is all there is yet
  fill<int32_t>(dsp);
}

void initWideWavelet(WaveletDsp<int32_t>* dsp) { fill<int64_t>(dsp); }

template <typename Coefficient>
void inverseWavelet(const WaveletDsp<Coefficient>& dsp, uint32_t wavelet,
                    CoefficientPlane<Coefficient>* plane, Coefficient* scratch) {
  const WaveletFilter<Coefficient>& filter = dsp.filter[wavelet];
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

TransformReach transformReach(uint32_t wavelet, int depth, const BandPeaks& peaks) {
  TransformReach reach;
  int64_t low = peaks.low;
  reach.value = low;
  for (int level = 0; level < depth; ++level) {
    const uint32_t* high = peaks.high[level];
    for (int i = 0; i < 3; ++i) reach.value = std::max<int64_t>(reach.value, high[i]);
    low = kReach2d[wavelet](low, high[0], high[1], high[2], &reach);
  }
  return reach;
}

template void initWavelet(WaveletDsp<int16_t>*, uint32_t);
template void initWavelet(WaveletDsp<int32_t>*, uint32_t);
template void inverseWavelet(const WaveletDsp<int16_t>&, uint32_t, CoefficientPlane<int16_t>*,
                             int16_t*);
template void inverseWavelet(const WaveletDsp<int32_t>&, uint32_t, CoefficientPlane<int32_t>*,
                             int32_t*);

}  // namespace kamaelia::dirac
