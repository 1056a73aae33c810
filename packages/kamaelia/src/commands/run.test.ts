// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CommandLine, kamaelia, testcard } from '../../test/command-line.js';

let folder: string;
const axon = pathToFileURL(join(import.meta.dirname, '..', '..', '..', 'axon', 'dist', 'index.js'));
function plant(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'run-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('kamaelia run with a text', () => {
  it('runs it to its end', async () => {
    plant('lines.txt', 'one\ntwo\n');
    const graph = 'ReadFileAdaptor lines.txt readmode=line ! ConsoleEchoer tag="> "';
    const { code, stdout, stderr } = await kamaelia(['run', graph], { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '> one\n> two\n' });
    expect(stderr).toMatch(/^kamaelia: ran for \d+\.\d s\n$/);
  });

  it('decodes, and counts for machines', async () => {
    const graph = `ReadFileAdaptor filename=${testcard} ! decoder=DiracDecoder threads=2 ! FrameToYUV4MPEG ! SimpleFileWriter out.y4m`;
    const { code, stdout, stderr } = await kamaelia(['run', graph, '--json'], { cwd: folder });
    expect(code, stderr).toBe(0);
    const { seconds, components } = JSON.parse(stdout);
    expect(seconds).toBeGreaterThan(0);
    expect(components.map(({ component }: { component: string }) => component)).toEqual([
      'ReadFileAdaptor',
      'DiracDecoder',
      'FrameToYUV4MPEG',
      'SimpleFileWriter',
    ]);
    expect(components[1]).toMatchObject({ stats: { pictures: 300, damaged: 0 } });
    const written = readFileSync(join(folder, 'out.y4m'));
    const decoded = await kamaelia(['decode', testcard, 'other.y4m'], { cwd: folder });
    expect(decoded.code).toBe(0);
    const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex');
    expect(md5(written)).toBe(md5(readFileSync(join(folder, 'other.y4m'))));
  });

  it('links boxes by name', async () => {
    plant('lines.txt', 'one\ntwo\n');
    const graph =
      'ReadFileAdaptor lines.txt readmode=line ! gate=PromptedTurnstile ! ConsoleEchoer; ' +
      'CheapAndCheerfulClock interval=1ms ! gate.next';
    expect(await kamaelia(['run', graph], { cwd: folder })).toMatchObject({ code: 0, stdout: 'one\ntwo\n' });
  });

  it.each([
    [
      'ReadFileAdapter a.drc',
      'character 1: Expected the name of a component but received "ReadFileAdapter" (did you mean "ReadFileAdaptor"?)',
    ],
    [
      'ReadFileAdaptor filname=a',
      'character 17: Expected an option of ReadFileAdaptor but received "filname" (did you mean "filename"?)',
    ],
    [
      'ReadFileAdaptor a ! e=ConsoleEchoer; TCPClient host=x port=1 ! e.inbx',
      'character 64: Expected an inbox of ConsoleEchoer but received "inbx" (did you mean "inbox"?)',
    ],
    [
      'ReadFileAdaptor a bitrate=0',
      'character 1: ReadFileAdaptor: Expected a finite number above 0 for bitrate but received 0',
    ],
  ])('refuses %j with exit code 2 and the nearest match', async (graph, message) => {
    expect(await kamaelia(['run', graph])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: `kamaelia: ${message}; see kamaelia run --help\n`,
    });
  });

  it('names the component that failed, with exit code 1', async () => {
    const { code, stderr } = await kamaelia(['run', 'ReadFileAdaptor /no/such/file ! ConsoleEchoer']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^kamaelia: Pipeline-1\/ReadFileAdaptor-1: .*\/no\/such\/file.*\n$/);
  });

  it('says so when nothing can happen any more', async () => {
    const { code, stdout, stderr } = await kamaelia(['run', 'MessageRateLimit 5 ! ConsoleEchoer']);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^kamaelia: Expected the graph to end but every component waits.*\n$/);
  });

  it('wants one text', async () => {
    expect(await kamaelia(['run'])).toMatchObject({ code: 2, stderr: expect.stringContaining('Expected GRAPH but') });
    expect(await kamaelia(['run', 'Ticker', 'interval=1s'])).toMatchObject({
      code: 2,
      stderr: 'kamaelia: Expected one text for GRAPH but received 2; put it in quotes; see kamaelia run --help\n',
    });
  });

  it('ends with 130 when it is interrupted, its files closed', async () => {
    const graph = 'OneShot hello ! Append begun.txt ! ConsoleEchoer; Ticker interval=1h ! PromptedTurnstile';
    const line = new CommandLine(['run', graph], { cwd: folder });
    const shown = new Promise((resolve) => line.child.stdout?.once('data', resolve));
    await shown;
    line.child.kill('SIGINT');
    expect(await line.ended, line.stderr).toEqual({ code: 130, signal: null });
    expect({ stdout: line.stdout, stderr: line.stderr }).toEqual({ stdout: 'hello', stderr: '' });
    expect(readFileSync(join(folder, 'begun.txt'), 'utf8')).toBe('hello');
  });

  it('makes components of other packages', async () => {
    const home = join(folder, 'node_modules', 'words');
    mkdirSync(home, { recursive: true });
    plant(
      'node_modules/words/words.mjs',
      `import { Component } from '${axon}';
       export class Words extends Component {
         outbox = this.out('outbox');
         *main() { this.outbox.send('words\\n'); yield; }
       }`,
    );
    const words = {
      name: 'Words',
      kind: 'class',
      import: 'words',
      module: './words.mjs',
      summary: '',
      description: '',
    };
    const boxes = { inboxes: [], outboxes: [{ name: 'outbox', type: 'string', doc: '' }] };
    const made = { call: 'options', forms: [''], positional: [], options: [], examples: [] };
    const components = [{ ...words, ...boxes, ...made }];
    plant('node_modules/words/components.json', JSON.stringify({ format: 1, package: 'words', components }));
    expect(await kamaelia(['run', 'Words ! ConsoleEchoer', '--from', 'words'], { cwd: folder })).toMatchObject({
      code: 0,
      stdout: 'words\n',
    });
  });
});

describe('kamaelia run with a module', () => {
  const head = `import { Component, Pipeline } from '${axon}';\n`;

  it('runs the component that it exports', async () => {
    const path = plant('graph.mjs', `${head}export default Pipeline(['a', 'b'], (text) => console.log(text));`);
    expect(await kamaelia(['run', path])).toMatchObject({ code: 0, stdout: 'a\nb\n' });
    expect(await kamaelia(['run', 'graph.mjs'], { cwd: folder })).toMatchObject({ code: 0, stdout: 'a\nb\n' });
  });

  it('runs what a function makes of the arguments', async () => {
    const make = 'async (...words) => Pipeline(words, (text) => console.log(text))';
    const path = plant('make.mjs', `${head}export default ${make};`);
    const { code, stdout } = await kamaelia(['run', path, 'x', 'y', '--json']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^x\ny\n\{"seconds":.*"components":\[\{"name":"Pipeline-1","component":"Pipeline"\}\]\}\n$/);
  });

  it('makes a component of a class', async () => {
    const path = plant(
      'class.mjs',
      `${head}export default class extends Component { *main() { console.log('here'); } }`,
    );
    expect(await kamaelia(['run', path])).toMatchObject({ code: 0, stdout: 'here\n' });
  });

  it.each([
    ['export default 5;', [], 'Expected a component as default export of wrong.mjs but received number'],
    ['export const graph = 5;', [], 'Expected a component as default export of wrong.mjs but received none'],
    [
      'export default () => ({});',
      [],
      'Expected a component from the default export of wrong.mjs but received an object of Object',
    ],
    ['export default 5;', ['x'], 'Expected a function as default export of wrong.mjs, to be given x'],
  ])('refuses %j with exit code 2', async (text, args, message) => {
    plant('wrong.mjs', text);
    const { code, stderr } = await kamaelia(['run', 'wrong.mjs', ...args], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 2, stderr: `kamaelia: ${message}; see kamaelia run --help\n` });
  });

  it('names a missing module, with exit code 1', async () => {
    expect(await kamaelia(['run', 'missing.mjs'], { cwd: folder })).toMatchObject({
      code: 1,
      stderr: 'kamaelia: cannot read missing.mjs: no such file\n',
    });
  });

  it('ends with 1 when a graph failed that the module had started beside it', async () => {
    const text = `${head}
      Pipeline([1], () => { throw new Error('broken'); }).activate();
      const slow = async function* () { await new Promise((resolve) => setTimeout(resolve, 100)); yield 'done'; };
      export default Pipeline(slow(), (text) => console.log(text));`;
    const { code, stdout, stderr } = await kamaelia(['run', plant('two.mjs', text)]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'done\n' });
    expect(stderr).toMatch(/broken/);
  });

  it('ends with 130 when it is interrupted while the graph is made', async () => {
    const path = plant('slow.mjs', `console.error('making'); setInterval(() => {}, 1e6); await new Promise(() => {});`);
    const line = new CommandLine(['run', path]);
    await line.says(/making/);
    line.child.kill('SIGINT');
    expect(await line.ended).toEqual({ code: 130, signal: null });
  });
});
