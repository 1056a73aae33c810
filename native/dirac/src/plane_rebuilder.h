// SPDX-License-Identifier: Apache-2.0
// The planes of one picture from their residual and their prediction, in stripes.
#pragma once

#include <cstddef>
#include <vector>

#include "coefficients.h"
#include "obmc.h"

namespace kamaelia::dirac {

// Sample and Coefficient: as in RebuildDsp. Stripes may be rebuilt at the same time.
template <typename Sample, typename Coefficient>
class PlaneRebuilder {
 public:
  explicit PlaneRebuilder(uint32_t cpuFlags) { initRebuild(&dsp_, cpuFlags); }

  // What is common to the three planes of a picture, which are given by add() then.
  void begin() { parts_.clear(); }

  // rows: a plane's residual for each stripe, or nullptr if it is zero.
  void add(const Compensation<Sample, Coefficient>& job, size_t stripes,
           std::vector<InverseWavelet<Coefficient>>* rows) {
    planes_[job.component] = job;
    for (size_t stripe = 0; stripe < stripes; ++stripe) {
      ResidualRows<Coefficient>* residual = rows != nullptr ? &(*rows)[stripe] : nullptr;
      parts_.push_back({job.component, stripe, stripes, residual});
    }
  }

  size_t tasks() const { return parts_.size(); }

  void run(size_t task) const {
    const Part& part = parts_[task];
    const Compensation<Sample, Coefficient>& job = planes_[part.component];
    const auto all = static_cast<size_t>(job.references > 0 ? job.field->blocksY : job.height);
    const int first = static_cast<int>(all * part.stripe / part.stripes);
    const int last = static_cast<int>(all * (part.stripe + 1) / part.stripes);
    if (job.references > 0) {
      compensate(dsp_, job, first, last, part.residual);
    } else {
      storeIntra(dsp_, job, first, last, part.residual);
    }
  }

 private:
  struct Part {
    int component;
    size_t stripe;
    size_t stripes;
    ResidualRows<Coefficient>* residual;
  };

  RebuildDsp<Sample, Coefficient> dsp_;
  Compensation<Sample, Coefficient> planes_[3];
  std::vector<Part> parts_;
};

}  // namespace kamaelia::dirac
