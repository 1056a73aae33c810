// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kamaelia } from '../../test/command-line.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'list-'));
  mkdirSync(join(folder, 'node_modules', 'sound'), { recursive: true });
  const gain = {
    name: 'Gain',
    kind: 'class',
    import: 'sound',
    module: './index.js',
    summary: 'Makes sound louder.',
    description: 'Makes sound louder.',
    inboxes: [{ name: 'inbox', type: 'Float32Array', doc: 'Samples.' }],
    outboxes: [],
    moreOutboxes: true,
    call: 'options',
    forms: ['options', 'factor'],
    positional: ['factor'],
    options: [
      { name: 'factor', type: 'number', kinds: ['number'], optional: false, doc: 'Above 0.', unit: 'times' },
      { name: 'late', type: 'boolean', kinds: ['boolean'], optional: true, doc: '', default: 'false' },
    ],
    examples: ["import { Gain } from 'sound';\n\nnew Gain(2);"],
  };
  const text = JSON.stringify({ format: 1, package: 'sound', components: [gain] });
  writeFileSync(join(folder, 'node_modules', 'sound', 'components.json'), text);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('kamaelia list', () => {
  it('names components by module, with what they do', async () => {
    const { code, stdout, stderr } = await kamaelia(['list']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^@kamaelia\/components\/file$/m);
    expect(stdout).toMatch(/^ {2}ReadFileAdaptor +Reads a file and sends its bytes/m);
    expect(stdout).toMatch(/^ {2}VideoOverlay +Shows frames in a page/m);
  });

  it('takes a pattern, and says when nothing fits it', async () => {
    const found = await kamaelia(['list', 'TCPCl*']);
    expect(found).toMatchObject({ code: 0, stderr: '' });
    expect(found.stdout).toMatch(/^@kamaelia\/components\/net\n {2}TCPClient {2}Connects to a server.*\n$/);
    expect(await kamaelia(['list', 'no such thing'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'kamaelia: no component fits no such thing\n',
    });
  });

  it('prints rows for machines', async () => {
    const { stdout } = await kamaelia(['list', 'DiracDecoder', '--json']);
    expect(JSON.parse(stdout)).toEqual([
      {
        name: 'DiracDecoder',
        kind: 'class',
        import: '@kamaelia/dirac',
        package: '@kamaelia/dirac',
        summary: expect.stringMatching(/^Decodes /),
      },
    ]);
    expect(await kamaelia(['list', 'no such thing', '--json'])).toMatchObject({ code: 1, stdout: '[]\n' });
  });

  it('adds the components of other packages', async () => {
    const { stdout } = await kamaelia(['list', 'Gai?', '--from', 'sound'], { cwd: folder });
    expect(stdout).toBe('sound\n  Gain  Makes sound louder.\n');
  });

  it('refuses a package that describes none', async () => {
    const { code, stderr } = await kamaelia(['list', '--from', 'nothing']);
    expect(code).toBe(2);
    expect(stderr).toBe(
      'kamaelia: Expected a package with a components.json for --from but received "nothing"; see kamaelia list --help\n',
    );
  });
});

describe('kamaelia describe', () => {
  it('says everything that is known of a component', async () => {
    const { code, stdout, stderr } = await kamaelia(['describe', 'Gain', '--from', 'sound'], { cwd: folder });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toBe(`Gain from sound

Makes sound louder.

Made by
  new Gain(options)
  new Gain(factor)

Inboxes
  inbox: Float32Array
      Samples.

Outboxes
  more, named when it is made

Options
  factor: number, times, needed
      Above 0.
  late: boolean, default false

Example
  import { Gain } from 'sound';

  new Gain(2);
`);
  });

  it('prints the description for machines', async () => {
    const { stdout } = await kamaelia(['describe', 'ReadFileAdaptor', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'ReadFileAdaptor',
      package: '@kamaelia/components',
      outboxes: [{ name: 'outbox', type: 'Uint8Array' }],
      positional: ['filename'],
      options: expect.arrayContaining([
        expect.objectContaining({ name: 'bitrate', type: 'number', unit: 'bits a second', optional: true }),
        expect.objectContaining({ name: 'readmode', values: ['bitrate', 'block', 'line'] }),
      ]),
      examples: [expect.stringContaining("from '@kamaelia/components/file'")],
    });
  });

  it('names the nearest of an unknown component', async () => {
    expect(await kamaelia(['describe', 'DiracDecodr'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr:
        'kamaelia: Expected the name of a component but received "DiracDecodr" (did you mean "DiracDecoder"?); ' +
        'see kamaelia describe --help\n',
    });
  });

  it('wants a name', async () => {
    const { code, stderr } = await kamaelia(['describe']);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'kamaelia: Expected NAME but received nothing; see kamaelia describe --help\n',
    });
  });
});
