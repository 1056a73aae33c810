// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nearest } from '@kamaelia/axon';
import { UsageError } from '../failure.js';
import { type ComponentDescription, componentDescriptions } from './component-description.js';

/** The option of every command that knows components, for its `--help`. */
export const FROM_HELP = `  --from PACKAGE   components of a further package or folder that has a components.json; repeatable`;

/** A component that is known, and where its module is. */
export interface CatalogueEntry extends ComponentDescription {
  readonly package: string;
}

/** The components of the packages that are installed, from the descriptions that were built with them. */
export class Catalogue {
  readonly components: readonly CatalogueEntry[];
  readonly #files = new Map<CatalogueEntry, string>();

  /**
   * @param files the `components.json` to read; @see {@link openCatalogue}
   */
  constructor(files: readonly string[]) {
    const components: CatalogueEntry[] = [];
    for (const file of new Set(files)) {
      const { package: name, components: described } = componentDescriptions(readFileSync(file, 'utf8'), file);
      for (const component of described) {
        const entry = { package: name, ...component };
        this.#files.set(entry, file);
        components.push(entry);
      }
    }
    this.components = components;
  }

  /** Those with `pattern` in their name, module or summary; with `*` or `?` in it, those whose name or module it is. */
  matching(pattern: string): CatalogueEntry[] {
    const wanted = pattern.toLowerCase();
    if (!/[*?]/.test(wanted)) {
      return this.components.filter(({ name, import: module, summary }) =>
        [name, module, summary].some((text) => text.toLowerCase().includes(wanted)),
      );
    }
    const source = wanted
      .replace(/[\\^$.+()[\]{}|]/g, '\\$&')
      .replace(/\*/g, '.*')
      .replace(/\?/g, '.');
    const whole = new RegExp(`^${source}$`);
    return this.components.filter((entry) => [entry.name, entry.import].some((text) => whole.test(text.toLowerCase())));
  }

  /** The component called `name`, or `MODULE:NAME` where several packages have the name; else a {@link UsageError}. */
  named(name: string): CatalogueEntry {
    const found = this.components.filter((entry) => entry.name === name || `${entry.import}:${entry.name}` === name);
    const [only] = found;
    if (only !== undefined && found.length === 1) return only;
    if (found.length > 1) {
      const forms = found.map((entry) => `${entry.import}:${entry.name}`);
      throw new UsageError(
        `Expected one component but received ${JSON.stringify(name)}, which is ${forms.join(' or ')}`,
      );
    }
    const near = nearest(
      name,
      this.components.map((entry) => entry.name),
    );
    const hint = near === undefined ? "'kamaelia list' names all" : `did you mean ${JSON.stringify(near)}?`;
    throw new UsageError(`Expected the name of a component but received ${JSON.stringify(name)} (${hint})`);
  }

  /** What the component's module exports under its name. */
  async load(entry: CatalogueEntry): Promise<unknown> {
    const url = new URL(entry.module, pathToFileURL(this.#files.get(entry) ?? ''));
    const exported = ((await import(url.href)) as Record<string, unknown>)[entry.name];
    if (typeof exported === 'function') return exported;
    throw new TypeError(`Expected ${entry.name} in ${url.href} but received ${typeof exported}; is the package built?`);
  }
}

/**
 * The catalogue of the packages this program depends on, and of those in `from`: names that `folder` can import, or
 * folders.
 */
export function openCatalogue(from: readonly string[] = [], folder: string = process.cwd()): Catalogue {
  const here = createRequire(import.meta.url);
  const manifest = here('../../package.json') as { dependencies: Record<string, string> };
  const own = Object.keys(manifest.dependencies).flatMap((name) => found(here, name) ?? []);
  const there = createRequire(join(folder, 'package.json'));
  const further = from.map((name) => {
    const file = found(there, name) ?? found(here, name);
    if (file !== undefined) return file;
    throw new UsageError(`Expected a package with a components.json for --from but received ${JSON.stringify(name)}`);
  });
  return new Catalogue([...own, ...further]);
}

/** The file of a package's descriptions: as it exports it, or where builds leave it. */
function found(require: NodeJS.Require, name: string): string | undefined {
  for (const path of ['components.json', 'dist/components.json']) {
    try {
      return require.resolve(`${name}/${path}`);
    } catch {
      // Not exported, not installed or not built: it has no components to offer.
    }
  }
  return undefined;
}
