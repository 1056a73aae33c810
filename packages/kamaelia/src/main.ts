// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { nearest } from '@kamaelia/axon';
import type { Command } from './command.js';
import { EXIT, failureOf, Interrupted } from './failure.js';
import { writeOut } from './standard-output.js';

const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

const commands: Readonly<Record<string, () => Promise<Command>>> = {
  play: async () => (await import('./commands/play.js')).play,
  serve: async () => (await import('./commands/serve.js')).serve,
  probe: async () => (await import('./commands/probe.js')).probe,
  decode: async () => (await import('./commands/decode.js')).decode,
  list: async () => (await import('./commands/list.js')).list,
  describe: async () => (await import('./commands/describe.js')).describe,
  run: async () => (await import('./commands/run.js')).run,
  inspect: async () => (await import('./commands/inspect.js')).inspect,
};

async function help(): Promise<string> {
  const lines = await Promise.all(
    Object.entries(commands).map(async ([name, load]) => `  ${name.padEnd(10)}${(await load()).summary}`),
  );
  return `Usage: kamaelia COMMAND [INPUT] [OUTPUT] [OPTIONS]

${lines.join('\n')}

'kamaelia COMMAND --help' describes a command. Results go to standard output, everything else to standard error.
Exit codes: 0 done, 1 failed, 2 wrong use, 130 interrupted.

Example:
  kamaelia play testcard.drc
`;
}

function version(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** Runs a command line to its end and resolves to the exit code. It prints, and ends nothing but its own work. */
export async function main(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  const interruption = new AbortController();
  const removers = Object.entries(SIGNALS).map(([name, exitCode]) => {
    const onSignal = () => {
      // Asked twice, it does not wait for anything any more.
      if (interruption.signal.aborted) process.exit(exitCode);
      interruption.abort(new Interrupted(exitCode));
    };
    process.on(name, onSignal);
    return () => process.off(name, onSignal);
  });
  try {
    if (verb === undefined || verb === '--help' || verb === '-h' || verb === 'help') {
      await writeOut(await help());
      return verb === undefined ? EXIT.wrongUse : EXIT.done;
    }
    if (verb === '--version') {
      await writeOut(`${version()}\n`);
      return EXIT.done;
    }
    const load = commands[verb];
    if (load === undefined || !Object.hasOwn(commands, verb)) {
      const names = Object.keys(commands);
      const near = nearest(verb, names);
      const hint = near === undefined ? '' : ` (did you mean ${near}?)`;
      process.stderr.write(
        `kamaelia: Expected one of ${names.join(', ')} but received ${verb}${hint}; see kamaelia --help\n`,
      );
      return EXIT.wrongUse;
    }
    const command = await load();
    if (rest.includes('--help') || rest.includes('-h')) {
      await writeOut(command.help);
      return EXIT.done;
    }
    return await command.run(rest, { signal: interruption.signal });
  } catch (error) {
    const { exitCode, message } = failureOf(error);
    if (message !== undefined) {
      const hint = exitCode === EXIT.wrongUse ? `; see kamaelia ${verb} --help` : '';
      process.stderr.write(`kamaelia: ${message}${hint}\n`);
    }
    return exitCode;
  } finally {
    for (const remove of removers) remove();
  }
}
