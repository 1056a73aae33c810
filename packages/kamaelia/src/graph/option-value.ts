// SPDX-License-Identifier: Apache-2.0
import type { ValueDescription, ValueKind } from '../catalogue/component-description.js';

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const DURATION = /^(\d+\.?\d*|\.\d+)(us|ms|s|min|h)$/;
const MS_OF = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 } as const;

/** A value that was read; not there where the text is none of that kind. */
type Read = { readonly value: unknown } | undefined;

const readers: Readonly<Record<ValueKind, (text: string, taken: ValueDescription) => Read>> = {
  choice: (text, { values = [] }) => read(values.find((value) => String(value) === text)),
  boolean: (text) => read(text === 'true' ? true : text === 'false' ? false : undefined),
  number: (text) => read(numberOf(text)),
  duration: (text) => read(durationOf(text)),
  list: (text, { items }) => listOf(text, items),
  string: (text) => ({ value: text }),
  any: (text) => ({ value: text }),
  object: () => undefined,
  other: () => undefined,
};
/** The narrower kind first: `5` is a number where a number or text is taken. */
const ORDER = Object.keys(readers) as ValueKind[];

function read(value: unknown): Read {
  return value === undefined ? undefined : { value };
}

/** A number or a fraction of two. */
function numberOf(text: string): number | undefined {
  const [over = '', under = '1', ...rest] = text.split('/');
  if (rest.length > 0 || !NUMBER.test(over) || !NUMBER.test(under)) return undefined;
  return Number(over) / Number(under);
}

/** A duration with its unit, such as `40ms`. */
export function durationOf(text: string): { ms: number } | { us: number } | undefined {
  const [, amount = '', unit = ''] = DURATION.exec(text) ?? [];
  if (unit === '') return undefined;
  return unit === 'us' ? { us: Number(amount) } : { ms: Number(amount) * MS_OF[unit as keyof typeof MS_OF] };
}

function listOf(text: string, items: ValueDescription | undefined): Read {
  if (items === undefined) return undefined;
  const values: unknown[] = [];
  for (const part of text === '' ? [] : text.split(',')) {
    const item = optionValue(part, false, items);
    if (item === undefined) return undefined;
    values.push(item.value);
  }
  return { value: values };
}

/** The value that a text stands for, or nothing where it is none of the kinds that are taken. Quotes make it text. */
export function optionValue(
  text: string,
  quoted: boolean,
  taken: ValueDescription,
): { readonly value: unknown } | undefined {
  if (quoted && (taken.kinds.includes('string') || taken.kinds.includes('any'))) {
    return readers.choice(text, taken) ?? { value: text };
  }
  for (const kind of ORDER) {
    const found = taken.kinds.includes(kind) ? readers[kind](text, taken) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether any text at all could stand for such a value. */
export function isWritable({ kinds, items }: ValueDescription): boolean {
  return kinds.some((kind) =>
    kind === 'list' ? items !== undefined && isWritable(items) : kind !== 'object' && kind !== 'other',
  );
}

/** What is taken, in words. */
export function takenInWords(taken: ValueDescription & { readonly unit?: string }): string {
  const { kinds, values = [], items, unit } = taken;
  const words = ORDER.filter((kind) => kinds.includes(kind)).flatMap((kind) => {
    if (kind === 'choice') return values.map((value) => `'${value}'`);
    if (kind === 'list') return items && isWritable(items) ? [`${takenInWords(items)}, more behind commas`] : [];
    if (kind === 'number') return [unit === undefined ? 'a number' : `a number of ${unit}`];
    const plain = { boolean: 'true or false', duration: 'a duration such as 40ms or 2s', string: 'text', any: 'text' };
    return kind in plain ? [plain[kind as keyof typeof plain]] : [];
  });
  const last = words.pop() ?? '';
  return words.length === 0 ? last : `${words.join(', ')} or ${last}`;
}
