// SPDX-License-Identifier: Apache-2.0
import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import type { Clock } from '@kamaelia/axon';

const MOST_NAMES = 256;
const KNOWN_FOR_US = 60_000_000;
const UNKNOWN_FOR_US = 1_000_000;

interface Answer {
  readonly address: string | undefined;
  readonly error: NodeJS.ErrnoException | undefined;
  readonly untilUs: number;
}

/**
 * Addresses of hosts, each looked up once a minute at most: a datagram socket left alone would ask for every datagram,
 * and send what comes behind a slow answer first.
 */
export class HostNames {
  readonly #family: 4 | 6;
  readonly #clock: Clock;
  readonly #onAnswer: () => void;
  readonly #answers = new Map<string, Answer>();
  readonly #asked = new Set<string>();

  constructor(family: 4 | 6, clock: Clock, onAnswer: () => void) {
    this.#family = family;
    this.#clock = clock;
    this.#onAnswer = onAnswer;
  }

  /** The address of a host, or why it has none; undefined while it is looked up, until `onAnswer`. */
  get(host: string): string | NodeJS.ErrnoException | undefined {
    if (isIP(host) !== 0) return host;
    const known = this.#answers.get(host);
    if (known !== undefined && this.#clock.now() < known.untilUs) return known.address ?? known.error;
    if (this.#asked.has(host)) return undefined;
    this.#asked.add(host);
    lookup(host, { family: this.#family }, (error, address) => {
      this.#asked.delete(host);
      this.#learn(host, error === null ? { address, error: undefined } : { address: undefined, error });
      this.#onAnswer();
    });
    return undefined;
  }

  #learn(host: string, answer: Omit<Answer, 'untilUs'>): void {
    const untilUs = this.#clock.now() + (answer.error === undefined ? KNOWN_FOR_US : UNKNOWN_FOR_US);
    this.#answers.delete(host);
    this.#answers.set(host, { ...answer, untilUs });
    for (const oldest of this.#answers.keys()) {
      if (this.#answers.size <= MOST_NAMES) break;
      this.#answers.delete(oldest);
    }
  }
}
