// SPDX-License-Identifier: Apache-2.0
import { Pipeline } from '@kamaelia/axon';
import { SingleServer } from '@kamaelia/components/net';
import { type Command, parse, wholeNumber } from '../command.js';
import { EXIT, UsageError } from '../failure.js';
import { inputOf, pacedFile } from '../input.js';
import { logLine } from '../log-line.js';
import { bitrateOf, ratesOf } from '../stream-rates.js';

/** The article's port. */
const DEFAULT_PORT = 1601;
const HIGHEST_PORT = 65_535;
const HIGHEST_BITRATE = 10_000_000_000;

async function ownBitrate(filename: string, signal: AbortSignal): Promise<number> {
  const rates = await ratesOf(filename, signal);
  if (rates !== undefined) return bitrateOf(rates, filename);
  throw new UsageError(`Expected --bitrate for ${filename}, which is no regular file, but received none`);
}

export const serve: Command = {
  summary: 'send a file to a TCP client at a steady rate',
  help: `Usage: kamaelia serve FILE [--port 1601] [--host 127.0.0.1] [--bitrate N] [--loop]

Listens on a TCP port and sends FILE to whoever connects, one client at a time. Without a client it waits. A client that
leaves is no failure: the next one gets what follows. Ends when the file was sent, but with --loop.

  --port N      1 to 65535, or 0 for a free one (default ${DEFAULT_PORT})
  --host TEXT   address to listen on (default 127.0.0.1: this machine only)
  --bitrate N   bits a second (default: the stream's own rate, for which FILE must be a regular file)
  --loop        begin again at the end of the file

Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted.

Example:
  kamaelia serve testcard.drc --port 1601
`,
  async run(args, { signal }) {
    const { values, operands } = parse(
      args,
      { port: 'text', host: 'text', bitrate: 'text', loop: 'flag' },
      { least: 1, most: 1 },
    );
    const port = wholeNumber('--port', values.port, { least: 0, most: HIGHEST_PORT }) ?? DEFAULT_PORT;
    const input = inputOf(operands[0] ?? '');
    if (input.kind !== 'file') throw new UsageError(`Expected a file for FILE but received ${operands[0]}`);
    const filename = input.path;
    const bitrate =
      wholeNumber('--bitrate', values.bitrate, { least: 1, most: HIGHEST_BITRATE }) ??
      (await ownBitrate(filename, signal));
    const server = new SingleServer({ port, ...(values.host === undefined ? {} : { host: values.host }) });
    await Pipeline(pacedFile(filename, bitrate, values.loop), server).run({ signal, onLog: logLine });
    return EXIT.done;
  },
};
