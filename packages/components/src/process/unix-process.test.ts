// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Component, ComponentError, Graphline, link, Pipeline, type Steps } from '@kamaelia/axon';
import { drive } from '@kamaelia/axon/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listsDescriptors, openDescriptors } from '../testing/descriptors.js';
import { quiet } from '../testing/quiet.js';
import { until } from '../testing/until.js';
import { Pipethrough, ProcessError, UnixProcess } from './index.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kamaelia-process-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = (chunks: readonly Uint8Array[]) => Buffer.concat(chunks).toString();
const length = (chunks: readonly Uint8Array[]) => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
const blocks = (count: number) => Array.from({ length: count }, (_, i) => new Uint8Array(65_536).fill(i));

/** Whether anybody is left in the process group that has not ended; one that only waits to be taken note of has. */
function lives(group: number | undefined): boolean {
  if (group === undefined) return false;
  if (!listsDescriptors) {
    try {
      return process.kill(-group, 0);
    } catch {
      return false;
    }
  }
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [state, , groupOf] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return Number(groupOf) === group && state !== 'Z';
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });
}

const unix = process.platform !== 'win32';

describe.skipIf(!unix)('UnixProcess', () => {
  it('gives the program its input and sends on its output', async () => {
    const sort = new UnixProcess('sort');
    const run = drive(sort, { inbox: ['pear\n', new TextEncoder().encode('fig\n'), 'apple\n'] });
    await run.done;
    expect(text(run.outbox.messages)).toBe('apple\nfig\npear\n');
    for (const chunk of run.outbox.messages) {
      expect(chunk.constructor).toBe(Uint8Array);
      expect(chunk.buffer.byteLength).toBe(chunk.byteLength);
    }
    expect(sort.exit).toEqual({ code: 0, signal: null });
    expect(sort.stats).toEqual({ bytesIn: 15, bytesOut: 15, bytesError: 0 });
    expect(sort.pid).toBeUndefined();
  });

  it('runs a program with arguments that no shell sees', async () => {
    const run = drive(new UnixProcess(['printf', '%s|', '$HOME', 'a b', '*']), { inbox: [] });
    await run.done;
    expect(text(run.outbox.messages)).toBe('$HOME|a b|*|');
  });

  it('runs in another folder and environment', async () => {
    const command = 'pwd -P; echo "$WHAT"';
    const run = drive(new UnixProcess({ command, cwd: '/', env: { WHAT: 'this', PATH: process.env.PATH } }), {
      inbox: [],
    });
    await run.done;
    expect(text(run.outbox.messages)).toBe('/\nthis\n');
  });

  it('gives an empty input when nothing is linked to its inbox', async () => {
    const heard: Uint8Array[] = [];
    await Pipeline(new UnixProcess('cat; echo end'), (bytes: Uint8Array) => {
      heard.push(bytes);
    }).run();
    expect(text(heard)).toBe('end\n');
  });

  it('sends what the program writes to its standard error from error', async () => {
    const run = drive(new UnixProcess('echo out; echo err >&2'), { inbox: [] });
    await run.done;
    expect(text(run.outbox.messages)).toBe('out\n');
    expect(text(run.output<Uint8Array>('error').messages)).toBe('err\n');
  });

  it('carries 20 MB both ways at once', async () => {
    const run = drive(new UnixProcess('cat'), { inbox: blocks(320) });
    await run.done;
    expect(Buffer.concat(run.outbox.messages).equals(Buffer.concat(blocks(320)))).toBe(true);
  });

  it('makes the program wait while nobody takes its output, and loses nothing', async () => {
    const cat = new UnixProcess('head -c 30000000 /dev/zero');
    const run = drive(cat, {}, { held: true });
    await quiet(() => cat.stats.bytesOut);
    expect(cat.stats.bytesOut).toBeLessThan(8_000_000);
    run.outbox.take();
    await run.done;
    expect(length(run.outbox.messages)).toBe(30_000_000);
  });

  it('takes from its inbox only what the program reads', async () => {
    const sleeping = new UnixProcess('sleep 1000');
    const waiting = drive(sleeping, { inbox: blocks(1000) });
    await quiet(() => sleeping.stats.bytesIn);
    expect(sleeping.stats.bytesIn).toBeLessThan(4_000_000);
    expect(waiting.inbox.waiting).toBeGreaterThan(900);
    waiting.abort();
    await waiting.done.catch(() => {});
    const slow = new UnixProcess('cat >/dev/null; echo read');
    const run = drive(slow, { inbox: blocks(1000) });
    await run.done;
    expect(text(run.outbox.messages)).toBe('read\n');
    expect(slow.stats.bytesIn).toBe(65_536_000);
  });

  it('still gives the program its input while nobody takes its output', async () => {
    const tee = new UnixProcess('yes | head -c 10000000; cat > "$0.copy"'.replace('$0', join(folder, 'fed')));
    const run = drive(tee, { inbox: blocks(2) }, { held: true });
    await until(() => tee.stats.bytesOut > 0 && !tee.outbox.open);
    await until(() => tee.stats.bytesIn === 131_072);
    run.outbox.take();
    await run.done;
    expect(readFileSync(join(folder, 'fed.copy')).length).toBe(131_072);
  });

  it('ends normally when the program does not read its input, or not all of it', async () => {
    const run = drive(new UnixProcess(['head', '-c', '5']), { inbox: ['hello world'] });
    await run.done;
    expect(text(run.outbox.messages)).toBe('hello');
    function* endless() {
      for (;;) yield new Uint8Array(65_536);
    }
    let heard = 0;
    await Pipeline(endless(), new UnixProcess('head -c 100000'), (bytes: Uint8Array) => {
      heard += bytes.length;
    }).run();
    expect(heard).toBe(100_000);
    await Pipeline(endless(), new UnixProcess('true')).run();
  });

  it('waits for the output of what the program started and left behind', async () => {
    const behind = '(while kill -0 $$ 2>/dev/null; do sleep 0.01; done; echo late) &';
    const run = drive(new UnixProcess(`${behind} echo early`), { inbox: [] });
    await run.done;
    expect(text(run.outbox.messages)).toBe('early\nlate\n');
  });

  it('lets somebody read its output to the end first, and its errors then', async () => {
    class OneAfterTheOther extends Component {
      readonly inbox = this.in<Uint8Array>('inbox');
      readonly errors = this.in<Uint8Array>('errors');
      readonly bytes: [number, number] = [0, 0];
      override *main(): Steps {
        while (!this.inbox.ended) {
          while (this.inbox.ready) this.bytes[0] += this.inbox.recv().length;
          yield;
        }
        while (!this.errors.ended) {
          while (this.errors.ready) this.bytes[1] += this.errors.recv().length;
          yield;
        }
      }
    }
    const program = new UnixProcess('head -c 20000000 /dev/zero >&2; head -c 1000000 /dev/zero');
    const reader = new OneAfterTheOther();
    await Graphline({ program, reader }, () => [
      link(program.outbox, reader.inbox),
      link(program.error, reader.errors),
    ]).run({ onLog: () => {} });
    expect(reader.bytes).toEqual([1_000_000, 20_000_000]);
  });

  it('finishes its work when it is stopped in order', async () => {
    const run = drive(new UnixProcess('sort'));
    run.inbox.send('b\n', 'a\n');
    await run.settle();
    run.stop();
    await run.done;
    expect(text(run.outbox.messages)).toBe('a\nb\n');
  });

  it('leaves neither processes nor descriptors behind', async () => {
    const once20 = async () => {
      for (let i = 0; i < 10; i++) {
        await drive(new UnixProcess('cat'), { inbox: ['x'] }).done;
        const aborted = drive(new UnixProcess('sleep 1000'));
        await aborted.settle();
        aborted.abort();
        await aborted.done.catch(() => {});
      }
    };
    await once20();
    if (!listsDescriptors) return;
    await until(() => openDescriptors().every((name) => !name.includes('(deleted)')));
    const before = openDescriptors().length;
    await once20();
    await until(() => openDescriptors().length <= before);
  });
});

describe.skipIf(!unix)('UnixProcess that fails', () => {
  it('says so with its path, the code and the last line of the standard error', async () => {
    const error: unknown = await Pipeline(new UnixProcess('echo one >&2; echo two >&2; exit 3'), () => {})
      .run()
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ComponentError);
    const { message, path, cause } = error as ComponentError;
    expect(path).toMatch(/^Pipeline-\d+\/UnixProcess-\d+$/);
    expect(message).toBe(`${path}: "echo one >&2; echo two >&2; exit 3" exited with code 3: two`);
    expect(cause).toBeInstanceOf(ProcessError);
    expect(cause).toMatchObject({ code: 'EXIT', exit: { code: 3, signal: null }, stderr: 'one\ntwo\n' });
  });

  it('keeps only the end of a long standard error', async () => {
    const run = drive(new UnixProcess('head -c 1000000 /dev/zero | tr "\\0" x >&2; echo last >&2; exit 1'));
    const error = (await run.done.catch((e: ComponentError) => e.cause)) as ProcessError;
    expect(error.stderr.length).toBe(4096);
    expect(error.stderr.endsWith('xlast\n')).toBe(true);
  });

  it('names the signal that ended it', async () => {
    const killed = new UnixProcess('kill -KILL $$');
    await expect(drive(killed).done).rejects.toThrow(/"kill -KILL \$\$" was ended by SIGKILL$/);
    expect(killed.exit).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('fails before those behind it hear of an end, but behind all its output', async () => {
    class Ends extends Component {
      readonly inbox = this.in<Uint8Array>('inbox');
      heard = '';
      sawEnd = false;
      override *main(): Steps {
        while (!this.inbox.ended) {
          while (this.inbox.ready) this.heard += Buffer.from(this.inbox.recv()).toString();
          yield;
        }
        this.sawEnd = true;
      }
    }
    const ends = new Ends();
    await expect(Pipeline(new UnixProcess('echo half; exit 1'), ends).run()).rejects.toThrow(/exited with code 1/);
    expect([ends.heard, ends.sawEnd]).toEqual(['half\n', false]);
  });

  it('ends as any other with allowFailure', async () => {
    const grep = new UnixProcess({ command: ['grep', 'x'], allowFailure: true });
    const run = drive(grep, { inbox: ['y\n'] });
    await run.done;
    expect(run.outbox.messages).toEqual([]);
    expect(grep.exit).toEqual({ code: 1, signal: null });
  });

  it('says that there is no such program, or folder', async () => {
    const none = drive(new UnixProcess(['no-such-program', '-x']), { inbox: ['x'] });
    await expect(none.done).rejects.toThrow(
      /UnixProcess-1: cannot run "no-such-program -x": no such file or directory \(ENOENT\)$/,
    );
    const nowhere = drive(new UnixProcess({ command: 'true', cwd: '/no/such/folder' }));
    await expect(nowhere.done).rejects.toThrow(/cannot run "true" in "\/no\/such\/folder": no such file/);
    const refused = drive(new UnixProcess(['/etc/passwd']));
    await expect(refused.done).rejects.toThrow(/cannot run "\/etc\/passwd": permission denied \(EACCES\)/);
    await expect(drive(new UnixProcess('no-such-command')).done).rejects.toThrow(/exited with code 127: .*not found/);
  });

  it('refuses a message that is neither bytes nor text, and ends the program', async () => {
    const cat = new UnixProcess('cat');
    const run = drive(cat);
    await until(() => cat.pid !== undefined);
    const { pid } = cat;
    run.inbox.send(5 as never);
    await expect(run.done).rejects.toThrow('UnixProcess: Expected Uint8Array or string for a message but received 5');
    await until(() => !lives(pid));
  });

  const wrong: [string, unknown, RegExp][] = [
    ['an empty command', '', /^UnixProcess: Expected a non-empty string or an array of a program and its arguments/],
    ['an empty array', [], /for command but received \[\]$/],
    ['a number among the arguments', ['sleep', 5], /for command but received \["sleep",5\]$/],
    ['no command', {}, /for command but received undefined$/],
    ['an empty folder', { command: 'x', cwd: '' }, /for cwd but received ""/],
    ['a bare number as patience', { command: 'x', patience: 5 }, /{ ms } or { us } above 0 for patience/],
  ];
  it.each(wrong)('refuses %s at construction', (_, options, message) => {
    expect(() => new UnixProcess(options as string)).toThrow(message);
  });
});

describe.skipIf(!unix)('UnixProcess that is aborted', () => {
  it('ends the program and everything that it started', async () => {
    const shell = new UnixProcess('sleep 1000 | sleep 1000 & sleep 1000; true');
    const run = drive(shell);
    await until(() => shell.pid !== undefined);
    const { pid } = shell;
    expect(lives(pid)).toBe(true);
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    // Files are closed a moment before a process has ended.
    await until(() => !lives(pid));
    expect(shell.exit).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it('lets it finish what it does at SIGTERM', async () => {
    const file = join(folder, 'finished');
    const polite = new UnixProcess(`trap 'echo done > ${file}; exit 0' TERM; echo ready; while :; do sleep 0.01; done`);
    const run = drive(polite);
    await until(() => run.outbox.messages.length > 0);
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    expect(readFileSync(file, 'utf8')).toBe('done\n');
  });

  it('lets those finish that the program started, also when it ends first', async () => {
    const file = join(folder, 'child-finished');
    const child = `sh -c 'trap "echo done > ${file}; exit" TERM; echo ready; while :; do sleep 0.01; done' & wait`;
    const run = drive(new UnixProcess(child));
    await until(() => run.outbox.messages.length > 0);
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    expect(readFileSync(file, 'utf8')).toBe('done\n');
  });

  it('kills one that ignores SIGTERM, with all that it started, after its patience', async () => {
    const command =
      "trap '' TERM; (trap '' TERM; while :; do sleep 0.01; done) & echo ready; wait; while :; do :; done";
    const stubborn = new UnixProcess({ command, patience: { ms: 50 } });
    const run = drive(stubborn);
    await until(() => run.outbox.messages.length > 0);
    const { pid } = stubborn;
    run.abort(new Error('over'));
    await expect(run.done).rejects.toThrow('over');
    expect(stubborn.exit).toEqual({ code: null, signal: 'SIGKILL' });
    await until(() => !lives(pid));
  });

  it('ends the program when nobody wants its output any more', async () => {
    class First extends Component {
      readonly inbox = this.in<Uint8Array>('inbox');
      override *main(): Steps {
        while (!this.inbox.ready) yield;
      }
    }
    const yes = new UnixProcess('yes');
    await Pipeline(yes, new First()).run();
    expect(yes.exit).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it('does not start what is aborted before its time', async () => {
    const file = join(folder, 'never');
    const early = new UnixProcess(`touch ${file}`);
    early.activate();
    early.abort(new Error('early'));
    await expect(early.done).rejects.toThrow('early');
    expect(existsSync(file)).toBe(false);
  });
});

describe.skipIf(!unix)('Pipethrough', () => {
  it('is UnixProcess by its older name', async () => {
    const run = drive(new Pipethrough('tr a-z A-Z'), { inbox: ['hello'] });
    await run.done;
    expect(text(run.outbox.messages)).toBe('HELLO');
    await expect(drive(new Pipethrough('exit 2'), {}).done).rejects.toThrow(
      /^.*Pipethrough-1: "exit 2" exited with code 2$/,
    );
    expect(() => new Pipethrough('')).toThrow(/^Pipethrough: Expected/);
  });
});

// What only a process of its own can show. It runs the compiled packages, so it is skipped where they are not built.
const here = dirname(fileURLToPath(import.meta.url));
const compiled = join(here, '..', '..', 'dist', 'process', 'index.js');
describe.skipIf(!unix || !existsSync(compiled))('a program that exits with processes running', () => {
  it('takes them with it', async () => {
    const script = `import { UnixProcess } from ${JSON.stringify(pathToFileURL(compiled).href)};
      const sleeping = new UnixProcess('sleep 1000').activate();
      setTimeout(() => { console.log(sleeping.pid); process.exit(4); }, 50);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let heard = '';
    child.stdout.on('data', (chunk) => {
      heard += String(chunk);
    });
    expect(await once(child, 'close')).toEqual([4, null]);
    expect(Number(heard)).toBeGreaterThan(0);
    await until(() => !lives(Number(heard)));
  });
});
