// SPDX-License-Identifier: Apache-2.0
export { ConsoleEchoer, type ConsoleEchoerOptions } from './console-echoer.js';
export { ConsoleReader, type ConsoleReaderOptions } from './console-reader.js';
