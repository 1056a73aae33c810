// SPDX-License-Identifier: Apache-2.0
import { UnixProcess } from './unix-process.js';

/**
 * The older name of {@link UnixProcess}: `new Pipethrough('sort')`.
 *
 * @example
 * import { Pipeline } from '@kamaelia/axon';
 * import { ReadFileAdaptor } from '@kamaelia/components/file';
 * import { Pipethrough } from '@kamaelia/components/process';
 *
 * const count = (bytes) => console.log(new TextDecoder().decode(bytes));
 * await Pipeline(new ReadFileAdaptor('testcard.drc'), new Pipethrough('wc -c'), count).run();
 */
export class Pipethrough extends UnixProcess {}
