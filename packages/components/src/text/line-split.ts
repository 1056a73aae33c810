// SPDX-License-Identifier: Apache-2.0
import { optionsObject } from '../options.js';
import { StringSplitter } from './string-splitter.js';

/** Options of {@link LineSplit}. */
export interface LineSplitOptions {
  /** UTF-16 units a line may have, 1 to 2^28; a longer one fails the graph with a RangeError. Default 1048576. */
  readonly maxLength?: number;
}

/**
 * Makes lines of a stream, wherever its messages end. A line ends with a line feed, or with a carriage return and a line
 * feed. A last line without an end is sent when the stream ends.
 *
 * `inbox`: text (`string`), or bytes in UTF-8 (`Uint8Array`) that may be cut within a character. What is not UTF-8 becomes
 * U+FFFD. Anything else fails the graph with a TypeError.
 * `outbox`: the lines without their ends; empty ones too.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { LineSplit } from '@kamaelia/components/text';
 *
 * await Pipeline(['to stri', 've,\r\nto seek,\n', 'to find'], new LineSplit(), (line) => console.log(line)).run();
 */
export class LineSplit extends StringSplitter {
  constructor(options: LineSplitOptions = {}) {
    super({ ...optionsObject('LineSplit', options, ['maxLength']), separator: '\n' });
  }

  protected override piece(line: string): string {
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }
}
