// SPDX-License-Identifier: Apache-2.0
import { Branch } from '@kamaelia/axon';

/** A queue with room for four messages. */
export default class FourOf extends Branch {
  constructor() {
    super({ capacity: 4 });
  }
}
