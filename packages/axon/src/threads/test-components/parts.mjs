// SPDX-License-Identifier: Apache-2.0
import { Pipeline } from '@kamaelia/axon';

/** Two functions in a row, the second of which fails for `bad`. */
export default function parts({ bad } = {}) {
  const double = (n) => n * 2;
  function refuse(n) {
    if (n === bad) throw Object.assign(new RangeError(`no ${n}`), { code: 'REFUSED' });
    return n + 1;
  }
  return Pipeline(double, refuse);
}
