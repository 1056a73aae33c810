// SPDX-License-Identifier: Apache-2.0
// Decodes a Dirac file to YUV4MPEG, which players and encoders read: `node decode-to-y4m.mjs | ffplay -`.
//
//   node decode-to-y4m.mjs [FILE] > OUTPUT.y4m
import { Pipeline } from '@kamaelia/axon';
import { ConsoleEchoer } from '@kamaelia/components/console';
import { ReadFileAdaptor } from '@kamaelia/components/file';
import { DiracDecoder } from '@kamaelia/dirac';
import { FrameToYUV4MPEG } from '@kamaelia/media';

const filename = process.argv[2] ?? new URL('media/testcard.drc', import.meta.url).pathname;
try {
  await Pipeline(
    new ReadFileAdaptor({ filename }),
    new DiracDecoder(),
    new FrameToYUV4MPEG(),
    new ConsoleEchoer(),
  ).run();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
