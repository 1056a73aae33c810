#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Takes the README's picture of the page: npm start in a real browser, a few seconds into the test card.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { root, say } from './process.mjs';

const help = `Usage: node ci/screenshot.mjs

Runs npm start, opens its page in Chromium and writes docs/images/player.svg: the screenshot within an SVG, as the
repository holds no binaries.

Exit codes: 0 written, 1 failed.`;

if (process.argv.includes('--help')) {
  console.log(help);
  process.exit(0);
}
const size = { width: 880, height: 560 };
const frameWanted = 120;
const player = spawn(process.execPath, [join(root, 'ci', 'start.mjs'), '--port', '0'], { cwd: root });
const url = await new Promise((resolve, reject) => {
  let text = '';
  player.stderr.on('data', (data) => {
    text += data;
    const found = /Watch at (\S+)/.exec(text)?.[1];
    if (found !== undefined) resolve(found);
  });
  player.on('close', () => reject(new Error(`Expected an address but received ${text}`)));
});
const browser = await chromium.launch({
  executablePath: process.env.KAMAELIA_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
});
const page = await browser.newPage({ viewport: size });
await page.goto(url);
await page.waitForFunction((n) => globalThis.kamaelia?.frameNumber >= n, frameWanted);
const jpeg = await page.screenshot({ type: 'jpeg', quality: 60 });
await browser.close();
player.kill('SIGINT');
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" width="${size.width}" height="${size.height}" role="img" aria-label="The page playing the test card"><image width="${size.width}" height="${size.height}" href="data:image/jpeg;base64,${jpeg.toString('base64')}"/></svg>\n`;
const file = join(root, 'docs', 'images', 'player.svg');
writeFileSync(file, svg);
say(`wrote ${file}, ${svg.length} bytes`);
writeFileSync(join(root, 'build', 'player.jpg'), jpeg);
process.exit(0);
