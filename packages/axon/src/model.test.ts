// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { environment } from '../test/surroundings.js';
import {
  Component,
  Graphline,
  type Inbox,
  type Link,
  link,
  type Outbox,
  Scheduler,
  Step,
  type Steps,
} from './index.js';
import { checkInvariants, isFinished, seededOrder, seededRandom, virtualClock } from './testing/index.js';

const GRAPHS = Number(environment.KAMAELIA_MODEL_GRAPHS ?? 2000);
const FIRST_SEED = Number(environment.KAMAELIA_MODEL_SEED ?? 1);
const MESSAGES = 60;

/** A message that knows the way it came and whether it was disposed. */
class Parcel {
  static live = new Set<Parcel>();
  readonly origin: number;
  readonly serial: number;
  constructor(origin: number, serial: number) {
    this.origin = origin;
    this.serial = serial;
    Parcel.live.add(this);
  }
  [Symbol.dispose](): void {
    Parcel.live.delete(this);
  }
}

type Random = () => number;

/** Takes from every inbox, sends each message to every outbox, and yields in all the ways there are. */
class Node extends Component {
  readonly inboxes: Inbox<Parcel>[] = [];
  readonly outboxes: Outbox<Parcel>[] = [];
  readonly seen: { from: number; parcel: Parcel }[] = [];
  readonly #random: Random;
  readonly #id: number;
  readonly #faultAt: number;
  yields = 0;

  constructor(id: number, random: Random, inboxes: number, outboxes: number, faultAt = -1) {
    super();
    this.#id = id;
    this.#random = random;
    this.#faultAt = faultAt;
    for (let i = 0; i < inboxes; i++) {
      this.inboxes.push(this.in<Parcel>(`in${i}`, { capacity: 1 + Math.floor(random() * 6) }));
    }
    for (let i = 0; i < outboxes; i++) this.outboxes.push(this.out<Parcel>(`out${i}`));
  }

  override *main(): Steps {
    try {
      if (this.inboxes.length === 0) yield* this.#produce();
      else yield* this.#pass();
    } finally {
      // A stop has to get through clean-up that yields, too.
      yield Step.again;
    }
  }

  *#produce(): Steps {
    if (this.outboxes.length === 0) return;
    for (let serial = 0; serial < MESSAGES; ) {
      while (serial < MESSAGES && this.outboxes.every((o) => o.open)) {
        for (const outbox of this.outboxes) outbox.send(new Parcel(this.#id, serial));
        serial++;
        if (this.#random() < 0.3) break;
      }
      yield this.#step();
    }
  }

  *#pass(): Steps {
    while (!this.inboxes.every((inbox) => inbox.ended)) {
      for (const [from, inbox] of this.inboxes.entries()) {
        while (inbox.ready) {
          const parcel = inbox.recv();
          this.seen.push({ from, parcel });
          for (const outbox of this.outboxes) outbox.send(new Parcel(parcel.origin, parcel.serial));
          Parcel.live.delete(parcel);
          if (this.#random() < 0.2) break;
        }
      }
      yield this.#step();
    }
  }

  #step(): unknown {
    if (this.yields++ === this.#faultAt) throw new Error(`fault ${this.#faultAt}`);
    return this.#later();
  }

  #later(): unknown {
    const r = this.#random();
    if (r < 0.1) return Step.again;
    if (r < 0.15) return Promise.resolve();
    return r < 0.6 ? undefined : 1;
  }
}

interface Drawn {
  readonly graph: Component;
  readonly nodes: Node[];
  readonly parents: number[][];
}

/** Layers of nodes; each takes from one or two earlier ones, by fan-in or by several inboxes. */
function draw(random: Random, faultAt = -1): Drawn {
  const count = 2 + Math.floor(random() * 7);
  const parents: number[][] = [];
  const outputs = new Array<number>(count).fill(0);
  for (let i = 0; i < count; i++) {
    const candidates = Array.from({ length: i }, (_, k) => k).filter((k) => (outputs[k] as number) < 3);
    const wanted = i === 0 ? 0 : Math.min(candidates.length, Math.floor(random() * 3));
    const chosen = candidates.sort(() => random() - 0.5).slice(0, wanted);
    for (const k of chosen) outputs[k] = (outputs[k] ?? 0) + 1;
    parents.push(chosen);
  }
  const shared = parents.map(() => random() < 0.5);
  const faulty = Math.floor(random() * count);
  const nodes = parents.map((from, i) => {
    const inboxes = from.length === 0 ? 0 : shared[i] ? 1 : from.length;
    return new Node(i, random, inboxes, outputs[i] as number, i === faulty ? faultAt : -1);
  });
  const used = new Array<number>(count).fill(0);
  const children = Object.fromEntries(nodes.map((node, i) => [`n${i}`, node]));
  const graph = Graphline(children, () => {
    const links: Link[] = [];
    parents.forEach((from, i) => {
      from.forEach((k, n) => {
        const outbox = (nodes[k] as Node).outboxes[used[k]!++] as Outbox<Parcel>;
        links.push(link(outbox, (nodes[i] as Node).inboxes[shared[i] ? 0 : n] as Inbox<Parcel>));
      });
    });
    return links;
  });
  return { graph, nodes, parents };
}

/** How often each message of each source must arrive at each node: once for every way that leads there. */
function expectedArrivals(parents: number[][]): Map<number, number>[] {
  const ways: Map<number, number>[] = [];
  for (const [i, from] of parents.entries()) {
    const here = new Map<number, number>();
    if (from.length === 0) here.set(i, 1);
    for (const k of from)
      for (const [origin, n] of ways[k] as Map<number, number>) here.set(origin, (here.get(origin) ?? 0) + n);
    ways.push(here);
  }
  return ways;
}

function checkBound(nodes: readonly Node[]): void {
  for (const node of nodes) {
    for (const inbox of node.inboxes) {
      // Section 5.4: one message per producer above the mark, and what relief added.
      const bound = inbox.capacity - 1 + Math.max(1, inbox.producers.length, 2);
      if (inbox.length > bound) throw new Error(`${inbox.path()} holds ${inbox.length}, bound ${bound}`);
    }
  }
}

async function runDrawn(seed: number, drawn: Drawn): Promise<{ error: unknown }> {
  const scheduler: Scheduler = new Scheduler({
    clock: virtualClock(),
    pick: seededOrder(seed),
    budgetMs: Number.POSITIVE_INFINITY,
    onSlice: () => {
      checkInvariants(scheduler);
      checkBound(drawn.nodes);
    },
  });
  const error = await drawn.graph.run({ scheduler, onLog: () => {} }).then(
    () => undefined,
    (e: unknown) => e,
  );
  return { error };
}

describe('random graphs', () => {
  it(`deliver every message once per way, in order, within the bounds (${GRAPHS} graphs)`, { timeout: 0 }, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + GRAPHS; seed++) {
      Parcel.live.clear();
      const drawn = draw(seededRandom(seed));
      const { error } = await runDrawn(seed, drawn);
      expect(error, `KAMAELIA_MODEL_SEED=${seed}`).toBeUndefined();
      expect(isFinished(drawn.graph), `KAMAELIA_MODEL_SEED=${seed}`).toBe(true);
      expect(Parcel.live.size, `KAMAELIA_MODEL_SEED=${seed}: parcels neither taken nor disposed`).toBe(0);
      const ways = expectedArrivals(drawn.parents);
      drawn.nodes.forEach((node, i) => {
        if (node.inboxes.length === 0) return;
        const counts = new Map<string, number>();
        for (const { parcel } of node.seen) {
          const key = `${parcel.origin}:${parcel.serial}`;
          counts.set(key, (counts.get(key) ?? 0) + 1);
        }
        for (const [origin, n] of ways[i] as Map<number, number>) {
          for (let serial = 0; serial < MESSAGES; serial++) {
            const came = counts.get(`${origin}:${serial}`);
            // An expectation for each of so many messages would take longer than the graphs.
            if (came !== n)
              expect.fail(`KAMAELIA_MODEL_SEED=${seed}, node ${i}: ${origin}:${serial} came ${came} times, not ${n}`);
          }
        }
        checkOrder(seed, node, ways[i] as Map<number, number>);
      });
    }
  });

  it('end without a leak or a hang, with the right path, whichever yield throws', { timeout: 0 }, async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + Math.ceil(GRAPHS / 100); seed++) {
      for (let faultAt = 0; faultAt < 40; faultAt += 1 + (faultAt >> 2)) {
        Parcel.live.clear();
        const drawn = draw(seededRandom(seed), faultAt);
        const { error } = await runDrawn(seed, drawn);
        const where = `KAMAELIA_MODEL_SEED=${seed}, yield ${faultAt}`;
        expect(isFinished(drawn.graph), where).toBe(true);
        expect(Parcel.live.size, where).toBe(0);
        const faulty = drawn.nodes.find((node) => node.yields > faultAt && error !== undefined);
        if (error !== undefined) {
          expect((error as Error).message, where).toMatch(/^Graphline-1\/n\d+: fault \d+$/);
          expect(faulty, where).toBeDefined();
        }
      }
    }
  });
});

/** Within one inbox with one way to a source, its messages keep their order. */
function checkOrder(seed: number, node: Node, ways: Map<number, number>): void {
  for (const [origin, n] of ways) {
    if (n !== 1) continue;
    const serials = node.seen.filter((s) => s.parcel.origin === origin).map((s) => s.parcel.serial);
    expect(serials, `KAMAELIA_MODEL_SEED=${seed}`).toEqual([...serials].sort((a, b) => a - b));
  }
}
