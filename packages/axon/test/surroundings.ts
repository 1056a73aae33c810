// SPDX-License-Identifier: Apache-2.0
import { defaultSchedule } from '../src/turns.js';

type Environment = Readonly<Record<string, string | undefined>>;
const { process, KAMAELIA_ENVIRONMENT } = globalThis as {
  process?: { env: Environment };
  KAMAELIA_ENVIRONMENT?: Environment;
};

/** The tests of the runtime are run in Node and in a page, which has neither `process` nor Node's streams. */
export const inNode: boolean = process !== undefined;

/** Variables that say how much is to be tested; those of a page come from `vitest.config.ts`. */
export const environment: Environment = process?.env ?? KAMAELIA_ENVIRONMENT ?? {};

const schedule = defaultSchedule();

/** Resolves in a later turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => schedule(resolve));
}
