// SPDX-License-Identifier: Apache-2.0
import { it } from 'vitest';

it.skip('the tests of the runtime in a page: there is no Chromium on this machine', () => {});
