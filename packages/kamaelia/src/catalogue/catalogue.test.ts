// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../failure.js';
import { Catalogue, openCatalogue } from './catalogue.js';

const component = (name: string, module: string, summary = 'Does it.') => ({
  name,
  kind: 'class',
  import: module,
  module: './index.js',
  summary,
  description: summary,
  inboxes: [],
  outboxes: [],
  call: 'options',
  forms: [''],
  positional: [],
  options: [],
  examples: [],
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'catalogue-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function plant(path: string, content: unknown): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const described = (name: string, ...components: unknown[]) => ({ format: 1, package: name, components });

describe('Catalogue', () => {
  let catalogue: Catalogue;
  beforeEach(() => {
    const sound = plant(
      'sound.json',
      described('sound', component('Gain', 'sound'), component('Echo', 'sound/late', 'Repeats sounds.')),
    );
    const light = plant('light.json', described('light', component('Gain', 'light')));
    catalogue = new Catalogue([sound, light, sound]);
  });
  const names = (pattern: string) => catalogue.matching(pattern).map((entry) => `${entry.import}:${entry.name}`);

  it('has the components of each file once, with their packages', () => {
    expect(catalogue.components.map((entry) => `${entry.package} ${entry.name}`)).toEqual([
      'sound Gain',
      'sound Echo',
      'light Gain',
    ]);
  });

  it('finds by name, module and summary, whatever the case', () => {
    expect(names('ech')).toEqual(['sound/late:Echo']);
    expect(names('LATE')).toEqual(['sound/late:Echo']);
    expect(names('repeats')).toEqual(['sound/late:Echo']);
    expect(names('sound')).toEqual(['sound:Gain', 'sound/late:Echo']);
    expect(names('x')).toEqual([]);
  });

  it('takes * and ? for a pattern of the whole name or module', () => {
    expect(names('ga*')).toEqual(['sound:Gain', 'light:Gain']);
    expect(names('?cho')).toEqual(['sound/late:Echo']);
    expect(names('sound/*')).toEqual(['sound/late:Echo']);
    expect(names('*.*')).toEqual([]);
  });

  it('gives the one component of a name', () => {
    expect(catalogue.named('Echo')).toMatchObject({ import: 'sound/late' });
    expect(catalogue.named('light:Gain')).toMatchObject({ import: 'light' });
  });

  it('refuses a name of several, and names near ones for one of none', () => {
    expect(() => catalogue.named('Gain')).toThrow(
      new UsageError('Expected one component but received "Gain", which is sound:Gain or light:Gain'),
    );
    expect(() => catalogue.named('Ecko')).toThrow(
      new UsageError('Expected the name of a component but received "Ecko" (did you mean "Echo"?)'),
    );
    expect(() => catalogue.named('Piano')).toThrow('received "Piano" (\'kamaelia list\' names all)');
  });

  it.each([
    ['no JSON', 'Expected JSON in FILE but received'],
    ['null', 'Expected descriptions of format 1 in FILE but received undefined'],
    [{ format: 2 }, 'Expected descriptions of format 1 in FILE but received 2'],
    [{ format: 1 }, 'Expected descriptions of components in FILE but received something else'],
    [described('x', { name: 'Half' }), 'Expected descriptions of components in FILE but received something else'],
  ])('refuses a file that holds %j', (content, message) => {
    const file = plant('wrong.json', content);
    expect(() => new Catalogue([file])).toThrow(message.replace('FILE', file));
  });
});

describe('openCatalogue', () => {
  it('has the components of the packages that the program depends on', () => {
    const found = openCatalogue().components;
    expect(found.find(({ name }) => name === 'ReadFileAdaptor')).toMatchObject({
      package: '@kamaelia/components',
      import: '@kamaelia/components/file',
      positional: ['filename'],
    });
    expect(new Set(found.map((entry) => entry.package)).size).toBeGreaterThanOrEqual(5);
  });

  it('adds packages that a folder has installed, by their exports or where they were built', () => {
    plant('node_modules/sound/package.json', { name: 'sound', exports: { './components.json': './made.json' } });
    plant('node_modules/sound/made.json', described('sound', component('Gain', 'sound')));
    plant('node_modules/light/package.json', { name: 'light' });
    plant('node_modules/light/dist/components.json', described('light', component('Lamp', 'light')));
    const catalogue = openCatalogue(['sound', 'light'], folder);
    expect(catalogue.named('Gain').package).toBe('sound');
    expect(catalogue.named('Lamp').package).toBe('light');
  });

  it('adds a folder', () => {
    plant('own/components.json', described('own', component('Gain', 'own')));
    expect(openCatalogue(['./own'], folder).named('Gain').package).toBe('own');
  });

  it('refuses a package without descriptions', () => {
    expect(() => openCatalogue(['sound'], folder)).toThrow(
      new UsageError('Expected a package with a components.json for --from but received "sound"'),
    );
  });
});
