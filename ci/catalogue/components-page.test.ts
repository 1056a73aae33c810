// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
// @ts-expect-error a plain script without declarations
import { componentsPage } from './components-page.mjs';

const gain = {
  name: 'Gain',
  kind: 'class',
  import: '@example/sound',
  source: 'src/gain.ts',
  description: 'Makes sound louder.',
  inboxes: [{ name: 'inbox', type: 'string | Float32Array', doc: 'Samples.' }],
  outboxes: [],
  moreOutboxes: true,
  call: 'options',
  forms: ['options', 'factor'],
  positional: ['factor'],
  options: [
    { name: 'factor', type: 'number', optional: false, unit: 'times', doc: 'Above 0.' },
    {
      name: 'fade',
      type: 'FadeOptions',
      optional: true,
      default: 'at once',
      doc: 'Begins\nsoftly.',
      fields: [{ name: 'length', type: 'Duration', optional: true, doc: '' }],
    },
  ],
  examples: ['new Gain(2);'],
};
const packages = [
  { folder: 'sound', components: [gain] },
  {
    folder: 'other',
    components: [{ ...gain, import: '@example/other', options: [], inboxes: [], moreOutboxes: false }],
  },
  { folder: 'none', components: [] },
];

describe('componentsPage', () => {
  const page: string = componentsPage(packages);

  it('has a section for each component below its module', () => {
    expect(page).toContain('\n## @example/sound\n\n### Gain\n\nMakes sound louder.\n');
    expect(page).toContain(
      '`new Gain(options)` or `new Gain(factor)` from `@example/sound` · [source](../packages/sound/src/gain.ts)',
    );
    expect(page).toContain('```js\nnew Gain(2);\n```');
  });

  it('lists boxes and options, fields by their path, in tables that hold', () => {
    expect(page).toContain(
      '| in | `inbox` | `string \\| Float32Array` | Samples. |\n| out | more |  | Named when it is made. |',
    );
    expect(page).toContain(
      '| `factor` | `number` | times | needed | Above 0. |\n' +
        '| `fade` | `FadeOptions` |  | at once | Begins softly. |\n' +
        '| `fade.length` | `Duration` |  |  |  |',
    );
  });

  it('links every component, of one name too, from its index', () => {
    expect(page).toContain('| `@example/sound` | [Gain](#gain) |\n| `@example/other` | [Gain](#gain-1) |');
  });

  it('leaves out empty tables', () => {
    expect(page.split('## @example/other')[1]).not.toContain('|');
  });
});
