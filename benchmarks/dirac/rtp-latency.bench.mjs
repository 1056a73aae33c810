// SPDX-License-Identifier: Apache-2.0
// How long after its last packet is a picture decoded, and what does it cost to make a stream of packets?
import { createSocket } from 'node:dgram';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Pipeline } from '@kamaelia/axon';
import { SimplePeer } from '@kamaelia/components/net';
import { DiracDecoder, VC2RTPDepayload, VC2RTPPayload } from '@kamaelia/dirac';

const help = `Usage: npm run bench -- dirac rtp-latency [--json FILE]

Sends a VC-2 stream of 1920x1080, 8 bits, 0.96 MB a picture (bench/hd-hq8.vc2 of the reference set), as RTP packets over the
loopback from another thread, each picture spread over 30 ms, and the next one when its frame is there. Measured: from when the last packet of a
picture is received to when its frame is there, with the decoder's option lowDelay. Its rivals are the same without the option,
and the decoder alone, which is given the whole picture at once.

The same pictures as bytes without RTP, a picture every 40 ms in 30 pieces a millisecond apart: from when the last piece is
sent to when the frame is there. The rival is the same without lowDelay, which has to wait for the next picture.

Then the packets of 8 pictures come from memory, without a decoder, and CPU time is measured; the rival copies each packet.`;

const ROUNDS = 5;
const PICTURES = 30;
const SPREAD_MS = 30;
const PERIOD_MS = 40;
const PADDING = Buffer.from([0x42, 0x42, 0x43, 0x44, 0x30, 0, 0, 0, 13, 0, 0, 0, 0]);
const WARM_UP = 5;
const THREADS = 2;

const milliseconds = () => Number(process.hrtime.bigint()) / 1e6;
const quantile = (numbers, q) =>
  [...numbers].sort((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(q * numbers.length))];
const median = (numbers) => quantile(numbers, 0.5);

/** The header and the pictures of a stream whose pictures are sequences of their own, as one sequence. */
function oneSequence(stream) {
  const parts = [];
  for (let at = 0, size = 0, picture = 0; at + 13 <= stream.length; at += size) {
    size = stream.readUInt32BE(at + 5) || 13;
    const unit = Buffer.from(stream.subarray(at, at + size));
    if (unit[4] !== 0xe8 && !(unit[4] === 0 && parts.length === 0)) continue;
    if (unit[4] === 0xe8) unit.writeUInt32BE(picture++, 13);
    unit.writeUInt32BE(parts.at(-1)?.length ?? 0, 9);
    parts.push(unit);
  }
  return parts;
}

/** The packets of each picture, the sequence header with the first. */
async function packetsByPicture(units) {
  const pictures = [[]];
  await Pipeline(
    [Buffer.concat(units)],
    new VC2RTPPayload({ ssrc: 1, firstSequence: 0, firstTimestamp: 0 }),
    (packet) => {
      pictures.at(-1).push(packet);
      if (packet[1] >= 0x80) pictures.push([]);
    },
  ).run();
  return pictures.slice(0, -1);
}

/** Numbers packets on, so that the pictures may be sent again and again. */
class Numbering {
  #sequence = 0;

  of(packet, picture) {
    const bytes = Buffer.from(packet);
    bytes.writeUInt16BE(this.#sequence & 0xffff, 2);
    bytes.writeUInt16BE(this.#sequence >>> 16, 12);
    bytes.writeUInt32BE(picture * 3600, 4);
    if (bytes[15] === 0xec) bytes.writeUInt32BE(picture, 16);
    this.#sequence++;
    return bytes;
  }
}

/** In the other thread: sends a picture whenever it is told to. */
function sender() {
  const { pictures, port } = workerData;
  const socket = createSocket({ type: 'udp4', sendBufferSize: 4 << 20 });
  const numbering = new Numbering();
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const send = (bytes) => new Promise((resolve) => socket.send(bytes, port, '127.0.0.1', resolve));
  parentPort.on('message', async (n) => {
    if (n === undefined) {
      socket.close();
      parentPort.close();
      return;
    }
    const packets = pictures[n % pictures.length];
    const begin = milliseconds();
    for (const [i, packet] of packets.entries()) {
      const wait = begin + (SPREAD_MS * i) / packets.length - milliseconds();
      if (wait > 1) Atomics.wait(cell, 0, 0, wait);
      await send(numbering.of(packet, n));
    }
  });
}

/** Milliseconds from the last packet to the frame, for each picture. */
async function throughRtp(pictures, lowDelay) {
  const peer = new SimplePeer({ receiveBuffer: 4 << 20, queue: 8192 });
  const depayload = new VC2RTPDepayload();
  const latencies = [];
  let damaged = 0;
  let last = 0;
  const tap = (datagram) => {
    if (datagram[0][1] >= 0x80) last = milliseconds();
    return datagram;
  };
  const graph = Pipeline(peer, tap, depayload, new DiracDecoder({ threads: THREADS, lowDelay }), (frame) => {
    latencies.push(milliseconds() - last);
    if (frame.damaged) damaged++;
    frame.close();
    if (latencies.length < PICTURES) worker.postMessage(latencies.length);
    else graph.stop();
  }).activate({ onLog: () => {} });
  const { port } = await peer.listening;
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { pictures, port } });
  worker.postMessage(0);
  await graph.done;
  worker.postMessage(undefined);
  if (damaged > 0) throw new Error(`Expected no loss but ${depayload.stats.lost} packets were lost`);
  return latencies.slice(WARM_UP);
}

/** The same for pictures that come whole. */
async function decoderAlone([header, ...pictures]) {
  const latencies = [];
  let sentAt = 0;
  let next = () => {};
  async function* source() {
    yield header;
    for (let n = 0; n < PICTURES; n++) {
      const unit = Buffer.from(pictures[n % pictures.length]);
      unit.writeUInt32BE(n, 13);
      const shown = new Promise((resolve) => {
        next = resolve;
      });
      sentAt = milliseconds();
      // A unit is decoded when it is known what follows it.
      yield Buffer.concat([unit, PADDING]);
      await shown;
    }
  }
  await Pipeline(source(), new DiracDecoder({ threads: THREADS }), (frame) => {
    latencies.push(milliseconds() - sentAt);
    frame.close();
    next();
  }).run();
  return latencies.slice(WARM_UP);
}

/** The same for a live stream of bytes, whose pictures come at their times. */
async function liveBytes([header, ...pictures], lowDelay) {
  const latencies = [];
  const sentAt = [];
  const until = (time) => new Promise((resolve) => setTimeout(resolve, time - milliseconds()));
  async function* source() {
    yield header;
    const begin = milliseconds();
    for (let n = 0; n < PICTURES; n++) {
      const unit = Buffer.from(pictures[n % pictures.length]);
      unit.writeUInt32BE(n, 13);
      const size = Math.ceil(unit.length / SPREAD_MS);
      for (let i = 0; i < SPREAD_MS; i++) {
        await until(begin + n * PERIOD_MS + i + 1);
        if (i + 1 === SPREAD_MS) sentAt.push(milliseconds());
        yield unit.subarray(i * size, (i + 1) * size);
      }
    }
  }
  await Pipeline(source(), new DiracDecoder({ threads: THREADS, lowDelay }), (frame) => {
    latencies.push(milliseconds() - sentAt[latencies.length]);
    frame.close();
  }).run();
  return latencies.slice(WARM_UP);
}

/** Microseconds of CPU time for a packet. */
async function costOf(packets, middle) {
  let bytes = 0;
  const before = process.cpuUsage();
  await Pipeline(packets, middle, (message) => {
    bytes += (message.data ?? message).length;
  }).run();
  const { user, system } = process.cpuUsage(before);
  if (bytes === 0) throw new Error('Expected bytes but received none');
  return (user + system) / packets.length;
}

async function main() {
  const { values } = parseArgs({ options: { json: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help) return console.log(help);
  const shared =
    process.env.KAMAELIA_SHARED ?? join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'shared');
  const file = join(shared, 'streams', 'bench', 'hd-hq8.vc2');
  if (!existsSync(file)) throw new Error(`Expected the reference streams at ${shared} but found none`);
  const units = oneSequence(readFileSync(file));
  const pictures = await packetsByPicture(units);
  const latency = { rtp: [], rtpHeld: [], alone: [], bytes: [], bytesHeld: [] };
  for (let round = 0; round < ROUNDS; round++) {
    latency.alone.push(...(await decoderAlone(units)));
    latency.rtp.push(...(await throughRtp(pictures, true)));
    latency.rtpHeld.push(...(await throughRtp(pictures, false)));
    latency.bytes.push(...(await liveBytes(units, true)));
    latency.bytesHeld.push(...(await liveBytes(units, false)));
  }
  const numbering = new Numbering();
  const packets = [...Array(8).keys()].flatMap((again) =>
    pictures.flatMap((picture, i) => picture.map((packet) => new Uint8Array(numbering.of(packet, again * 8 + i)))),
  );
  const cost = { depayload: [], copy: [] };
  for (let round = 0; round < WARM_UP + 3 * ROUNDS; round++) {
    globalThis.gc?.();
    const copy = await costOf(packets, (packet) => packet.slice());
    globalThis.gc?.();
    const depayload = await costOf(packets, new VC2RTPDepayload());
    if (round < WARM_UP) continue;
    cost.copy.push(copy);
    cost.depayload.push(depayload);
  }
  const bits = (8 * packets.reduce((sum, { length }) => sum + length, 0)) / packets.length;
  const result = {
    packetsAPicture: Math.round(packets.length / 64),
    latency: Object.fromEntries(
      Object.entries(latency).map(([name, all]) => [name, { p50: median(all), p99: quantile(all, 0.99) }]),
    ),
    usAPacket: { depayload: median(cost.depayload), copy: median(cost.copy) },
  };
  const { rtp, rtpHeld, alone, bytes, bytesHeld } = result.latency;
  const { depayload, copy } = result.usAPacket;
  console.log(
    `${cpus()[0]?.model}, ${cpus().length} cores, ${THREADS} decoding threads, ${latency.rtp.length} pictures each`,
  );
  console.log(`${result.packetsAPicture} packets a picture`);
  const line = (name, { p50, p99 }) =>
    console.log(`${name.padEnd(36)} p50 ${p50.toFixed(2)} ms   p99 ${p99.toFixed(2)} ms`);
  const ratio = (of, to) =>
    console.log(`${'ratio'.padEnd(36)} p50 ${(of.p50 / to.p50).toFixed(2)}x     p99 ${(of.p99 / to.p99).toFixed(2)}x`);
  line('last packet to frame, lowDelay', rtp);
  line('last packet to frame, without', rtpHeld);
  ratio(rtp, rtpHeld);
  line('decoder alone, whole pictures', alone);
  ratio(rtp, alone);
  line('last byte to frame, lowDelay', bytes);
  line('last byte to frame, without', bytesHeld);
  ratio(bytes, bytesHeld);
  console.log(
    `depayload                ${depayload.toFixed(2)} us of CPU a packet, ${(bits / depayload / 1000).toFixed(1)} Gbit/s`,
  );
  console.log(`copying each packet      ${copy.toFixed(2)} us of CPU a packet`);
  if (values.json) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
}

await (isMainThread ? main() : sender());
