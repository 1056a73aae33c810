// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
// @ts-expect-error a plain script without declarations
import { describePackages } from './package-components.mjs';

const axon = join(import.meta.dirname, '..', '..', 'packages', 'axon', 'src', 'index.ts');

const PACKAGE = {
  name: '@example/sound',
  exports: {
    '.': { '@kamaelia/source': './src/index.ts', types: './dist/index.d.ts', default: './dist/index.js' },
    './again': {
      '@kamaelia/source': './src/again/index.ts',
      types: './dist/again/index.d.ts',
      default: './dist/again/index.js',
    },
    './components.json': './dist/components.json',
  },
};

const GAIN = `
import { Component, type Duration, type Steps } from '@kamaelia/axon';
import type { Readable } from 'node:stream';

export type Curve = 'linear' | 'log';

export interface FadeOptions {
  /** How long it takes. Default 1 s. */
  readonly length?: Duration;
}

export interface GainOptions {
  /** Times louder, above 0. */
  readonly factor: number;
  /** Default \`'linear'\`. */
  readonly curve?: Curve;
  /** Samples a second, default 48000. */
  readonly rate?: number;
  /** Whether to. Default false. */
  readonly mute?: boolean | undefined;
  /** Names of channels. */
  readonly channels?: readonly string[];
  /** Begins softly. Default: at once. */
  readonly fade?: FadeOptions;
  /** Where from. */
  readonly input?: Readable;
  readonly label?: string;
}

/** \`control\`: orders, \`outbox\`: not this. */
abstract class Filter extends Component {
  /** Samples. */
  readonly inbox = this.in<Float32Array>('inbox', { capacity: 1_000 });
}

/**
 * Makes sound louder. Or softer.
 *
 * \`outbox\`: samples, of the same length.
 *
 * @example
 * import { Gain } from '@example/sound';
 * new Gain(2);
 */
export class Gain extends Filter {
  readonly outbox = this.out<Float32Array>('outbox');
  /** @internal */
  readonly hook = this.in<number>('hook');
  readonly #orders = this.in<'up' | 'down' | number>('control');

  /** A number is the \`factor\`. */
  constructor(options: GainOptions | number) {
    super();
  }
  override *main(): Steps {
    class Inner extends Component { readonly hidden = this.in('hidden'); }
  }
}

/** Takes no options. */
export class Quiet<T = unknown> extends Component {
  readonly inbox;
  constructor() {
    super();
    this.inbox = this.in<T>('inbox');
  }
}

/** Sends copies. */
export class Copies extends Component {
  /** @param outboxes names of the outboxes */
  constructor(outboxes: string[], least = 1) {
    super();
    for (const name of outboxes) this.out(name);
  }
}

/** @internal */
export class Secret extends Component {}
export abstract class Base extends Component {}
/**
 * To be extended.
 *
 * @base
 */
export class Body extends Component {}
export class Other {}
export const seven = 7;
export function plain(): number { return 7; }
/** Two in a row. */
export function Twice(make: () => Component, options: FadeOptions = {}): Gain { return new Gain(2); }
export { Component };
`;

describe('describePackages', () => {
  let folder: string;
  let described: { name: string; components: Record<string, unknown>[] };
  const plant = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  const component = (name: string) => described.components.find((each) => each.name === name);

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'catalogue-'));
    plant('package.json', JSON.stringify(PACKAGE));
    const compilerOptions = {
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable', 'dom'],
      module: 'nodenext',
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
      types: ['node'],
      typeRoots: [join(import.meta.dirname, '..', '..', 'node_modules', '@types')],
      paths: { '@kamaelia/axon': [axon] },
    };
    plant('tsconfig.json', JSON.stringify({ compilerOptions, include: ['src'] }));
    plant('src/gain.ts', GAIN);
    plant('src/index.ts', `export * from './gain.js';\nexport { Gain as Louder } from './gain.js';\n`);
    plant('src/again/index.ts', `export { Gain } from '../gain.js';\nthis is being written {`);
    [described] = describePackages([folder]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('finds each exported component and graph maker once, and nothing else', () => {
    expect(described.name).toBe('@example/sound');
    expect(described.components.map(({ name, kind }) => `${kind} ${name}`)).toEqual([
      'class Gain',
      'class Quiet',
      'class Copies',
      'function Twice',
    ]);
  });

  it('says where a component is', () => {
    expect(component('Gain')).toMatchObject({
      import: '@example/sound',
      module: './index.js',
      source: 'src/gain.ts',
    });
  });

  it('takes words from docstrings', () => {
    expect(component('Gain')).toMatchObject({
      summary: 'Makes sound louder.',
      description: 'Makes sound louder. Or softer.',
      examples: [`import { Gain } from '@example/sound';\nnew Gain(2);`],
    });
  });

  it('finds boxes of the class and of those it extends, private ones too, but no internal one', () => {
    expect(component('Gain')).toMatchObject({
      inboxes: [
        { name: 'inbox', type: 'Float32Array', doc: 'Samples.', capacity: 1000 },
        { name: 'control', type: "number | 'down' | 'up'", doc: 'orders' },
      ],
      outboxes: [{ name: 'outbox', type: 'Float32Array', doc: 'samples, of the same length.' }],
    });
    expect(component('Quiet')).toMatchObject({ typeParameters: ['T'], inboxes: [{ name: 'inbox', type: 'T' }] });
  });

  it('says when boxes are named only as the component is made', () => {
    expect(component('Copies')).toMatchObject({ outboxes: [], moreOutboxes: true });
    expect(component('Gain')).not.toHaveProperty('moreOutboxes');
  });

  it('describes options with type, kind of text, default, unit and fields', () => {
    const { options, ...call } = component('Gain') as { options: Record<string, unknown>[] };
    expect(call).toMatchObject({ call: 'options', forms: ['options', 'factor'], positional: ['factor'] });
    expect(options).toEqual([
      {
        name: 'factor',
        type: 'number',
        kinds: ['number'],
        optional: false,
        doc: 'Times louder, above 0.',
        unit: 'times',
      },
      {
        name: 'curve',
        type: "'linear' | 'log'",
        kinds: ['choice'],
        values: ['linear', 'log'],
        optional: true,
        doc: "Default `'linear'`.",
        default: "'linear'",
      },
      {
        name: 'rate',
        type: 'number',
        kinds: ['number'],
        optional: true,
        doc: 'Samples a second, default 48000.',
        default: '48000',
        unit: 'samples a second',
      },
      {
        name: 'mute',
        type: 'boolean',
        kinds: ['boolean'],
        optional: true,
        doc: 'Whether to. Default false.',
        default: 'false',
      },
      {
        name: 'channels',
        type: 'readonly string[]',
        kinds: ['list'],
        items: { type: 'string', kinds: ['string'] },
        optional: true,
        doc: 'Names of channels.',
      },
      {
        name: 'fade',
        type: 'FadeOptions',
        kinds: ['object'],
        fields: [
          {
            name: 'length',
            type: 'Duration',
            kinds: ['duration'],
            optional: true,
            doc: 'How long it takes. Default 1 s.',
            default: '1 s',
          },
        ],
        optional: true,
        doc: 'Begins softly. Default: at once.',
        default: 'at once',
      },
      { name: 'input', type: 'Readable', kinds: ['other'], optional: true, doc: 'Where from.' },
      { name: 'label', type: 'string', kinds: ['string'], optional: true, doc: '' },
    ]);
  });

  it('describes plain arguments as options in their order', () => {
    expect(component('Copies')).toMatchObject({
      call: 'arguments',
      forms: ['outboxes, least?'],
      positional: ['outboxes', 'least'],
      options: [
        { name: 'outboxes', kinds: ['list'], optional: false, doc: 'names of the outboxes' },
        { name: 'least', kinds: ['number'], optional: true },
      ],
    });
    expect(component('Quiet')).toMatchObject({ call: 'options', forms: [''], positional: [], options: [] });
  });

  it('describes functions that make components', () => {
    expect(component('Twice')).toMatchObject({
      summary: 'Two in a row.',
      forms: ['make, options?'],
      inboxes: [{ name: 'inbox', type: 'Float32Array' }],
      outboxes: [{ name: 'outbox', type: 'Float32Array' }],
    });
  });
});
