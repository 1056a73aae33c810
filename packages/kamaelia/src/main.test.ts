// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { CommandLine, kamaelia, TESTCARD_MD5, testcard } from '../test/command-line.js';

const COMMANDS = ['play', 'serve', 'probe', 'decode', 'list', 'describe', 'run', 'inspect'];
const ONE_OF = 'kamaelia: Expected one of play, serve, probe, decode, list, describe, run, inspect but received';

describe('kamaelia', () => {
  it('describes itself and its commands, with an example and the exit codes', async () => {
    const { code, stdout, stderr } = await kamaelia(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect(stdout).toContain('130 interrupted');
    expect(stdout).toContain('Example:');
  });

  it.each(COMMANDS)('describes %s', async (command) => {
    const { code, stdout, stderr } = await kamaelia([command, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: kamaelia ${command} `));
    expect(stdout).toMatch(/^Exit codes: 0 done, /m);
    expect(stdout).toMatch(/^Examples?:$/m);
  });

  it('says its version', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
    expect(await kamaelia(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
  });

  it.each([
    [['sing'], `${ONE_OF} sing; see kamaelia --help\n`],
    [['constructor'], `${ONE_OF} constructor; see kamaelia --help\n`],
    [['decode'], 'kamaelia: Expected INPUT but received nothing; see kamaelia decode --help\n'],
    [
      ['decode', 'a', 'b.y4m', 'c'],
      'kamaelia: Expected at most 2 operands but received 3; see kamaelia decode --help\n',
    ],
    [['describ', 'Pipeline'], `${ONE_OF} describ (did you mean describe?); see kamaelia --help\n`],
    [
      ['run', 'Ticker', '--quick'],
      'kamaelia: Expected one of --json, --from but received --quick; see kamaelia run --help\n',
    ],
    [['list', '--jsn'], 'kamaelia: Expected an option but received --jsn (did you mean --json?); see kamaelia list'],
    [['list', 'a', 'b'], 'kamaelia: Expected at most 1 operand but received 2; see'],
    [['decode', 'a', '--threads'], 'kamaelia: Expected a value for --threads but received nothing; see'],
    [['decode', 'a', '--md5=1'], 'kamaelia: Expected no value for --md5 but received one; see'],
    [
      ['decode', 'a', '--threads', '--md5'],
      'kamaelia: Expected a value for --threads but received another option; --threads=VALUE gives it one that begins',
    ],
    [['decode', 'a', '--threads', '0'], 'kamaelia: Expected an integer of 1 to 64 for --threads but received 0; see'],
    [['decode', 'a', '--frames', '2x'], 'for --frames but received 2x; see'],
    [['probe', 'tcp:nowhere'], 'kamaelia: Expected tcp:HOST:PORT for INPUT but received tcp:nowhere; see'],
    [['probe', 'udp:239.1.1.1:5000'], 'kamaelia: Expected another INPUT than udp:, which is not supported yet; see'],
    [['serve', '-'], 'kamaelia: Expected a file for FILE but received -; see'],
    [['serve', testcard, '--port', '70000'], 'Expected an integer of 0 to 65535 for --port but received 70000; see'],
    [['play', testcard, '--max-width', '2'], 'Expected an integer of 16 to 16384 for --max-width but received 2; see'],
  ])('refuses %j with exit code 2 and a sentence', async (args, message) => {
    const { code, stdout, stderr } = await kamaelia(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
  });

  it('prints its help on no command, with exit code 2', async () => {
    const { code, stdout } = await kamaelia([]);
    expect(code).toBe(2);
    expect(stdout).toContain('Usage: kamaelia COMMAND');
  });

  it.each(['probe', 'decode', 'serve', 'play'])(
    '%s names a missing file and the component that reads it, with exit code 1',
    async (command) => {
      const { code, stdout, stderr } = await kamaelia([command, '/no/such/file.drc']);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^kamaelia: [\w-]+\/ReadFileAdaptor-1: cannot open "\/no\/such\/file\.drc": .*\n$/);
      expect(stderr).not.toContain('    at ');
    },
  );

  it.each(['probe', 'decode'])('%s refuses what is no Dirac stream, and nothing at all', async (command) => {
    for (const input of ['', 'no video at all '.repeat(5000)]) {
      const { code, stdout, stderr } = await kamaelia([command, '-'], { input });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/Expected a Dirac stream/);
      expect(stderr).not.toContain('    at ');
    }
  });
});

describe('INPUT', () => {
  it('may be standard input', async () => {
    const { stdout } = await kamaelia(['decode', '-', '--md5'], { input: readFileSync(testcard) });
    expect(stdout).toBe(`${TESTCARD_MD5}\n`);
  });

  it('may be a file: address', async () => {
    expect(await kamaelia(['decode', `file:${testcard}`, '--md5'])).toMatchObject({ stdout: `${TESTCARD_MD5}\n` });
  });

  it('may be an http: address, with headers', async () => {
    const server = createServer((request, response) => {
      if (request.headers['x-pass'] !== 'open sesame') response.writeHead(403).end();
      else response.writeHead(200).end(readFileSync(testcard));
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/testcard.drc`;
    try {
      const allowed = await kamaelia(['decode', url, '--md5', '--header', 'X-Pass: open sesame']);
      expect(allowed).toMatchObject({ code: 0, stdout: `${TESTCARD_MD5}\n` });
      const refused = await kamaelia(['decode', url, '--md5']);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toContain('Expected status 200 but received 403');
    } finally {
      server.close();
    }
  });

  it('may be a tcp: address, whose absence is named', async () => {
    const server = new CommandLine(['serve', testcard, '--port', '0', '--bitrate', '100000000']);
    const [, port = ''] = await server.says(/listening on 127\.0\.0\.1:(\d+)/);
    expect(await kamaelia(['decode', `tcp:127.0.0.1:${port}`, '--md5'])).toMatchObject({ stdout: `${TESTCARD_MD5}\n` });
    expect((await server.ended).code).toBe(0);
    const { code, stderr } = await kamaelia(['decode', `tcp://127.0.0.1:${port}`]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/TCPClient-1: .*ECONNREFUSED/);
  });
});

describe('a signal', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends play cleanly, with exit code %i', async (signal, code) => {
    const line = new CommandLine(['play', testcard, '--through-tcp', '--port', '0', '--no-wait', '--loop']);
    await line.says(/Watch at http/);
    line.child.kill(signal);
    expect(await line.ended).toEqual({ code, signal: null });
    expect(line.stderr).not.toContain('    at ');
  });

  it('SIGINT ends serve that waits for a client', async () => {
    const line = new CommandLine(['serve', testcard, '--port', '0']);
    await line.says(/listening/);
    line.child.kill('SIGINT');
    expect(await line.ended).toEqual({ code: 130, signal: null });
  });
});
