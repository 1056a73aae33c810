// SPDX-License-Identifier: Apache-2.0
// Where a picture's residual comes from.
#pragma once

namespace kamaelia::dirac {

// Rows of one component, in order, each valid until the next is asked for.
template <typename Coefficient>
class ResidualRows {
 public:
  virtual ~ResidualRows() = default;
  // The next row is number `row`.
  virtual void seek(int row) = 0;
  virtual const Coefficient* next() = 0;
};

}  // namespace kamaelia::dirac
