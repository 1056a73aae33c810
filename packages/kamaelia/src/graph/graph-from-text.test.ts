// SPDX-License-Identifier: Apache-2.0
import { Component, type Steps } from '@kamaelia/axon';
import { beforeEach, describe, expect, it } from 'vitest';
import { Catalogue, type CatalogueEntry } from '../catalogue/catalogue.js';
import type { BoxDescription, OptionDescription, ValueKind } from '../catalogue/component-description.js';
import { UsageError } from '../failure.js';
import { graphFromText } from './graph-from-text.js';

let arrived: unknown[] = [];
let given: unknown[] = [];
beforeEach(() => {
  arrived = [];
  given = [];
});

class Source extends Component {
  readonly outbox = this.out<unknown>('outbox');
  readonly signal_ = this.out<string>('signal');
  readonly #messages: readonly unknown[];

  constructor(options: { messages?: readonly unknown[]; factor?: number } = {}) {
    super();
    given.push(options);
    if (options.factor === 13) throw new RangeError('Source: Expected another number for factor but received 13');
    this.#messages = options.messages ?? ['a', 'b'];
  }

  override *main(): Steps {
    for (const message of this.#messages) this.outbox.send(message);
    this.signal_.send('over');
    yield;
  }
}

class Sink extends Component {
  readonly inbox = this.in<unknown>('inbox');
  readonly control = this.in<string>('control');
  readonly extra = this.in<unknown>('extra');

  constructor(...options: unknown[]) {
    super();
    given.push(...options);
  }

  override *main(): Steps {
    const boxes = [this.inbox, this.control, this.extra];
    while (!this.inbox.ended) {
      for (const box of boxes) while (box.ready) arrived.push(`${box.name} ${String(box.recv())}`);
      yield;
    }
    for (const box of boxes) while (box.ready) arrived.push(`${box.name} ${String(box.recv())}`);
  }
}

class Boxless extends Component {
  override *main(): Steps {
    while (this.dataReady('inbox')) this.send(this.recv('inbox'), 'outbox');
    yield;
  }
}

class Named extends Component {
  readonly outbox;
  constructor(name: string) {
    super();
    this.outbox = this.out<string>(name);
  }
  override *main(): Steps {
    this.outbox.send('named');
    yield;
  }
}

const box = (name: string): BoxDescription => ({ name, type: 'unknown', doc: '' });
const option = (name: string, kind: ValueKind, more: Partial<OptionDescription> = {}): OptionDescription => ({
  name,
  type: kind,
  kinds: [kind],
  optional: true,
  doc: '',
  ...more,
});

function entry(name: string, more: Partial<CatalogueEntry> = {}): CatalogueEntry {
  return {
    name,
    package: 'test',
    kind: 'class',
    import: 'test',
    module: './index.js',
    summary: '',
    description: '',
    inboxes: [],
    outboxes: [],
    call: 'options',
    forms: [''],
    positional: [],
    options: [],
    examples: [],
    ...more,
  };
}

const fade = option('fade', 'object', {
  fields: [option('length', 'duration', { optional: false }), option('steps', 'number', { unit: 'steps' })],
});
const entries: CatalogueEntry[] = [
  entry('Source', {
    outboxes: [box('outbox'), box('signal')],
    positional: ['factor', 'label'],
    options: [
      option('factor', 'number'),
      option('label', 'string'),
      option('messages', 'list', { items: { type: '', kinds: ['string'] } }),
      option('input', 'other', { type: 'Readable' }),
      fade,
    ],
  }),
  entry('Sink', {
    inboxes: [box('inbox'), box('control'), box('extra')],
    call: 'arguments',
    positional: ['first', 'second'],
    options: [option('first', 'string'), option('second', 'number')],
  }),
  entry('Strict', {
    options: [
      option('host', 'string', { optional: false }),
      option('make', 'other', { type: '() => T', optional: false }),
    ],
  }),
  entry('Boxless'),
  entry('Named', {
    moreOutboxes: true,
    call: 'arguments',
    positional: ['name'],
    options: [option('name', 'string', { optional: false })],
  }),
  entry('maker', { kind: 'function', positional: ['messages'], options: [option('messages', 'any')] }),
  entry('Number'),
];

const exported: Record<string, unknown> = {
  Source,
  Sink,
  Boxless,
  Named,
  Number,
  maker: ({ messages = '' }: { messages?: string }) => new Source({ messages: [messages] }),
};

class TestCatalogue extends Catalogue {
  override readonly components = entries;
  override async load({ name }: CatalogueEntry): Promise<unknown> {
    return exported[name];
  }
}

const graph = (text: string) => graphFromText(text, new TestCatalogue([]));
async function run(text: string): Promise<unknown[]> {
  const { root } = await graph(text);
  await root.run();
  return arrived.sort();
}

describe('graphFromText', () => {
  it('links components in a row, signal to control too', async () => {
    expect(await run('Source ! Sink')).toEqual(['control over', 'inbox a', 'inbox b']);
  });

  it('links boxes by name, and rows with each other', async () => {
    expect(await run('Source messages=x ! sink=Sink; maker more ! sink.extra')).toEqual([
      'control over',
      'extra more',
      'inbox x',
    ]);
  });

  it('leaves a signal alone that is linked by name', async () => {
    expect(await run('from=Source messages=x ! Sink; from.signal ! other=Sink')).toEqual(['inbox over', 'inbox x']);
  });

  it('links components whose boxes come into being by name', async () => {
    expect(await run('Source messages=x ! Boxless ! Sink; n=Named left; n.left ! Sink')).toEqual([
      'inbox named',
      'inbox x',
    ]);
  });

  it('names components in paths as the text does', async () => {
    const { root, components } = await graph('Source ! player=Sink; maker x ! Sink');
    await root.run();
    expect(components.map(({ name }) => name)).toEqual(['Source-1', 'player', 'maker-1', 'Sink-1']);
  });

  it('gives options as an object, with values of their types and fields', async () => {
    await graph('Source 3/2 messages=a,b label="7" fade.length=40ms fade.steps=2');
    expect(given).toEqual([{ factor: 1.5, messages: ['a', 'b'], label: '7', fade: { length: { ms: 40 }, steps: 2 } }]);
  });

  it('gives plain arguments in their order', async () => {
    await graph('Sink second=2');
    await graph('Sink one');
    expect(given).toEqual([undefined, 2, 'one']);
  });

  it.each([
    ['Sorce', 'character 1: Expected the name of a component but received "Sorce" (did you mean "Source"?)'],
    ['Source ! Sinc', 'character 10: Expected the name of a component but received "Sinc" (did you mean "Sink"?)'],
    ['Source labl=x', 'character 8: Expected an option of Source but received "labl" (did you mean "label"?)'],
    [
      'Source colour=x',
      'character 8: Expected an option of Source but received "colour" (it has factor, label, messages, input, fade)',
    ],
    ['Boxless a=x', 'character 9: Expected an option of Boxless but received "a" (it has none)'],
    ['Source factor=x', 'character 15: Expected a number for factor of Source but received "x"'],
    ['Source factor=1 2', 'character 17: Expected factor for Source once but received it twice'],
    ['Source 1 b c', 'character 12: Expected at most 2 values without a name for Source but received "c"'],
    ['Named a b', 'character 9: Expected at most 1 value without a name for Named but received "b"'],
    ['Boxless x', 'character 9: Expected NAME=VALUE for Boxless but received "x"'],
    ['Source input=x', 'character 8: Expected a module rather than a text for input of Source, which takes Readable'],
    ['Source fade=1s', 'character 8: Expected fade.length and the like for Source but received fade'],
    [
      'Source fade.lenght=1s',
      'character 8: Expected an option of Source.fade but received "lenght" (did you mean "length"?)',
    ],
    ['Source fade.steps=3', 'character 1: Expected fade.length for Source but received no value'],
    ['Source label.x=3', 'character 8: Expected an option of Source.label but received "x" (it has none)'],
    ['Source fade.steps=many', 'character 19: Expected a number of steps for fade.steps of Source but received "many"'],
    ['Strict', 'character 1: Expected host for Strict but received no value'],
    ['Strict host=x', 'character 1: Expected a module rather than a text for make of Strict, which takes () => T'],
    ['Boxless ! Source factor=13', 'character 11: Expected an inbox of Source but received "inbox" (it has none)'],
    ['Source factor=13', 'character 1: Source: Expected another number for factor but received 13'],
    ['Number', 'character 1: Expected a component from Number but received NaN'],
    ['Sink ! Sink', 'character 1: Expected an outbox of Sink but received "outbox" (it has none)'],
    [
      'Source ! s.inbax; s=Sink',
      'character 10: Expected an inbox of Sink but received "inbax" (did you mean "inbox"?)',
    ],
    ['Source ! s.x; s=Sink', 'character 10: Expected an inbox of Sink but received "x" (it has inbox, control, extra)'],
    [
      's=Source ! Sink; s ! Sink',
      'character 18: Expected one destination for s.outbox but received a second; see Tee, Backplane',
    ],
    ['s=Source; s', 'character 11: Expected ! before or behind s but received neither'],
    ['b=Boxless; Source ! b.inbox ! Sink', 'character 21: Expected b between two ! but received b.inbox'],
    ['n=Named left; n.right ! Sink', 'Graphline/n: Expected the name of an outbox but received "right"; it has "left"'],
  ])('refuses %j', async (text, message) => {
    await expect(graph(text)).rejects.toThrow(UsageError);
    await expect(graph(text)).rejects.toThrow(message);
  });
});
