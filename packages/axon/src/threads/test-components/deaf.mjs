// SPDX-License-Identifier: Apache-2.0
import Numbers from './numbers.mjs';

/** Has an inbox that it never looks at. */
export default class Deaf extends Numbers {
  inbox = this.in('inbox');
}
