// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Component, Pipeline } from '@kamaelia/axon';
import { ReadFileAdaptor } from '@kamaelia/components/file';
import { Multicast_receiver, SimplePeer, TCPClient } from '@kamaelia/components/net';
import { readVC2Session, VC2RTPDepayload, type VC2Session } from '@kamaelia/dirac';
import { UsageError } from './failure.js';

/** The forms of INPUT, for every `--help`. */
export const INPUT_HELP = `INPUT is a file, - (standard input), file:PATH, tcp:HOST:PORT or http:// and https:// addresses (with
--header 'NAME: VALUE', repeatable).`;

/** Further forms, of commands that take a stream which has no end. */
export const LIVE_INPUT_HELP = `It may also be VC-2 over RTP, received until it is interrupted: NAME.sdp, the description of the session, or rtp:HOST:PORT,
a multicast group or an address of this machine. --interface ADDRESS says by which interface a group is received.`;

const LATER = /^(udp|dvb|exec):/;
const HIGHEST_PORT = 65_535;
const CHUNKS_A_SECOND = 24;
const LARGEST_CHUNK = 1024 * 1024;
/** The interface that the system chooses. */
const ANY = '0.0.0.0';
/** Datagrams that may wait: some pictures of high quality. */
const QUEUE = 4096;
/** The same for the system, as far as it gives so much. */
const RECEIVE_BUFFER = 8 << 20;

/** Where a command reads from. */
export type Input =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdin' }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'http'; readonly url: string; readonly headers: Headers }
  | { readonly kind: 'rtp'; readonly session: RTPSession; readonly interface: string | undefined };

/** Where packets are received: as a file says, or at an address. */
type RTPSession = { readonly sdpPath: string } | { readonly host: string; readonly port: number };

/** Options of an INPUT. */
export interface InputOptions {
  /** HTTP headers, each `NAME: VALUE`. */
  readonly headers?: readonly string[] | undefined;
  /** Address of the interface by which a multicast group is received. */
  readonly interface?: string | undefined;
}

/** Understands INPUT; a form that cannot be meant is a {@link UsageError}. */
export function inputOf(text: string, options: InputOptions = {}): Input {
  const { headers = [], interface: local } = options;
  if (text === '') throw new UsageError('Expected INPUT but received an empty string');
  if (text === '-') return { kind: 'stdin' };
  if (/^https?:\/\//.test(text)) return { kind: 'http', url: text, headers: headersOf(headers) };
  if (headers.length > 0) throw new UsageError('Expected an http or https INPUT for --header but received another');
  const isSession = text.startsWith('rtp:') || text.endsWith('.sdp');
  if (local !== undefined && !isSession) {
    throw new UsageError(
      'Expected an rtp: address or a session description for --interface but received another INPUT',
    );
  }
  if (text.startsWith('rtp:')) return { kind: 'rtp', session: hostAndPort(text), interface: local };
  if (isSession) return { kind: 'rtp', session: { sdpPath: pathOf(text) }, interface: local };
  if (text.startsWith('tcp:')) return { kind: 'tcp', ...hostAndPort(text) };
  if (text.startsWith('file:')) return { kind: 'file', path: pathOf(text) };
  const later = LATER.exec(text)?.[1];
  if (later !== undefined) throw new UsageError(`Expected another INPUT than ${later}:, which is not supported yet`);
  return { kind: 'file', path: text };
}

function pathOf(text: string): string {
  if (!text.startsWith('file:')) return text;
  if (!text.startsWith('file://')) return text.slice('file:'.length);
  try {
    return fileURLToPath(text);
  } catch (error) {
    throw new UsageError(`Expected a file: address for INPUT but received ${text}: ${(error as Error).message}`);
  }
}

function hostAndPort(text: string): { host: string; port: number } {
  const match = /^(\w+):(?:\/\/)?(?:\[([^\]]+)\]|([^:/]+)):(\d+)\/?$/.exec(text);
  const host = match?.[2] ?? match?.[3];
  const port = Number(match?.[4]);
  if (host === undefined || !(port >= 1 && port <= HIGHEST_PORT)) {
    throw new UsageError(`Expected ${text.slice(0, 3)}:HOST:PORT for INPUT but received ${text}`);
  }
  return { host, port };
}

function headersOf(lines: readonly string[]): Headers {
  const headers = new Headers();
  for (const line of lines) {
    const colon = line.indexOf(':');
    try {
      headers.append(line.slice(0, Math.max(colon, 0)), line.slice(colon + 1).trim());
    } catch {
      throw new UsageError(`Expected NAME: VALUE for --header but received ${line}`);
    }
  }
  return headers;
}

/** A file's bytes at any bit rate above 0. */
export function pacedFile(filename: string, bitrate: number, repeat: boolean): ReadFileAdaptor {
  const bytes = bitrate / 8;
  // Below that a chunk would have no whole byte, above it would be large.
  const chunkrate = Math.min(bytes, Math.max(CHUNKS_A_SECOND, bytes / LARGEST_CHUNK));
  return new ReadFileAdaptor({ filename, bitrate, chunkrate, repeat });
}

/** The first part of a pipeline: the input's bytes, or of RTP its chunks, as fast as they are taken. */
export function sourceOf(
  input: Input,
  { signal }: { signal?: AbortSignal } = {},
): Component | AsyncIterable<Uint8Array> {
  switch (input.kind) {
    case 'file':
      return new ReadFileAdaptor(input.path);
    case 'stdin':
      return process.stdin;
    case 'tcp':
      return new TCPClient({ host: input.host, port: input.port });
    case 'http':
      return fetched(input.url, input.headers, signal);
    case 'rtp':
      return received(input.session, input.interface);
  }
}

/** Packets of a session, made into a stream. */
function received(session: RTPSession, local: string | undefined): Component {
  const sdp = 'sdpPath' in session ? readFileSync(session.sdpPath, 'utf8') : undefined;
  const { host, port } = 'sdpPath' in session ? sessionIn(session.sdpPath, sdp ?? '') : session;
  const depayload = new VC2RTPDepayload(sdp === undefined ? {} : { sdp });
  const room = { queue: QUEUE, receiveBuffer: RECEIVE_BUFFER };
  if (isMulticastIPv4(host)) {
    return Pipeline(new Multicast_receiver({ address: host, port, localAddr: local ?? ANY, ...room }), depayload);
  }
  if (local !== undefined) {
    throw new UsageError(`Expected a multicast group (IPv4) for --interface but received packets sent to ${host}`);
  }
  return Pipeline(new SimplePeer({ localaddr: host, localport: port, ...room }), depayload);
}

function sessionIn(path: string, sdp: string): VC2Session {
  try {
    return readVC2Session(sdp);
  } catch (error) {
    (error as Error).message = `${path}: ${(error as Error).message}`;
    throw error;
  }
}

function isMulticastIPv4(host: string): boolean {
  return isIPv4(host) && /^2(2[4-9]|3\d)\./.test(host);
}

async function* fetched(url: string, headers: Headers, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  let response: Response;
  try {
    response = await fetch(url, signal === undefined ? { headers } : { headers, signal });
  } catch (error) {
    const cause = (error as Error).cause;
    throw new TypeError(`cannot fetch ${url}: ${cause instanceof Error ? cause.message : (error as Error).message}`, {
      cause: error,
    });
  }
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new TypeError(`cannot fetch ${url}: Expected status 200 but received ${response.status}`);
  }
  yield* response.body as unknown as AsyncIterable<Uint8Array>;
}
