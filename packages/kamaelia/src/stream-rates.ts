// SPDX-License-Identifier: Apache-2.0
import { stat } from 'node:fs/promises';
import { Pipeline } from '@kamaelia/axon';
import { ReadFileAdaptor } from '@kamaelia/components/file';
import { DiracProbe, type DiracStreamInfo } from '@kamaelia/dirac';

/** A stream has headers but nothing that they describe, so it has no rate either. */
class NoPicturesError extends Error {
  override readonly name = 'NoPicturesError';
  readonly code = 'NO_PICTURES';
}

/**
 * What the headers of a file say, from reading all of it. Undefined for a pipe or a device: what is read of those is
 * gone.
 */
export async function ratesOf(filename: string, signal: AbortSignal): Promise<DiracStreamInfo | undefined> {
  const found = await stat(filename).catch(() => undefined);
  // The reader says what is wrong with what is not there and with a folder.
  if (found !== undefined && !found.isFile() && !found.isDirectory()) return undefined;
  const stream = new DiracProbe();
  const graph = Pipeline(new ReadFileAdaptor(filename), (bytes: Uint8Array) => {
    stream.push(bytes);
  });
  graph.name = 'Probe';
  await graph.run({ signal });
  return stream.finish();
}

/** Bits a second at which the file has to be sent to be played as it comes. */
export function bitrateOf({ bitrate }: DiracStreamInfo, filename: string): number {
  if (bitrate > 0) return bitrate;
  throw new NoPicturesError(`Expected a stream with pictures but ${filename} has headers only`);
}
