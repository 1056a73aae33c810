// SPDX-License-Identifier: Apache-2.0
import { UsageError } from '../failure.js';

/** What a value may be written as; `any` is taken as text, and `other` (a function, a stream) cannot be written. */
export type ValueKind = 'string' | 'number' | 'boolean' | 'duration' | 'choice' | 'list' | 'object' | 'any' | 'other';

/** What an option takes. */
export interface ValueDescription {
  /** As TypeScript writes it. */
  readonly type: string;
  readonly kinds: readonly ValueKind[];
  /** The values of kind `choice`. */
  readonly values?: readonly (string | number)[];
  /** What the items of kind `list` are. */
  readonly items?: ValueDescription;
  /** What kind `object` is made of. */
  readonly fields?: readonly OptionDescription[];
}

/** An option or, of a component that takes plain arguments, an argument. */
export interface OptionDescription extends ValueDescription {
  readonly name: string;
  readonly optional: boolean;
  readonly doc: string;
  /** In words, as the docstring states it. */
  readonly default?: string;
  /** Of a number, in words. */
  readonly unit?: string;
  /** Any number of arguments of this kind. */
  readonly rest?: boolean;
}

/** An inbox or outbox. */
export interface BoxDescription {
  readonly name: string;
  /** Type of its messages. */
  readonly type: string;
  readonly doc: string;
  /** Messages it holds, where that is not the usual number. */
  readonly capacity?: number;
}

/** One component, as the `components.json` of its package has it. */
export interface ComponentDescription {
  readonly name: string;
  /** A function makes a component without `new`. */
  readonly kind: 'class' | 'function';
  /** What to import it from. */
  readonly import: string;
  /** The same, as a path from `components.json`. */
  readonly module: string;
  /** First sentence of `description`. */
  readonly summary: string;
  /** Markdown. */
  readonly description: string;
  readonly typeParameters?: readonly string[];
  readonly inboxes: readonly BoxDescription[];
  readonly outboxes: readonly BoxDescription[];
  /** Further ones are named when the component is made. */
  readonly moreInboxes?: boolean;
  readonly moreOutboxes?: boolean;
  /** Whether it takes `options` as one object, or as arguments in their order. */
  readonly call: 'options' | 'arguments';
  /** Its arguments in words, one text for each way to call it. */
  readonly forms: readonly string[];
  /** Names of the options that may be given without their names, in this order. */
  readonly positional: readonly string[];
  readonly options: readonly OptionDescription[];
  readonly examples: readonly string[];
}

const FORMAT = 1;
const TEXTS = ['name', 'kind', 'import', 'module', 'summary', 'description', 'call'] as const;
const LISTS = ['inboxes', 'outboxes', 'forms', 'positional', 'options', 'examples'] as const;

function isDescription(value: unknown): value is ComponentDescription {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  return TEXTS.every((name) => typeof fields[name] === 'string') && LISTS.every((name) => Array.isArray(fields[name]));
}

/** Reads a `components.json`; anything else is a {@link UsageError} that names `file`. */
export function componentDescriptions(
  text: string,
  file: string,
): { package: string; components: ComponentDescription[] } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`Expected JSON in ${file} but received ${(error as Error).message}`);
  }
  const { format, package: name, components } = (value ?? {}) as Record<string, unknown>;
  if (format !== FORMAT)
    throw new UsageError(`Expected descriptions of format ${FORMAT} in ${file} but received ${format}`);
  if (typeof name !== 'string' || !Array.isArray(components) || !components.every(isDescription)) {
    throw new UsageError(`Expected descriptions of components in ${file} but received something else`);
  }
  return { package: name, components };
}
