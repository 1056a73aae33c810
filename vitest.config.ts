// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { playwright } from '@vitest/browser-playwright';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';

// What takes the place of a page where there is no browser: a test that is skipped, and so counted.
const NO_PAGE = 'packages/axon/test/no-page.test.ts';
const exclude = ['**/node_modules/**', '**/dist/**', '**/build/**'];
// One process must never hold two copies of axon: workspace packages are taken from their sources throughout.
const conditions = ['@kamaelia/source', 'node', 'import', 'module', 'default'];

const node: TestProjectInlineConfiguration = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions }, noExternal: [/^@kamaelia\//, 'kamaelia'] },
  test: {
    name: 'node',
    include: ['packages/**/*.test.ts', 'bindings/**/*.test.ts', 'ci/**/*.test.ts', 'examples/**/*.test.ts'],
    exclude: [...exclude, NO_PAGE],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
};

/** Tests of axon that cannot run in a page, and why. */
const NOT_IN_A_PAGE: Readonly<Record<string, string>> = {
  'packages/axon/src/threads/**': 'threads are of Node, and an entry of their own',
  'packages/axon/src/process.test.ts': 'starts processes',
  'packages/axon/src/streams-of-node.test.ts': 'streams of Node',
  'packages/axon/src/portable.test.ts': 'reads the sources from disk',
  'packages/axon/src/inspect/schema.test.ts': 'reads the documentation from disk',
};

const candidates = [process.env.KAMAELIA_CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/chromium-browser'];
// On a machine that is there to test everything, a missing browser is a failure.
const chromium =
  candidates.find((path) => path !== '' && existsSync(path)) ?? (process.env.CI ? '/usr/bin/chromium' : undefined);

/** What a page cannot look up; `packages/axon/test/surroundings.ts` reads it. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => name.startsWith('KAMAELIA_MODEL_')),
);

function page(executablePath: string): TestProjectInlineConfiguration {
  const args = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--no-first-run'];
  return {
    define: { KAMAELIA_ENVIRONMENT: JSON.stringify(environment) },
    resolve: { conditions: ['@kamaelia/source', 'browser', 'import', 'module', 'default'] },
    test: {
      name: 'page',
      include: ['packages/axon/src/**/*.test.ts'],
      exclude: [...exclude, ...Object.keys(NOT_IN_A_PAGE)],
      testTimeout: 30_000,
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: { executablePath, args } }),
        instances: [{ browser: 'chromium' }],
      },
    },
  };
}

const noPage: TestProjectInlineConfiguration = { test: { name: 'no page', include: [NO_PAGE] } };

export default defineConfig({
  test: { maxWorkers: 2, projects: [node, chromium === undefined ? noPage : page(chromium)] },
});
