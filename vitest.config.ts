// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

const conditions = ['@kamaelia/source', 'node', 'import', 'module', 'default'];

export default defineConfig({
  resolve: { conditions },
  // One process must never hold two copies of axon: workspace packages are taken from their sources throughout.
  ssr: { resolve: { conditions, externalConditions: conditions }, noExternal: [/^@kamaelia\//, 'kamaelia'] },
  test: {
    include: ['packages/**/*.test.ts', 'bindings/**/*.test.ts', 'ci/**/*.test.ts', 'examples/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/build/**'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
