// SPDX-License-Identifier: Apache-2.0
// What only a process of its own can show: stdin let go, stdout closed by its reader. It runs the compiled packages,
// so it is skipped where they have not been built.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

const here = dirname(fileURLToPath(import.meta.url));
const components = join(here, '..', '..', 'dist', 'console', 'index.js');
const axon = join(here, '..', '..', '..', 'axon', 'dist', 'index.js');

function start(body: string) {
  const text = `import { Component, Pipeline } from ${JSON.stringify(pathToFileURL(axon).href)};
    import { ConsoleEchoer, ConsoleReader } from ${JSON.stringify(pathToFileURL(components).href)};\n${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], { stdio: 'pipe', timeout: 20_000 });
  const heard = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    heard.stdout += String(chunk);
  });
  child.stderr.on('data', (chunk) => {
    heard.stderr += String(chunk);
  });
  return { child, heard, exit: once(child, 'close') as Promise<[number | null, string | null]> };
}

describe.skipIf(!existsSync(components) || !existsSync(axon))('a program at the console', () => {
  it('echoes what it reads and exits at the end of its input', async () => {
    const { child, heard, exit } = start('await Pipeline(new ConsoleReader(), new ConsoleEchoer()).run();');
    child.stdin.end('hello\nworld\n');
    expect(await exit).toEqual([0, null]);
    expect(heard.stderr).toBe('');
    // Which of prompt and echo is first depends on the pipe.
    expect(heard.stdout.split('>>> ')).toHaveLength(4);
    expect(heard.stdout.replaceAll('>>> ', '')).toBe('hello\nworld\n');
  });

  it('exits although its input stays open, once nobody wants lines any more', async () => {
    const { child, heard, exit } = start(`
      class First extends Component {
        inbox = this.in('inbox');
        *main() { while (!this.inbox.ready) yield; console.log('got', this.inbox.recv()); }
      }
      await Pipeline(new ConsoleReader({ prompt: '', eol: '' }), new First()).run();`);
    child.stdin.write('one\ntwo\n');
    expect(await exit).toEqual([0, null]);
    expect(heard).toEqual({ stdout: 'got one\n', stderr: '' });
  });

  it('ends with 0 and no word when the reader of its output goes away', async () => {
    const { child, heard, exit } = start(`
      function* endless() { for (;;) yield 'line\\n'; }
      await Pipeline(endless(), new ConsoleEchoer()).run();`);
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await exit).toEqual([0, null]);
    expect(heard.stderr).toBe('');
  });
});
