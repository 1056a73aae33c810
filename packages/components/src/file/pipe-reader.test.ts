// SPDX-License-Identifier: Apache-2.0
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Component, Pipeline } from '@kamaelia/axon';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listsDescriptors, openDescriptors } from '../testing/descriptors.js';
import { until } from '../testing/until.js';
import { ReadFileAdaptor } from './index.js';

let folder = '';
let pipe = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kamaelia-pipe-'));
  pipe = join(folder, 'pipe');
  if (process.platform !== 'win32') execFileSync('mkfifo', [pipe]);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Opened for both it waits for nobody, and whoever reads has a writer from now on. */
function openedForWriting(): number {
  return openSync(pipe, constants.O_RDWR);
}

const isOpen = () => openDescriptors().includes(pipe);

describe.skipIf(!listsDescriptors)('ReadFileAdaptor of a named pipe', () => {
  it('reads what several writes bring, to the end of the writer, in blocks with buffers of their own', async () => {
    const content = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);
    const source = join(folder, 'source');
    writeFileSync(source, content);
    const blocks: Uint8Array[] = [];
    const done = Pipeline(new ReadFileAdaptor({ filename: pipe, chunksize: 50_000 }), (block) => {
      blocks.push(block);
    }).run();
    spawn('sh', ['-c', '(head -c 10; cat) < "$0" > "$1"', source, pipe], { stdio: 'inherit' });
    await done;
    expect(Buffer.concat(blocks).equals(content)).toBe(true);
    for (const block of blocks) {
      expect(block.length).toBeLessThanOrEqual(50_000);
      expect(block.buffer.byteLength).toBe(block.byteLength);
    }
  });

  it.each(['stopped', 'aborted'])('closes it when it is %s while nobody has it open for writing', async (how) => {
    const reader = new ReadFileAdaptor(pipe).activate();
    await until(isOpen);
    await finish(reader, how);
    await until(() => !isOpen());
  });

  it.each(['stopped', 'aborted'])('closes it when it is %s while its writer says nothing', async (how) => {
    const fd = openedForWriting();
    let bytes = 0;
    const reader = new ReadFileAdaptor(pipe);
    const graph = Pipeline(reader, (block) => {
      bytes += block.length;
    }).activate();
    writeFileSync(fd, 'all there is');
    await until(() => bytes > 0);
    await finish(graph, how);
    closeSync(fd);
    await until(() => !isOpen());
  });
});

async function finish(graph: Component, how: string): Promise<void> {
  if (how === 'stopped') {
    graph.stop();
    await graph.done;
    return;
  }
  graph.abort(new Error('over'));
  await expect(graph.done).rejects.toThrow('over');
}
