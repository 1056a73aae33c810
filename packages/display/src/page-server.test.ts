// SPDX-License-Identifier: Apache-2.0
import { request } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { PageDouble } from '../test/page-double.js';
import { until } from '../test/until.js';
import { FIRST_PORT, type PageAddress, PageServer, type PageServerOptions } from './page-server.js';

const servers: PageServer[] = [];
const others: Server[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
  await Promise.all(others.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

function pageServer(options: Partial<PageServerOptions> = {}): PageServer {
  const server = new PageServer({
    host: '127.0.0.1',
    port: 0,
    title: 'A <test>',
    onViewer: () => {},
    onWarning: () => {},
    ...options,
  });
  servers.push(server);
  return server;
}

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly policy: string | undefined;
  readonly text: string;
}

function get(url: string, { headers = {}, method = 'GET' } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, method }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => {
        const policy = response.headers['content-security-policy'] as string | undefined;
        resolve({ status: response.statusCode, type: response.headers['content-type'], policy, text });
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}

async function refusal(address: PageAddress, options: ConstructorParameters<typeof PageDouble>[1]): Promise<number> {
  const page = new PageDouble(address.url, options);
  await until(() => page.refusedWith !== undefined);
  return page.refusedWith ?? 0;
}

/** Takes a port, if it is free, until the end of the test. */
function taken(port: number): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(port));
    server.listen({ host: '127.0.0.1', port }, () => {
      others.push(server);
      resolve((server.address() as { port: number }).port);
    });
  });
}

describe('PageServer', () => {
  it('serves the page and its scripts, and nothing else', async () => {
    const { url } = await pageServer().listen();
    const page = await get(url);
    expect(page).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' });
    expect(page.text).toContain('<title>A &#60;test&#62;</title>');
    expect(page.policy).toContain("default-src 'none'");
    const scripts = ['page.js', 'picture.js', 'frame-header.js'];
    for (const name of scripts) {
      const script = await get(`${url}${name}`);
      expect(script).toMatchObject({ status: 200, type: 'text/javascript; charset=utf-8' });
      for (const [, imported] of script.text.matchAll(/from '\.\/([^']+)'/g)) expect(scripts).toContain(imported);
    }
    for (const name of ['page.d.ts', '../package.json', '%2e%2e/viewer.js', 'frames']) {
      expect((await get(`${url}${name}`)).status).toBe(404);
    }
    expect((await get(url, { method: 'POST' })).status).toBe(405);
    expect((await get(`${url}/`)).status).toBe(400);
  });

  it('refuses names that are not its own, for the page and for frames', async () => {
    const address = await pageServer().listen();
    const { port } = address;
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1:${port + 1}`]) {
      expect(await get(address.url, { headers: { host } })).toMatchObject({ status: 403, text: 'Forbidden: Host\n' });
      expect(await refusal(address, { headers: { host, origin: `http://${host}` } })).toBe(403);
    }
    expect((await get(address.url, { headers: { host: `localhost:${port}` } })).status).toBe(200);
  });

  it('gives frames to its own page only', async () => {
    const viewers: WebSocket[] = [];
    const address = await pageServer({ onViewer: (socket) => viewers.push(socket) }).listen();
    const { port } = address;
    for (const origin of ['http://evil.example', 'null', `https://127.0.0.1:${port}`, `http://localhost:${port}`]) {
      expect(await refusal(address, { headers: { origin } })).toBe(403);
    }
    expect(await refusal(address, { path: '/other' })).toBe(404);
    expect(viewers).toHaveLength(0);
    await new PageDouble(address.url).open();
    expect(viewers).toHaveLength(1);
  });

  it('asks for a token where other machines can connect', async () => {
    const address = await pageServer({ host: '0.0.0.0' }).listen();
    const { port } = address;
    const { searchParams, hostname } = new URL(address.url);
    expect(hostname).not.toBe('0.0.0.0');
    const token = searchParams.get('token') ?? '';
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    const local = `http://127.0.0.1:${port}/`;
    expect((await get(local)).status).toBe(403);
    expect((await get(`${local}?token=${token.replace(/./g, '0')}`)).status).toBe(403);
    expect((await get(`${local}?token=${token}`)).status).toBe(200);
    expect(await refusal({ ...address, url: local }, {})).toBe(403);
    await new PageDouble(`${local}?token=${token}`).open();
  });

  it('takes the next free port, unless it was told one', async () => {
    await taken(FIRST_PORT);
    const { port } = await pageServer({ port: undefined }).listen();
    expect(port).toBeGreaterThan(FIRST_PORT);
    await expect(pageServer({ port }).listen()).rejects.toThrow('EADDRINUSE');
  });

  it('closes at any time, connections of every kind included', async () => {
    const server = pageServer();
    const { port, url } = await server.listen();
    const page = await new PageDouble(url).open();
    const idle = connect({ host: '127.0.0.1', port });
    let idleClosed = false;
    idle.on('error', () => {});
    idle.on('close', () => {
      idleClosed = true;
    });
    await until(() => idle.readyState === 'open');
    await server.close();
    await until(() => idleClosed && page.closedWith !== undefined);
    await expect(get(url)).rejects.toThrow('ECONNREFUSED');

    const early = pageServer();
    const listening = early.listen();
    await early.close();
    await expect(listening).rejects.toThrow();
  });
});
