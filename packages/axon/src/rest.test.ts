// SPDX-License-Identifier: Apache-2.0
import { expect, it } from 'vitest';
import { Rest } from './rest.js';
import { defaultSchedule } from './turns.js';

it('a wait for quiet ends with the names of those that keep it waiting', async () => {
  const rest = new Rest(defaultSchedule(), () => true);
  rest.outside = 1;
  await expect(rest.settled(5, () => ['Pipeline-1/Reader-1'])).rejects.toThrow(
    'VirtualClock: Expected outside work to end within 5 ms but these wait: Pipeline-1/Reader-1',
  );
  rest.outside = 0;
  await rest.settled(5);
});
