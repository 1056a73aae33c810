// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadNative, NativeError } from './index.js';

const addon = join(import.meta.dirname, '..', '..', 'dirac');
const folders: string[] = [];

function emptyPackage(): { folder: string; url: URL } {
  const folder = mkdtempSync(join(tmpdir(), 'kamaelia-native-'));
  folders.push(folder);
  return { folder, url: pathToFileURL(`${folder}/`) };
}

function messageOf(load: () => unknown): string {
  try {
    load();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('Expected an error');
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

describe('loadNative', () => {
  it("loads a package's own build", () => {
    expect(loadNative('@kamaelia/dirac-native', pathToFileURL(`${addon}/`))).toMatchObject({
      NativeDiracDecoder: expect.any(Function),
    });
  });

  it('loads the file that the environment names, where it names one', () => {
    const path = join(addon, 'build', 'Release', 'dirac_native.node');
    vi.stubEnv('SOME_ADDON', path);
    expect(loadNative('some', emptyPackage().url, 'SOME_ADDON')).toHaveProperty('baseOffsetOf');
    vi.stubEnv('SOME_ADDON', '');
    expect(() => loadNative('some', emptyPackage().url, 'SOME_ADDON')).toThrow('No native build was found');
  });

  it('says what is wrong, on which platform, what there is and what to do', () => {
    const { folder, url } = emptyPackage();
    const { platform, arch, version, versions } = process;
    const lines = messageOf(() => loadNative('@kamaelia/some', url)).split('\n');
    expect(lines[0]).toMatch(/^loadNative: Expected the native part of @kamaelia\/some to load but No native build/);
    expect(lines.slice(1)).toEqual([
      `  this process: ${platform}-${arch}, Node ${version}, Node-API ${versions.napi} (needs 9)`,
      '  prebuilt files in the package: none',
      '  from a checkout, build it with: npm run build',
    ]);
    mkdirSync(join(folder, 'prebuilds', 'plan9-mips'), { recursive: true });
    writeFileSync(join(folder, 'prebuilds', 'plan9-mips', 'some.node'), '');
    expect(messageOf(() => loadNative('@kamaelia/some', url))).toContain('in the package: plan9-mips/some.node\n');
  });

  it('says so when a file is not there or no addon, with the reason as its cause', () => {
    const { folder, url } = emptyPackage();
    vi.stubEnv('SOME_ADDON', join(folder, 'none.node'));
    expect(messageOf(() => loadNative('some', url, 'SOME_ADDON'))).toContain('but Cannot find module');
    const path = join(folder, 'text.node');
    writeFileSync(path, 'no addon');
    vi.stubEnv('SOME_ADDON', path);
    expect(() => loadNative('some', url, 'SOME_ADDON')).toThrow(
      expect.objectContaining({ cause: expect.objectContaining({ code: 'ERR_DLOPEN_FAILED' }) }),
    );
  });

  it('loads nothing into a Node that is too old', () => {
    const { versions, ...rest } = process;
    for (const napi of ['8', undefined]) {
      vi.stubGlobal('process', { ...rest, versions: { ...versions, napi } });
      expect(messageOf(() => loadNative('some', pathToFileURL(`${addon}/`)))).toContain(
        `but Node-API ${napi ?? 'none'} is too old`,
      );
    }
  });
});

describe('NativeError', () => {
  it('has a code and a position', () => {
    const error = new NativeError('Expected more', { code: 'DAMAGED', position: 77 });
    expect(error).toMatchObject({ name: 'NativeError', message: 'Expected more', code: 'DAMAGED', position: 77 });
    expect(error).toBeInstanceOf(Error);
  });
});
