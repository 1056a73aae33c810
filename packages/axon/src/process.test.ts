// SPDX-License-Identifier: Apache-2.0
// What only a process of its own can show: exit codes, staying alive, CPU time of an idle system. It runs the sources
// through the compiled package, so it is skipped where that has not been built.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

const built = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'index.js');

function program(
  body: string,
  options: readonly string[] = [],
): { code: number | null; stdout: string; stderr: string } {
  const text = `import * as axon from ${JSON.stringify(pathToFileURL(built).href)};
    const { Component, Pipeline, run } = axon;\n${body}`;
  const { status, stdout, stderr } = spawnSync(process.execPath, [...options, '--input-type=module', '-e', text], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { code: status, stdout, stderr };
}

/** Prints the CPU milliseconds of a second: of several until one is idle, as what the start left to collect may come late. */
const leastCpuOfASecond = `
      let least = Infinity;
      for (let second = 0; second < 8 && least >= 50; second++) {
        const before = process.cpuUsage();
        await new Promise((resolve) => setTimeout(resolve, 1000));
        const used = process.cpuUsage(before);
        least = Math.min(least, (used.user + used.system) / 1000);
      }
      console.log(least);`;

describe.skipIf(!existsSync(built))('a program', () => {
  it('ends with 1 and one line when a background graph fails unseen, and its other graphs go on', () => {
    const { code, stdout, stderr } = program(`
      Pipeline([1], () => { throw new Error('unseen'); }).activate();
      class Later extends Component { *main() { yield* this.sleep({ ms: 30 }); console.log('went on'); } }
      new Later().activate();`);
    expect(code).toBe(1);
    expect(stdout).toBe('went on\n');
    expect(stderr).toMatch(/^\[error\] Pipeline-1\/FunctionStage-1: unseen/);
  });

  it('stays alive while a component waits for a promise that nothing else keeps alive', () => {
    const { code, stdout } = program(`
      class Waits extends Component {
        *main() {
          const timer = setTimeout(() => this.settle('late'), 50);
          timer.unref();
          console.log(yield* this.until(new Promise((resolve) => { this.settle = resolve; })));
        }
      }
      new Waits().activate();`);
    expect([code, stdout]).toEqual([0, 'late\n']);
  });

  it('ends with 0 when its graphs have ended, leaving no timer behind', () => {
    const began = performance.now();
    const { code } = program(`
      class Sleeper extends Component { *main() { yield* this.sleep({ ms: 1e6 }); } }
      const sleeper = new Sleeper().activate();
      setTimeout(() => sleeper.stop(), 20);
      await sleeper.done;`);
    expect(code).toBe(0);
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  it('takes no CPU while 100000 components are parked', () => {
    const { code, stdout } = program(`
      const ext = [];
      class Parked extends Component {
        inbox = this.in('inbox');
        *main() { while (!this.inbox.ended) yield; }
      }
      for (let i = 0; i < 100_000; i++) new Parked().activate();
      await new Promise((resolve) => setTimeout(resolve, 1500));
      globalThis.gc?.();
      ${leastCpuOfASecond}`);
    expect(code).toBe(0);
    expect(Number(stdout)).toBeLessThan(50);
  });

  it('takes no CPU while components in threads wait for messages, one that blocks too', () => {
    const { code, stdout } = program(`
      const { threaded } = await import(${JSON.stringify(pathToFileURL(join(dirname(built), 'threads', 'index.js')).href)});
      const at = (name) => new URL(name, ${JSON.stringify(new URL('./threads/test-components/', import.meta.url).href)});
      let seen = 0;
      for (const name of ['echo.mjs', 'blocking-echo.mjs']) {
        // Nothing comes after the message, and the stream does not end.
        class Source extends Component {
          outbox = this.out('outbox');
          *main() { this.outbox.send(1); this.external(); for (;;) yield; }
        }
        Pipeline(new Source(), threaded(at(name)), () => { seen++; }).activate();
      }
      while (seen < 2) await new Promise((resolve) => setTimeout(resolve, 10));
      await new Promise((resolve) => setTimeout(resolve, 500));
      ${leastCpuOfASecond}
      process.exit(0);`);
    expect(code).toBe(0);
    expect(Number(stdout)).toBeLessThan(50);
  });

  it.each([
    ['of the JavaScript engine', ['--expose-gc', '--max-old-space-size=400']],
    ['that workers take too', ['--no-warnings', '--conditions', 'development', '-C', 'other']],
  ])('has components in threads whatever options it was started with: some %s', (_, options) => {
    const { code, stdout, stderr } = program(
      `const { threaded } = await import(${JSON.stringify(pathToFileURL(join(dirname(built), 'threads', 'index.js')).href)});
      const echo = new URL('echo.mjs', ${JSON.stringify(new URL('./threads/test-components/', import.meta.url).href)});
      await Pipeline(['there and back'], threaded(echo), (message) => console.log(message)).run();`,
      options,
    );
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'there and back\n', stderr: '' });
  });

  it('that is a file has components in threads with options of the JavaScript engine', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kamaelia-'));
    try {
      const file = join(folder, 'program.mjs');
      writeFileSync(
        file,
        `import { Pipeline } from ${JSON.stringify(pathToFileURL(built).href)};
        import { threaded } from ${JSON.stringify(pathToFileURL(join(dirname(built), 'threads', 'index.js')).href)};
        const echo = new URL('echo.mjs', ${JSON.stringify(new URL('./threads/test-components/', import.meta.url).href)});
        await Pipeline(['there and back'], threaded(echo), (message) => console.log(message)).run();`,
      );
      const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', '--stack-size=900', file], {
        encoding: 'utf8',
        timeout: 20_000,
      });
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'there and back\n', stderr: '' });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
