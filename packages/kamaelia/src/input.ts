// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
import type { Component } from '@kamaelia/axon';
import { ReadFileAdaptor } from '@kamaelia/components/file';
import { TCPClient } from '@kamaelia/components/net';
import { UsageError } from './failure.js';

/** The forms of INPUT, for every `--help`. */
export const INPUT_HELP = `INPUT is a file, - (standard input), file:PATH, tcp:HOST:PORT or http:// and https:// addresses (with
--header 'NAME: VALUE', repeatable).`;

const LATER = /^(udp|rtp|dvb|exec):/;
const HIGHEST_PORT = 65_535;
const CHUNKS_A_SECOND = 24;
const LARGEST_CHUNK = 1024 * 1024;

/** Where a command reads from. */
export type Input =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'stdin' }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'http'; readonly url: string; readonly headers: Headers };

/** Understands INPUT; a form that cannot be meant is a {@link UsageError}. */
export function inputOf(text: string, headers: readonly string[] = []): Input {
  if (text === '') throw new UsageError('Expected INPUT but received an empty string');
  if (text === '-') return { kind: 'stdin' };
  if (/^https?:\/\//.test(text)) return { kind: 'http', url: text, headers: headersOf(headers) };
  if (headers.length > 0) throw new UsageError('Expected an http or https INPUT for --header but received another');
  if (text.startsWith('tcp:')) return { kind: 'tcp', ...hostAndPort(text) };
  if (text.startsWith('file:')) return { kind: 'file', path: pathOf(text) };
  const later = LATER.exec(text)?.[1];
  if (later !== undefined) throw new UsageError(`Expected another INPUT than ${later}:, which is not supported yet`);
  return { kind: 'file', path: text };
}

function pathOf(text: string): string {
  if (!text.startsWith('file://')) return text.slice('file:'.length);
  try {
    return fileURLToPath(text);
  } catch (error) {
    throw new UsageError(`Expected a file: address for INPUT but received ${text}: ${(error as Error).message}`);
  }
}

function hostAndPort(text: string): { host: string; port: number } {
  const match = /^tcp:(?:\/\/)?(?:\[([^\]]+)\]|([^:/]+)):(\d+)\/?$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port >= 1 && port <= HIGHEST_PORT)) {
    throw new UsageError(`Expected tcp:HOST:PORT for INPUT but received ${text}`);
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

/** The first part of a pipeline: the input's bytes, as fast as they are taken. */
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
  }
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
