// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, statSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Where the browser is, or undefined. `KAMAELIA_CHROMIUM` names another. */
export const chromiumPath: string | undefined = [process.env.KAMAELIA_CHROMIUM ?? '', ...CANDIDATES].find(
  (path) => path !== '' && existsSync(path),
);

/** On a machine that is there to test everything, a missing browser is a failure. */
export const skipped: boolean = chromiumPath === undefined && !process.env.CI;

/** Starts the browser, with WebGL2 in software. */
export function launch(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error(`Expected a browser at one of ${CANDIDATES.join(', ')}`);
  compiledPage();
  return chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      '--use-gl=angle',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
      '--disable-background-networking',
      '--no-first-run',
    ],
  });
}

/** The page is served as it was compiled; an old one would test what is no longer there. */
function compiledPage(): void {
  const sources = new URL('../src/page/', import.meta.url);
  const compiled = new URL('../dist/page/', import.meta.url);
  for (const name of readdirSync(sources).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))) {
    const script = new URL(name.replace(/\.ts$/, '.js'), compiled);
    if (existsSync(script) && statSync(script).mtimeMs >= statSync(new URL(name, sources)).mtimeMs) continue;
    throw new Error(`Expected a compiled page but ${name} is newer than its script; run tsc -b packages/display`);
  }
}
