// SPDX-License-Identifier: Apache-2.0
// What a Backplane costs in front of sockets: 1000 TCP clients get every message, one of them reads nothing; SimpleServer
// with SubscribeTo for each client against a plain net server that writes to each socket. And what the one that reads nothing
// costs the others: the same without it.
//
// Servers are processes of their own, the clients of all are in this one. A message is published when all clients that
// read have the fourth one before it, so that nobody who reads misses one and a server never waits for a clock. With so many
// under way several may wait for a connection, which then writes them together. The plain server gets one at a time and
// writes it, as one would; in step, where the next is published when all have the one before, both write each by itself.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Backplane, Component, Pipeline, PublishTo, SubscribeTo } from '@kamaelia/axon';
import { SimpleServer } from '@kamaelia/components/net';
import { median, parseNumbers, verdict, writeReport } from './rivals-in-rounds.mjs';

const RIVAL = 'TCP_BROADCAST_RIVAL';
const BYTES = 1316; // Seven packets of a transport stream.
const WAITING = 64; // Messages that may wait for a client that does not read.
const UNDER_WAY = 4;
const { clients, messages, rounds, json } = parseNumbers(
  `Usage: node benchmarks/runtime/tcp-broadcast.bench.mjs [--clients N] [--messages N] [--rounds N] [--json FILE]

CPU time of the server's process, and wall time, for each message of ${BYTES} bytes to each of N clients (default 1000),
of which one reads nothing: Backplane and SimpleServer beside a plain net server, ${UNDER_WAY} messages under way and in step,
and the former without the one that reads nothing; in turn. Prints the median of the rounds (at least 5), and the ratios.`,
  { clients: 1000, messages: 60, rounds: 7 },
);

// ---- the servers ----

class Publisher extends Component {
  outbox = this.out('outbox');
  #wakeUp = this.external();
  #waiting = [];
  publish(message) {
    this.#waiting.push(message);
    this.#wakeUp.wake();
  }
  *main() {
    this.#wakeUp.hold();
    for (;;) {
      while (this.#waiting.length > 0 && this.outbox.open) this.outbox.send(this.#waiting.shift());
      yield;
    }
  }
}

async function serveByBackplane() {
  new Backplane('TV').activate();
  const publisher = new Publisher();
  Pipeline(publisher, new PublishTo('TV')).activate();
  const protocol = () => new SubscribeTo({ name: 'TV', policy: 'drop-oldest', capacity: WAITING });
  const server = new SimpleServer({ protocol, port: 0, maxConnections: 10_000, idle: { ms: 3_600_000 } }).activate();
  const { port } = await server.listening;
  return { port, publish: (message) => publisher.publish(message) };
}

async function serveBySockets() {
  const sockets = new Set();
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const publish = (message) => {
    for (const socket of sockets) if (socket.writableLength < WAITING * BYTES) socket.write(message);
  };
  return { port: server.address().port, publish };
}

async function serve(rival) {
  const { port, publish } = await (rival === 'sockets' ? serveBySockets() : serveByBackplane());
  process.on('message', (asked) => {
    if (asked === 'publish') publish(Buffer.alloc(BYTES, 1));
    else {
      const { user, system } = process.cpuUsage();
      process.send({ cpuUs: user + system });
    }
  });
  process.on('disconnect', () => process.exit(0));
  process.send({ port });
}

// ---- the clients ----

class Rival {
  #server;
  #received = 0;
  #reading = 0;
  #onProgress = () => {};

  constructor(name, stalled) {
    this.name = name;
    this.stalled = stalled;
  }

  async start() {
    const rival = this.name.startsWith('plain') ? 'sockets' : 'backplane';
    this.#server = fork(fileURLToPath(import.meta.url), { env: { ...process.env, [RIVAL]: rival } });
    const [{ port }] = await once(this.#server, 'message');
    for (let n = 0; n < clients; n++) {
      const socket = connect({ port, host: '127.0.0.1' });
      await once(socket, 'connect');
      if (this.stalled && n === 0) continue; // Without a listener it reads nothing.
      this.#reading++;
      socket.on('data', (bytes) => {
        this.#received += bytes.length;
        this.#onProgress();
      });
      socket.on('error', () => {});
    }
    await new Promise((resolve) => setTimeout(resolve, 500)); // The last are being accepted.
  }

  async #cpuUs() {
    this.#server.send('cpu');
    const [{ cpuUs }] = await once(this.#server, 'message');
    return cpuUs;
  }

  /** Microseconds of CPU and wall for each delivery. */
  async measure(underWay) {
    this.#received = 0;
    const each = this.#reading * BYTES;
    const cpuBefore = await this.#cpuUs();
    const wallBefore = performance.now();
    let published = 0;
    await new Promise((resolve) => {
      this.#onProgress = () => {
        while (published < messages && this.#received >= (published - underWay + 1) * each) {
          published++;
          this.#server.send('publish');
        }
        if (this.#received >= messages * each) resolve();
      };
      this.#onProgress();
    });
    const wallUs = (performance.now() - wallBefore) * 1000;
    const cpuUs = (await this.#cpuUs()) - cpuBefore;
    if (this.#received !== messages * each) throw new Error(`${this.name}: ${this.#received} bytes came`);
    const deliveries = messages * this.#reading;
    return { cpuUs: cpuUs / deliveries, wallUs: wallUs / deliveries };
  }

  stop() {
    this.#server.disconnect();
  }
}

async function compare() {
  const backplane = new Rival('Backplane, one stalled', true);
  const plain = new Rival('plain net server, same', true);
  const unhindered = new Rival('Backplane, none stalled', false);
  for (const rival of [backplane, plain, unhindered]) await rival.start();
  const cases = [
    { rival: backplane, underWay: UNDER_WAY },
    { rival: plain, underWay: UNDER_WAY },
    { rival: unhindered, underWay: UNDER_WAY },
    { rival: backplane, underWay: 1 },
    { rival: plain, underWay: 1 },
  ];
  const measured = cases.map(() => []);
  for (let round = -2; round < rounds; round++) {
    for (const [index, { rival, underWay }] of cases.entries()) {
      const result = await rival.measure(underWay);
      if (round >= 0) measured[index].push(result);
    }
  }
  for (const rival of [backplane, plain, unhindered]) rival.stop();
  const results = cases.map(({ rival, underWay }, index) => ({
    name: underWay === 1 ? `${rival.name}, in step` : rival.name,
    cpuUs: Number(median(measured[index].map(({ cpuUs }) => cpuUs)).toFixed(2)),
    wallUs: Number(median(measured[index].map(({ wallUs }) => wallUs)).toFixed(2)),
  }));
  for (const { name, cpuUs, wallUs } of results) {
    console.log(`${name.padEnd(34)}${cpuUs.toFixed(2).padStart(8)} us CPU, ${wallUs.toFixed(2)} us wall a delivery`);
  }
  const [ours, theirs, none, oursInStep, theirsInStep] = results;
  const ratio = (a, b) => Number((a / b).toFixed(2));
  const verdicts = [
    verdict({ what: 'deliveries to plain net server, CPU time', value: ratio(theirs.cpuUs, ours.cpuUs), must: 0.9 }),
    verdict({ what: 'deliveries to plain net server, wall time', value: ratio(theirs.wallUs, ours.wallUs), must: 0.9 }),
    verdict({ what: 'with one stalled to none stalled, CPU time', value: ratio(none.cpuUs, ours.cpuUs) }),
    verdict({ what: 'in step to plain net server, CPU time', value: ratio(theirsInStep.cpuUs, oursInStep.cpuUs) }),
    verdict({ what: 'in step to plain net server, wall time', value: ratio(theirsInStep.wallUs, oursInStep.wallUs) }),
  ];
  writeReport(json, 'runtime/tcp-broadcast', { rounds, clients, messages, results, verdicts });
  process.exit(0);
}

if (process.env[RIVAL] === undefined) await compare();
else await serve(process.env[RIVAL]);
