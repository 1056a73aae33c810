// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as axon from '@kamaelia/axon';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runtimeOf } from './runtime-of.js';

let folder: string;
let module: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'runtime-of-'));
  module = join(folder, 'graph.mjs');
  const home = join(folder, 'node_modules', '@kamaelia', 'axon');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
  writeFileSync(join(home, 'index.js'), 'export class Component {}\nexport const inspect = () => "theirs";\n');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("gives the program's own runtime for its own components", async () => {
  expect(await runtimeOf(axon.map(String), 'graph.mjs')).toBe(axon);
});

it('gives that of the project whose module made the component, by path or by address', async () => {
  const file = join(folder, 'node_modules', '@kamaelia', 'axon', 'index.js');
  const theirs = await import(/* @vite-ignore */ pathToFileURL(file).href);
  for (const name of [module, pathToFileURL(module).href]) {
    const { inspect } = await runtimeOf(new theirs.Component(), name);
    expect(inspect(new theirs.Component())).toBe('theirs');
  }
});

it('refuses a component of neither', async () => {
  class Component {}
  for (const name of [module, join(tmpdir(), 'elsewhere', 'graph.mjs')]) {
    await expect(runtimeOf(new Component() as axon.Component, name)).rejects.toThrow(
      `Expected a component of the @kamaelia/axon that ${name} imports but received one of another copy`,
    );
  }
});
