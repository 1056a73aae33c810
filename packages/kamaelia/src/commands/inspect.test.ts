// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine, kamaelia, testcard } from '../../test/command-line.js';

let folder: string;
const axon = pathToFileURL(join(import.meta.dirname, '..', '..', '..', 'axon', 'dist', 'index.js'));
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'inspect-'));
  // Takes ten messages and then no more; with an argument, something else goes on for ever meanwhile.
  writeFileSync(
    join(folder, 'stall.mjs'),
    `import { Component, Pipeline } from '${axon}';
     class Disk extends Component {
       inbox = this.in('inbox', { capacity: 4 });
       *main() {
         for (let n = 0; n < 10; n += 1) {
           while (!this.inbox.ready) yield;
           this.inbox.recv();
         }
         console.error('stuck');
         this.external();
         for (;;) yield;
       }
     }
     export default (busy) => {
       if (busy) setInterval(() => {}, 1000);
       return Pipeline(Array.from({ length: 500 }, (_, n) => n), (n) => n + 1, new Disk());
     };`,
  );
  writeFileSync(
    join(folder, 'squares.mjs'),
    `import { Pipeline } from '${axon}';
     export default Pipeline([1, 2, 3], (n) => n * n, (n) => console.log(n));`,
  );
  writeFileSync(
    join(folder, 'broken.mjs'),
    `import { Pipeline } from '${axon}';
     export default Pipeline([1, 2, 3], (n) => { if (n === 3) throw new Error('three'); });`,
  );
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inspect = (...args: string[]) => kamaelia(['inspect', ...args], { cwd: folder });

describe('kamaelia inspect', () => {
  it('runs a module and prints one table at the end, after what the graph wrote', async () => {
    const { code, stdout, stderr } = await inspect('squares.mjs');
    expect(code, stderr).toBe(0);
    const lines = stdout.split('\n');
    expect(lines.slice(0, 3)).toEqual(['1', '4', '9']);
    expect(lines[3]).toMatch(/^component +state +in\/s +out\/s +waiting +blocked +run +slices\/s$/);
    expect(lines.slice(4, 8).map((line) => line.split(/ +/).slice(0, 2))).toEqual([
      ['Pipeline-1', 'ended'],
      ['Pipeline-1/IterableSource-1', 'ended'],
      ['Pipeline-1/FunctionStage-1', 'ended'],
      ['Pipeline-1/FunctionStage-2', 'ended'],
    ]);
    expect(stderr).toMatch(/^kamaelia: ran for \d+\.\d s\n$/);
  });

  it('runs a text and prints the inspection as JSON', async () => {
    const text = `ReadFileAdaptor filename=${testcard} ! decoder=DiracDecoder threads=2 ! FrameToYUV4MPEG ! SimpleFileWriter out.y4m`;
    const { code, stdout, stderr } = await inspect(text, '--json');
    expect(code, stderr).toBe(0);
    const { version, atUs, seconds, stall, components } = JSON.parse(stdout);
    expect({ version, stall }).toEqual({ version: 1, stall: null });
    expect(atUs).toBeGreaterThan(0);
    expect(seconds).toBeGreaterThan(0);
    const decoder = components.find(({ kind }: { kind: string }) => kind === 'DiracDecoder');
    expect(decoder.outboxes.find(({ name }: { name: string }) => name === 'outbox')).toMatchObject({ sent: 300 });
  });

  it('names the culprit of a stall that nothing can end, with exit code 1', async () => {
    const { code, stdout, stderr } = await inspect('stall.mjs');
    expect(code, stderr).toBe(1);
    expect(stdout).toMatch(/^Pipeline-1\/FunctionStage-1 +full: outbox -> Pipeline-1\/Disk-1\.inbox /m);
    expect(stdout).toMatch(/^Pipeline-1\/Disk-1 +outside .* 4\/4 /m);
    expect(stdout).toContain(
      '\nnothing moves any more: 2 others wait for Pipeline-1/Disk-1: Pipeline-1/Disk-1 waits for the world outside\n',
    );
    expect(stderr).toMatch(/^stuck\nkamaelia: Expected the graph to end but every component waits.*\n$/);
  });

  it('names it for machines too', async () => {
    const { code, stdout } = await inspect('stall.mjs', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout).stall).toEqual({
      path: 'Pipeline-1/Disk-1',
      others: 2,
      why: 'Pipeline-1/Disk-1 waits for the world outside',
    });
  });

  it('shows a stalled graph as it was when it is interrupted, with exit code 130', async () => {
    const line = new CommandLine(['inspect', 'stall.mjs', 'busy', '--every', '50ms'], { cwd: folder });
    await line.says(/nothing has moved for 1 s: 2 others wait for Pipeline-1\/Disk-1: /);
    line.child.kill('SIGINT');
    expect(await line.ended).toEqual({ code: 130, signal: null });
    expect(line.stdout).toMatch(/^Pipeline-1\/Disk-1 +outside .* 4\/4 /m);
    expect(line.stdout).toMatch(/^nothing has moved for \d+ s: 2 others wait for Pipeline-1\/Disk-1: /m);
  });

  it.each([
    [
      '--dot',
      /^digraph kamaelia \{\n[\s\S]*"Pipeline-1\/FunctionStage-1" -> "Pipeline-1\/Disk-1" .*color=red\];\n\}\n$/,
    ],
    ['--mermaid', /^flowchart LR\n[\s\S]*\|"4\/4"\| c2\n {2}linkStyle 0 stroke:red\n {2}linkStyle 1 stroke:red\n$/],
  ])('prints the graph by %s as it stood', async (form, text) => {
    expect(await inspect('stall.mjs', form)).toMatchObject({ code: 1, stdout: expect.stringMatching(text) });
  });

  it('prints what was seen of a graph that failed, with exit code 1', async () => {
    const { code, stdout, stderr } = await inspect('broken.mjs');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Pipeline-1\/FunctionStage-1 +ended /m);
    expect(stderr).toMatch(/^kamaelia: Pipeline-1\/FunctionStage-1: three\n$/);
  });

  it.each([
    [[], 'Expected GRAPH but received nothing'],
    [['squares.mjs', '--every', '5'], 'Expected a duration of 50ms to 1h for --every but received 5'],
    [['squares.mjs', '--every', '1ms'], 'Expected a duration of 50ms to 1h for --every but received 1ms'],
    [['squares.mjs', '--json', '--dot'], 'Expected one of --json, --dot, --mermaid but received --json, --dot'],
    [
      ['ReadFileAdapter a'],
      'character 1: Expected the name of a component but received "ReadFileAdapter" (did you mean "ReadFileAdaptor"?)',
    ],
  ])('refuses %j with exit code 2', async (args, message) => {
    expect(await inspect(...args)).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `kamaelia: ${message}; see kamaelia inspect --help\n`,
    });
  });

  it('has a help with examples', async () => {
    const { code, stdout } = await inspect('--help');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: kamaelia inspect GRAPH[\s\S]*--every DURATION[\s\S]*Examples:\n/);
  });
});
