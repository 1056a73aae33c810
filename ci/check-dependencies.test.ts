// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
// @ts-expect-error a plain script without declarations
import { check } from './check-dependencies.mjs';

describe('check-dependencies', () => {
  let tree: string;
  const plant = (path: string, text: string): void => {
    mkdirSync(dirname(join(tree, path)), { recursive: true });
    writeFileSync(join(tree, path), text);
  };
  beforeEach(() => {
    tree = mkdtempSync(join(tmpdir(), 'arrows-'));
  });
  afterEach(() => rmSync(tree, { recursive: true, force: true }));

  it('passes on this tree', () => {
    expect(check(join(dirname(fileURLToPath(import.meta.url)), '..'))).toEqual([]);
  });

  it('fails on an arrow that points up', () => {
    plant('packages/axon/src/bad.ts', "import { VideoFrame } from '@kamaelia/media';\n");
    expect(check(tree)).toEqual([
      'packages/axon/src/bad.ts: packages/axon may not use packages/media (@kamaelia/media)',
    ]);
  });

  it('fails on an arrow between packages that the table lacks', () => {
    plant('packages/components/src/bad.ts', "export { DiracDecoder } from '@kamaelia/dirac';\n");
    expect(check(tree)).toHaveLength(1);
  });

  it('fails on a relative path into another package', () => {
    plant('packages/media/src/bad.ts', "import { Task } from '../../axon/src/task.js';\n");
    expect(check(tree)[0]).toContain('inner file of packages/axon');
  });

  it('lets tests, and nothing else, use the test folder of a package below', () => {
    plant('packages/kamaelia/src/good.test.ts', "import { launch } from '../../display/test/chromium.js';\n");
    plant('packages/kamaelia/src/bad.ts', "import { launch } from '../../display/test/chromium.js';\n");
    plant('packages/axon/src/bad.test.ts', "import { launch } from '../../display/test/chromium.js';\n");
    const wrong = check(tree).sort();
    expect(wrong).toHaveLength(2);
    expect(wrong[0]).toContain('packages/axon/src/bad.test.ts: packages/axon may not use packages/display');
    expect(wrong[1]).toContain('packages/kamaelia/src/bad.ts');
  });

  it('fails on a dynamic import and on a type import alike', () => {
    plant('packages/axon/src/a.ts', "await import('@kamaelia/dirac');\n");
    plant('packages/axon/src/b.ts', "import type { X } from '@kamaelia/display';\n");
    expect(check(tree)).toHaveLength(2);
  });

  it('fails on a Node header inside native', () => {
    plant('native/dirac/src/bad.cc', '#include <node_api.h>\n');
    expect(check(tree)).toEqual(['native/dirac/src/bad.cc: native/dirac may not use node (node_api.h)']);
  });

  it('fails on native/common that includes a codec', () => {
    plant('native/common/src/bad.cc', '#include <dirac/decoder.h>\n');
    expect(check(tree)).toHaveLength(1);
  });

  it('fails on a room that the table does not know', () => {
    plant('packages/utils/src/index.ts', 'export {};\n');
    expect(check(tree)[0]).toContain('Expected a room of the table');
  });

  it('lets examples in doc comments be', () => {
    plant('packages/axon/src/ok.ts', "/**\n * @example\n * import { X } from '@kamaelia/dirac';\n */\nexport {};\n");
    expect(check(tree)).toEqual([]);
  });
});
