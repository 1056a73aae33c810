#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The article's first program: a Dirac file served over TCP, decoded, rate-limited and shown in a page.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { root } from './process.mjs';

const help = `Usage: npm start [-- INPUT] [-- OPTIONS]

Serves INPUT (default: examples/media/testcard.drc) over TCP and plays it in a page whose address it prints. INPUT may be
an address as well (tcp:HOST:PORT, http://...), which is played as it comes. OPTIONS are those of 'kamaelia play', such
as --loop, --no-wait, --port N.

Exit codes: 0 played, 1 failed, 2 wrong use, 130 interrupted.`;

const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  console.log(help);
  process.exit(0);
}
const withValue = new Set(['--port', '--host', '--max-width', '--threads', '--header']);
const at = args.findIndex((arg, i) => !arg.startsWith('-') && !withValue.has(args[i - 1]));
const [given] = at < 0 ? [] : args.splice(at, 1);
const input = given ?? join('examples', 'media', 'testcard.drc');
// What comes from elsewhere needs no server here.
const isAddress = /^(tcp|udp|rtp|dvb|exec|https?):/.test(input);
const command = join(root, 'packages', 'kamaelia', 'bin', 'kamaelia.mjs');
const player = spawn(process.execPath, [command, 'play', input, ...(isAddress ? [] : ['--through-tcp']), ...args], {
  // npm runs this in the repository; what was named is where npm was called.
  cwd: given === undefined ? root : (process.env.INIT_CWD ?? process.cwd()),
  stdio: 'inherit',
});
// Ctrl-C reaches the player as well; this waits for it to close everything.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
process.on('SIGTERM', () => player.kill('SIGTERM'));
player.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
