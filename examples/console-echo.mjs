// SPDX-License-Identifier: Apache-2.0
// The article's reader and echoer: what is typed comes back. Ctrl-D ends it.
//
//   node console-echo.mjs
import { Pipeline } from '@kamaelia/axon';
import { ConsoleEchoer, ConsoleReader } from '@kamaelia/components/console';

await Pipeline(new ConsoleReader(), new ConsoleEchoer()).run();
