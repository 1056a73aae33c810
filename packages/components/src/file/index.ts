// SPDX-License-Identifier: Apache-2.0
export type { Sendable } from '../bytes.js';
export { Append, type AppendOptions } from './append.js';
export { FileError } from './file-error.js';
export { PromptedFileReader, type PromptedFileReaderOptions } from './prompted-file-reader.js';
export {
  RateControlledFileReader,
  type RateControlledFileReaderOptions,
  type RateControlledReader,
} from './rate-controlled-file-reader.js';
export { ReadFileAdaptor, type ReadFileAdaptorOptions, type ReadMode } from './read-file-adaptor.js';
export { SimpleFileWriter, type SimpleFileWriterOptions, type WriteMode } from './simple-file-writer.js';
export { type WholeFile, WholeFileWriter, type WholeFileWriterOptions } from './whole-file-writer.js';
