// SPDX-License-Identifier: Apache-2.0
// The seven filters (15.4) as lifting steps on rows. Everything here has internal linkage: each
// file that includes it compiles the templates for one instruction set.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "wavelet.h"

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
  static constexpr int last = kFirst + taps - 1;
  static constexpr int weights[taps] = {kWeights...};
  static constexpr int round = kShift > 0 ? 1 << (kShift > 0 ? kShift - 1 : 0) : 0;

  // The sample after the step; neighbour(i) gives its neighbours.
  template <typename Sum, typename Coefficient, typename Neighbour>
  static Coefficient apply(Coefficient sample, Neighbour&& neighbour) {
    Sum change;
    if constexpr (std::is_same_v<Sum, int16_t>) {
      change = narrowChange(neighbour);
    } else {
      using Unsigned = std::make_unsigned_t<Sum>;
      // Unsigned, as the coefficients of a damaged stream may overflow.
      Unsigned sum = static_cast<Unsigned>(round);
      for (int i = 0; i < taps; ++i) {
        sum += static_cast<Unsigned>(Sum{weights[i]}) * static_cast<Unsigned>(Sum{neighbour(i)});
      }
      change = static_cast<Sum>(sum) >> kShift;
    }
    using Wrapping = std::make_unsigned_t<Coefficient>;
    const auto before = static_cast<Wrapping>(sample);
    const auto by = static_cast<Wrapping>(change);
    return static_cast<Coefficient>(kSign > 0 ? static_cast<Wrapping>(before + by)
                                              : static_cast<Wrapping>(before - by));
  }

  // In 16 bits throughout. Four taps are -1, 9, 9, -1; with s the sum of the inner and t that of
  // the outer neighbours, 9 s - t + round is 8 s + (s - t + round), and the eights come out of the
  // floor.
  template <typename Neighbour>
  static int16_t narrowChange(Neighbour&& neighbour) {
    const auto narrow = [](int value) { return static_cast<int16_t>(value); };
    if constexpr (taps == 4) {
      const int16_t s = narrow(neighbour(1) + neighbour(2));
      const int16_t t = narrow(neighbour(0) + neighbour(3));
      const int16_t rest = narrow(narrow(s - t + round) >> 3);
      return narrow(narrow(s + rest) >> (kShift - 3));
    } else if constexpr (taps == 2) {
      return narrow(narrow(neighbour(0) + neighbour(1) + round) >> kShift);
    } else {
      return narrow(narrow(neighbour(0) + round) >> kShift);
    }
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

template <typename Step, typename Coefficient, typename Sum>
void liftRows(Coefficient* target, const Coefficient* const* sources, int count) {
  const Coefficient* from[Step::taps];
  for (int i = 0; i < Step::taps; ++i) from[i] = sources[i];
  const ptrdiff_t length = count;
#pragma GCC ivdep
  for (ptrdiff_t x = 0; x < length; ++x) {
    target[x] = Step::template apply<Sum>(target[x], [&](int i) { return from[i][x]; });
  }
}

// One half of a row by the other, which repeats its ends on either side.
template <typename Step, typename Coefficient, typename Sum>
void liftHalf(const Coefficient* target, const Coefficient* source, int half, Coefficient* out) {
  const Coefficient* from[Step::taps];
  for (int i = 0; i < Step::taps; ++i) from[i] = source + Step::first + i;
  const ptrdiff_t count = half;
#pragma GCC ivdep
  for (ptrdiff_t n = 0; n < count; ++n) {
    out[n] = Step::template apply<Sum>(target[n], [&](int i) { return from[i][n]; });
  }
}

template <typename Coefficient>
void repeatEnds(Coefficient* half, int length) {
  for (int i = 1; i <= kRowMargin; ++i) half[-i] = half[0];
  for (int i = 0; i < kRowMargin; ++i) half[length + i] = half[length - 1];
}

template <int kShift, typename... Steps>
struct Filter {
  // The largest magnitudes of both parities after all steps.
  static int64_t reach(int64_t even, int64_t odd, TransformReach* reach) {
    ((Steps::odd ? odd = Steps::reach(odd, even, reach) : even = Steps::reach(even, odd, reach)),
     ...);
    return std::max(even, odd);
  }

  // What the final shift leaves of one.
  static int64_t shifted(int64_t value) { return kShift > 0 ? (value >> kShift) + 1 : value; }

  template <typename Coefficient, typename Sum>
  static void horizontal(Coefficient* low, Coefficient* high, int half, Coefficient* scratch,
                         Coefficient* out) {
    // The row itself is a neighbour of others still: what changes lies in the scratch.
    const Coefficient* at[2] = {low, high};
    Coefficient* made[2] = {scratch, scratch + highOffset(half)};
    repeatEnds(low, half);
    repeatEnds(high, half);
    const auto step = [&]<typename Step>(std::type_identity<Step>) {
      liftHalf<Step, Coefficient, Sum>(at[Step::odd], at[!Step::odd], half, made[Step::odd]);
      repeatEnds(made[Step::odd], half);
      at[Step::odd] = made[Step::odd];
    };
    (step(std::type_identity<Steps>{}), ...);
    constexpr int round = kShift > 0 ? 1 << (kShift > 0 ? kShift - 1 : 0) : 0;
    const Coefficient* even = at[0];
    const Coefficient* odd = at[1];
    using Wrapping = std::make_unsigned_t<Coefficient>;
    const auto shifted = [](Coefficient value) {
      const auto rounded = static_cast<Wrapping>(static_cast<Wrapping>(value) + Wrapping{round});
      return static_cast<Coefficient>(static_cast<Coefficient>(rounded) >> kShift);
    };
    // Under -fwrapv an int index might wrap, which no loop with one is vectorised for.
    const ptrdiff_t count = half;
#pragma GCC ivdep
    for (ptrdiff_t n = 0; n < count; ++n) {
      out[2 * n] = shifted(even[n]);
      out[2 * n + 1] = shifted(odd[n]);
    }
  }

  template <typename Coefficient, typename Sum>
  static constexpr WaveletFilter<Coefficient> table() {
    return {sizeof...(Steps),
            {{Steps::odd, Steps::first, Steps::last, liftRows<Steps, Coefficient, Sum>}...},
            horizontal<Coefficient, Sum>};
  }
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

template <typename Coefficient>
void fromShort(const int16_t* from, int count, Coefficient* out) {
  const ptrdiff_t end = count;
  for (ptrdiff_t x = 0; x < end; ++x) out[x] = from[x];
}

template <typename Sum, typename Coefficient>
void fillWavelet(WaveletDsp<Coefficient>* dsp) {
  dsp->fromShort = fromShort<Coefficient>;
  dsp->filter[0] = DeslauriersDubuc97::table<Coefficient, Sum>();
  dsp->filter[1] = LeGall53::table<Coefficient, Sum>();
  dsp->filter[2] = DeslauriersDubuc137::table<Coefficient, Sum>();
  dsp->filter[3] = HaarNoShift::table<Coefficient, Sum>();
  dsp->filter[4] = HaarSingleShift::table<Coefficient, Sum>();
  if constexpr (!std::is_same_v<Sum, int16_t>) {
    dsp->filter[5] = Fidelity::table<Coefficient, Sum>();
    dsp->filter[6] = Daubechies97::table<Coefficient, Sum>();
  }
}

// One instruction set's share of initWavelet().
inline void fillWavelets(WaveletDsp<int16_t>* narrow, WaveletDsp<int16_t>* careful,
                         WaveletDsp<int32_t>* wide) {
  if (narrow != nullptr) fillWavelet<int16_t>(narrow);
  if (careful != nullptr) fillWavelet<int32_t>(careful);
  if (wide != nullptr) fillWavelet<int32_t>(wide);
}

}  // namespace
}  // namespace kamaelia::dirac
