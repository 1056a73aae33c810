// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/** The version of Node-API that the addons are built for: the newest that Node 20 has. */
const NAPI_VERSION = 9;

function foundPrebuilds(root: string): string {
  try {
    const folder = join(root, 'prebuilds');
    const files = readdirSync(folder).flatMap((target) =>
      readdirSync(join(folder, target)).map((file) => `${target}/${file}`),
    );
    return files.join(', ') || 'none';
  } catch {
    return 'none';
  }
}

function explain(name: string, root: string, why: string): string {
  const { platform, arch, version, versions } = process;
  return [
    `loadNative: Expected the native part of ${name} to load but ${why}`,
    `  this process: ${platform}-${arch}, Node ${version}, Node-API ${versions.napi ?? 'none'} (needs ${NAPI_VERSION})`,
    `  prebuilt files in the package: ${foundPrebuilds(root)}`,
    `  from a checkout, build it with: npm run build`,
  ].join('\n');
}

/**
 * Loads the addon of a binding package: its own build where there is one, else the prebuilt file for this platform.
 *
 * `name` is the package's name, for messages; `rootUrl` the package's folder. The environment variable named by
 * `override` may hold the path of a `.node` file to load instead. Throws an Error that says what was found and what to do.
 */
export function loadNative<T>(name: string, rootUrl: URL, override?: string): T {
  const root = fileURLToPath(rootUrl);
  const path = override === undefined ? undefined : process.env[override];
  // Asked first: an addon of a newer Node-API may crash the process instead of failing to load.
  if (!(Number(process.versions.napi) >= NAPI_VERSION)) {
    throw new Error(explain(name, root, `Node-API ${process.versions.napi ?? 'none'} is too old`));
  }
  try {
    if (path) return require(path) as T;
    return (require('node-gyp-build') as (folder: string) => T)(root);
  } catch (cause) {
    const first = cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause);
    throw new Error(explain(name, root, first), { cause });
  }
}
