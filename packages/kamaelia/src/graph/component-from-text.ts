// SPDX-License-Identifier: Apache-2.0
import { type Component, nearest } from '@kamaelia/axon';
import type { CatalogueEntry } from '../catalogue/catalogue.js';
import type { OptionDescription } from '../catalogue/component-description.js';
import { isComponent } from './graph.js';
import type { Element } from './graph-text.js';
import { type Word, wrongAt } from './graph-words.js';
import { isWritable, optionValue, takenInWords } from './option-value.js';

type Values = { [name: string]: unknown };

/** Makes the component that an element of a graph's text describes; `exported` is what its module has. */
export function componentFromText(element: Element, entry: CatalogueEntry, exported: unknown): Component {
  const values = valuesOf(element, entry);
  let made: unknown;
  try {
    made = construct(entry, exported, values);
  } catch (error) {
    throw wrongAt(element.at, error instanceof Error ? error.message : String(error));
  }
  if (isComponent(made)) return made;
  throw wrongAt(element.at, `Expected a component from ${entry.name} but received ${String(made)}`);
}

function construct(entry: CatalogueEntry, exported: unknown, values: Values): unknown {
  const given = entry.call === 'arguments' ? entry.options.map(({ name }) => values[name]) : [values];
  while (given.length > 0 && given[given.length - 1] === undefined) given.pop();
  if (entry.kind === 'function') return (exported as (...given: unknown[]) => unknown)(...given);
  return new (exported as new (...given: unknown[]) => unknown)(...given);
}

/** The options that the words say, by name, checked against the description. */
function valuesOf(element: Element, entry: CatalogueEntry): Values {
  const values: Values = {};
  let place = 0;
  for (const word of element.values) {
    const path = word.name ?? positional(word, entry, place++);
    setValue(values, path, word, entry);
  }
  const missing = missingOf(entry.options, values);
  if (missing === undefined) return values;
  const { path, option } = missing;
  if (isWritable(option) || option.kinds.includes('object')) {
    throw wrongAt(element.at, `Expected ${path} for ${entry.name} but received no value`);
  }
  throw notWritable(element.at, path, option, entry);
}

function notWritable(at: number, path: string, { type }: OptionDescription, entry: CatalogueEntry): Error {
  return wrongAt(at, `Expected a module rather than a text for ${path} of ${entry.name}, which takes ${type}`);
}

function positional(word: Word, entry: CatalogueEntry, place: number): string {
  const name = entry.positional[place];
  if (name !== undefined) return name;
  const most = entry.positional.length;
  const wanted = most === 0 ? 'NAME=VALUE' : `at most ${most} value${most === 1 ? '' : 's'} without a name`;
  throw wrongAt(word.at, `Expected ${wanted} for ${entry.name} but received ${JSON.stringify(word.text)}`);
}

/** Sets the option, or the field of one (`reconnect.min`), that `path` names. */
function setValue(values: Values, path: string, word: Word, entry: CatalogueEntry): void {
  const names = path.split('.');
  let options = entry.options;
  let into = values;
  for (const [depth, name] of names.entries()) {
    const owner = [entry.name, ...names.slice(0, depth)].join('.');
    const option = options.find((each) => each.name === name);
    if (option === undefined) throw unknownOption(word.at, name, owner, options);
    if (depth < names.length - 1 && option.fields !== undefined) {
      options = option.fields;
      const inner = (Object.hasOwn(into, name) ? into[name] : {}) as Values;
      into[name] = inner;
      into = inner;
      continue;
    }
    const rest = names[depth + 1];
    if (rest !== undefined) throw unknownOption(word.at, rest, `${owner}.${name}`, []);
    if (Object.hasOwn(into, name))
      throw wrongAt(word.at, `Expected ${path} for ${entry.name} once but received it twice`);
    into[name] = checkedValue(option, path, word, entry);
    return;
  }
}

function checkedValue(option: OptionDescription, path: string, word: Word, entry: CatalogueEntry): unknown {
  const found = optionValue(word.text, word.quoted, option);
  if (found !== undefined) return found.value;
  if (isWritable(option)) {
    const received = JSON.stringify(word.text);
    throw wrongAt(
      word.textAt,
      `Expected ${takenInWords(option)} for ${path} of ${entry.name} but received ${received}`,
    );
  }
  const field = option.fields?.[0]?.name;
  if (field === undefined) throw notWritable(word.at, path, option, entry);
  throw wrongAt(word.at, `Expected ${path}.${field} and the like for ${entry.name} but received ${path}`);
}

function unknownOption(at: number, name: string, owner: string, options: readonly OptionDescription[]): Error {
  const names = options.map((option) => option.name);
  const near = nearest(name, names);
  const known = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
  const hint = near === undefined ? known : `did you mean ${JSON.stringify(near)}?`;
  return wrongAt(at, `Expected an option of ${owner} but received ${JSON.stringify(name)} (${hint})`);
}

/** The first option that is needed and not there; of an object only where one of its fields is given. */
function missingOf(
  options: readonly OptionDescription[],
  values: Values,
  prefix = '',
): { path: string; option: OptionDescription } | undefined {
  for (const option of options) {
    const path = prefix + option.name;
    const value = Object.hasOwn(values, option.name) ? values[option.name] : undefined;
    if (value === undefined && !option.optional) return { path, option };
    if (value === undefined || option.fields === undefined || typeof value !== 'object') continue;
    const inner = missingOf(option.fields, value as Values, `${path}.`);
    if (inner !== undefined) return inner;
  }
  return undefined;
}
