// SPDX-License-Identifier: Apache-2.0
// The native library as other people's programs get it: installed somewhere, found by pkg-config or CMake.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const here = import.meta.dirname;
const root = join(here, '..', '..');
const built = join(root, 'build', 'native');
const testcard = join(root, 'examples', 'media', 'testcard.drc');
const streams = join(process.env.KAMAELIA_SHARED ?? join(root, '..', 'shared'), 'streams', 'dirac');

const has = (program: string): boolean =>
  (process.env.PATH ?? '').split(delimiter).some((dir) => existsSync(join(dir, program)));
const missing = ['cc', 'cmake', 'ninja', 'nm', 'pkg-config'].filter((program) => !has(program));
if (!existsSync(join(built, 'build.ninja'))) missing.push('the native build (node ci/bootstrap.mjs --tests)');

/** One of each kind: core syntax, fields, depths, chroma formats, profiles, fragments, several sequences. */
const FILES = [
  'schro_mvprec3_biref.drc',
  'schro_interlaced_intra.drc',
  'schro_intra_422_10bit_lossless.drc',
  'dr_size173x141_444.drc',
  'bbc_hq_daub97_444_12b.vc2',
  'bbc_hq_fragments.vc2',
  'bbc_ld_lowrate_uneven.vc2',
  'x_multiseq_same_size.drc',
  'x_padding_aux.drc',
];

const scratch = mkdtempSync(join(tmpdir(), 'kamaelia-c-'));
const prefix = join(scratch, 'moved');
const program = join(scratch, 'decode_to_y4m');
const environment = {
  ...process.env,
  PKG_CONFIG_PATH: join(prefix, 'lib', 'pkgconfig'),
  LD_LIBRARY_PATH: join(prefix, 'lib'),
};

function run(command: string, args: string[], input: Uint8Array = new Uint8Array(0)): SpawnSyncReturns<Buffer> {
  return spawnSync(command, args, { input, env: environment, maxBuffer: 512 * 1024 * 1024 });
}

/** What a program that has to succeed printed. */
function need(command: string, ...args: string[]): string {
  const { status, stdout, stderr } = run(command, args);
  expect(status, `${command} ${args.join(' ')}\n${stderr}`).toBe(0);
  return stdout.toString();
}

function compile(output: string, ...flags: string[]): void {
  const strict = ['-std=c99', '-pedantic', '-Wall', '-Wextra', '-Werror'];
  need('cc', ...strict, '-O2', '-o', output, join(here, 'decode_to_y4m.c'), ...flags);
}

function decode(bytes: Uint8Array, decoder: string = program): { status: number | null; y4m: Buffer; stderr: string } {
  const { status, stdout, stderr } = run(decoder, [], bytes);
  return { status, y4m: stdout, stderr: stderr.toString() };
}

/** The same stream by the example in JavaScript. */
const byComponents = (path: string): Buffer =>
  run(process.execPath, [join(root, 'examples/decode-to-y4m.mjs'), path]).stdout;

/** MD5 of the samples of all frames. */
function digest(y4m: Buffer): string {
  const md5 = createHash('md5');
  const header = y4m.toString('latin1', 0, y4m.indexOf('\n'));
  const [, width = 0, height = 0] = (/ W(\d+) H(\d+) /.exec(header) ?? []).map(Number);
  const [, sampling = '', deep] = / C(\d+)(p\d)?/.exec(header) ?? [];
  const half = (size: number): number => (size + 1) >> 1;
  const chroma = (sampling === '444' ? width : half(width)) * (sampling === '420' ? half(height) : height);
  const size = (width * height + 2 * chroma) * (deep === undefined ? 1 : 2);
  for (let at = header.length + 1; at < y4m.length; at += size + 6) {
    expect(y4m.toString('latin1', at, at + 6)).toBe('FRAME\n');
    md5.update(y4m.subarray(at + 6, at + 6 + size));
  }
  return md5.digest('hex');
}

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.skipIf(missing.length > 0)(`the installed C library (needs cc, cmake, ninja, nm and pkg-config)`, () => {
  beforeAll(() => {
    const first = join(scratch, 'first');
    need('cmake', '--install', built, '--prefix', first);
    // A tree that was moved after it was installed is as good.
    renameSync(first, prefix);
    compile(program, ...need('pkg-config', '--cflags', '--libs', 'kamaelia-dirac').trim().split(/\s+/));
  });

  it('exports the functions of its header and nothing else', () => {
    const header = readFileSync(join(prefix, 'include', 'kamaelia', 'dirac.h'), 'utf8');
    const declared = [...header.matchAll(/^KAMAELIA_DIRAC_API[^;(]*?(\w+)\(/gm)].map((m) => m[1]);
    const library = join(prefix, 'lib', 'libkamaelia-dirac.so.1');
    const exported = [...need('nm', '-D', '--defined-only', library).matchAll(/^\w+ (\w) (\S+)$/gm)];
    expect(declared.length).toBeGreaterThan(10);
    expect(exported.map((m) => m[2]).sort()).toEqual(declared.sort());
    expect(new Set(exported.map((m) => m[1]))).toEqual(new Set(['T']));
  });

  it('is of the version that its header has', () => {
    const version = need('pkg-config', '--modversion', 'kamaelia-dirac').trim();
    const header = readFileSync(join(prefix, 'include', 'kamaelia', 'dirac.h'), 'utf8');
    expect(version.split('.')[0]).toBe(/KAMAELIA_DIRAC_ABI_VERSION (\d+)/.exec(header)?.[1]);
    expect(existsSync(join(prefix, 'lib', `libkamaelia-dirac.so.${version}`))).toBe(true);
  });

  it('decodes the test card to the bytes that the components write', { timeout: 60_000 }, () => {
    const { status, y4m, stderr } = decode(readFileSync(testcard));
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(y4m.equals(byComponents(testcard))).toBe(true);
  });

  describe.skipIf(!existsSync(streams))('with the reference streams (needs ../shared)', () => {
    const manifest = existsSync(streams) ? readFileSync(join(streams, 'MANIFEST.tsv'), 'utf8').split('\n') : [];
    const [columns = [], ...rows] = manifest.map((line) => line.split('\t'));
    const md5 = new Map(rows.map((row) => [row[columns.indexOf('file')], row[columns.indexOf('md5')]]));

    it.each(FILES)('decodes %s to the published samples', (file) => {
      const { status, y4m, stderr } = decode(readFileSync(join(streams, file)));
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      expect(digest(y4m)).toBe(md5.get(file));
      expect(y4m.equals(byComponents(join(streams, file)))).toBe(true);
    });
  });

  it('ends with what is there of a truncated stream, and with a sentence for what is none', () => {
    const cut = decode(readFileSync(testcard).subarray(0, 30_000));
    expect({ status: cut.status, stderr: cut.stderr }).toEqual({ status: 0, stderr: '' });
    expect(cut.y4m.subarray(0, 9).toString()).toBe('YUV4MPEG2');
    expect(decode(new Uint8Array(0))).toMatchObject({
      status: 1,
      stderr: 'kamaelia_dirac_next: Expected a Dirac stream but received no sequence header in the input (at byte 0)\n',
    });
  });

  it('is linked statically too, and then exports nothing', { timeout: 60_000 }, () => {
    const output = join(scratch, 'static');
    const flags = need('pkg-config', '--static', '--cflags', '--libs', 'kamaelia-dirac').trim().split(/\s+/);
    compile(
      output,
      ...flags.map((flag) => (flag === '-lkamaelia-dirac' ? '-l:libkamaelia-dirac.a' : flag)),
      '-rdynamic',
    );
    expect(need('ldd', output)).not.toContain('kamaelia');
    const names = need('nm', '-D', '--defined-only', '-C', output);
    expect(names).not.toMatch(/kamaelia::/);
    expect(digest(decode(readFileSync(testcard), output).y4m)).toBe(digest(decode(readFileSync(testcard)).y4m));
  });

  it('is found by CMake', { timeout: 120_000 }, () => {
    const dir = join(scratch, 'cmake');
    need('cmake', '-S', join(here, 'with-cmake'), '-B', dir, '-G', 'Ninja', `-DCMAKE_PREFIX_PATH=${prefix}`);
    need('cmake', '--build', dir);
    expect(decode(readFileSync(testcard), join(dir, 'decode_to_y4m')).status).toBe(0);
  });
});
