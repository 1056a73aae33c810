// SPDX-License-Identifier: Apache-2.0
import { type Component, type Outbox, Pipeline } from '@kamaelia/axon';
import { optionsObject } from '../options.js';
import { ByteRate_RequestControl } from '../rate/byte-rate-request-control.js';
import type { RequestControlOptions } from '../rate/request-schedule.js';
import { PromptedFileReader, type PromptedFileReaderOptions } from './prompted-file-reader.js';

/** Options of {@link RateControlledFileReader}. */
export interface RateControlledFileReaderOptions extends PromptedFileReaderOptions, RequestControlOptions {}

/** What {@link RateControlledFileReader} makes. */
export type RateControlledReader = Component & { readonly outbox: Outbox<Uint8Array> };

/**
 * Reads a file at a rate of bytes, or of lines, a second, and ends with it: a pipeline of `ByteRate_RequestControl`,
 * whose options it takes, and `PromptedFileReader`. After a stall it makes up for what was missed. (`ReadFileAdaptor`
 * with a `bitrate` does not, and reads ahead.)
 *
 * `outbox`: `Uint8Array`s, each with a buffer of its own that belongs to the receiver.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { RateControlledFileReader } from '@kamaelia/components/file';
 *
 * const reader = RateControlledFileReader({ filename: 'testcard.drc', rate: 1e6, chunksize: 100_000 });
 * await Pipeline(reader, (bytes) => console.log(bytes.length)).run();
 */
export function RateControlledFileReader(options: RateControlledFileReaderOptions): RateControlledReader {
  const { filename, readmode, ...rate } = optionsObject('RateControlledFileReader', options, [
    'filename',
    'readmode',
    'rate',
    'chunksize',
    'chunkrate',
    'allowchunkaggregation',
  ]);
  const reader = new PromptedFileReader(readmode === undefined ? { filename } : { filename, readmode });
  return Pipeline(new ByteRate_RequestControl(rate), reader);
}
