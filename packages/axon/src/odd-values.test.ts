// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Component, Pipeline, Scheduler, type Steps, tap } from './index.js';
import { virtualClock } from './testing/index.js';

afterEach(() => {
  vi.restoreAllMocks();
});

class Does extends Component {
  readonly outbox = this.out<unknown>('outbox');
  readonly #work: (self: Does) => Steps;
  constructor(work: (self: Does) => Steps) {
    super();
    this.#work = work;
  }
  override *main(): Steps {
    yield* this.#work(this);
  }
}

const odd = {
  'an object without a prototype': Object.create(null),
  'an object whose text throws': {
    toString() {
      throw new Error('no text');
    },
  },
  'an error whose message throws': Object.defineProperty(new Error('x'), 'message', {
    get() {
      throw new Error('no message');
    },
  }),
  'a revoked proxy': revoked(),
};

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** The message `part` fails with; then the same scheduler has to run another graph. */
async function failureOf(part: Component): Promise<string> {
  const clock = virtualClock();
  const scheduler = new Scheduler({ clock });
  const failed = part.run({ scheduler, onLog: () => {} }).then(
    () => 'none',
    (error: Error) => error.message,
  );
  await clock.settle();
  const seen: number[] = [];
  const after = Pipeline([1, 2], (n: number) => void seen.push(n)).run({ scheduler });
  await clock.settle();
  await after;
  expect(seen).toEqual([1, 2]);
  return failed;
}

describe('the other graphs of a scheduler go on, and the component is named, when it', () => {
  for (const [name, thrown] of Object.entries(odd)) {
    it(`throws ${name}`, async () => {
      const part = new Does(function* () {
        throw thrown;
      });
      expect(await failureOf(part)).toBe('Does-1: threw what has no text');
    });
  }

  it('throws one of these in a function of a pipeline, or from async main()', async () => {
    const thrown: unknown = Object.create(null);
    const line = Pipeline([1], () => {
      throw thrown;
    });
    expect(await failureOf(line)).toMatch(/threw what has no text$/);
    class Late extends Component {
      override async main(): Promise<void> {
        throw thrown;
      }
    }
    expect(await failureOf(new Late())).toBe('Late-1: threw what has no text');
  });

  it('yields a thenable whose then() throws, or cannot be looked at', async () => {
    const thenables = [
      // biome-ignore lint/suspicious/noThenProperty: that is what is tested
      Object.assign(Object.create(null), { then: () => fail('bad then') }),
      Object.defineProperty({}, 'then', { get: () => fail('bad then') }),
    ];
    for (const thenable of thenables) {
      let closed = 0;
      const part = new Does(function* () {
        try {
          yield thenable;
        } finally {
          closed++;
        }
      });
      expect(await failureOf(part)).toBe('Does-1: bad then');
      expect(closed).toBe(1);
    }
  });

  it('yields, or returns from main(), what cannot be looked at', async () => {
    const yields = new Does(function* () {
      yield revoked();
    });
    expect(await failureOf(yields)).toMatch(/^Does-1: .*revoked/);
    class Returns extends Component {
      override main(): undefined {
        return revoked() as never;
      }
    }
    expect(await failureOf(new Returns())).toMatch(/^Returns-1: .*revoked/);
  });

  it('leaves messages behind that cannot be looked at', async () => {
    const logged = vi.spyOn(console, 'error').mockImplementation(() => {});
    const source = new Does(function* ({ outbox }) {
      outbox.send(revoked());
    });
    class Ends extends Component {
      readonly inbox = this.in<unknown>('inbox');
      override *main(): Steps {
        while (this.inbox.length === 0) yield;
      }
    }
    expect(await failureOf(Pipeline(source, new Ends()))).toBe('none');
    expect(logged).toHaveBeenCalledTimes(1);
  });
});

it('what a tap throws where the runtime itself moves messages fails that graph alone', async () => {
  const part = Pipeline((n: number) => n);
  tap(part.inbox, () => fail('seen'));
  expect(await failureOf(Pipeline([1], part, () => {}))).toMatch(/: seen$/);
});

function fail(message: string): never {
  throw new Error(message);
}
