// SPDX-License-Identifier: Apache-2.0
export { FileError } from './file-error.js';
export { ReadFileAdaptor, type ReadFileAdaptorOptions, type ReadMode } from './read-file-adaptor.js';
