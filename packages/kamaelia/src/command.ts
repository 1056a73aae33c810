// SPDX-License-Identifier: Apache-2.0
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { nearest } from '@kamaelia/axon';
import { UsageError } from './failure.js';

/** What a command has of the process around it. */
export interface Surroundings {
  /** Aborted by Ctrl-C and its like, with the reason that gives the exit code. */
  readonly signal: AbortSignal;
}

/** One verb of the command line. */
export interface Command {
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  /** Resolves to the exit code; what it throws becomes one. */
  run(args: string[], surroundings: Surroundings): Promise<number>;
}

type OptionKind = 'flag' | 'text' | 'list';
type Values<K extends Record<string, OptionKind>> = {
  [Name in keyof K]: K[Name] extends 'flag' ? boolean : K[Name] extends 'list' ? string[] : string | undefined;
};

/** Options and operands of a command line; anything unknown is a {@link UsageError}. */
export function parse<const K extends Record<string, OptionKind>>(
  args: string[],
  kinds: K,
  operands: { least: number; most: number; name?: string },
): { values: Values<K>; operands: string[] } {
  const options: NonNullable<ParseArgsConfig['options']> = {};
  for (const [name, kind] of Object.entries(kinds)) {
    options[name] = { type: kind === 'flag' ? 'boolean' : 'string', multiple: kind === 'list' };
  }
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(sentence(error, Object.keys(kinds)));
  }
  const { positionals } = parsed;
  if (positionals.length < operands.least)
    throw new UsageError(`Expected ${operands.name ?? 'INPUT'} but received nothing`);
  if (positionals.length > operands.most) {
    const most = `at most ${operands.most} operand${operands.most === 1 ? '' : 's'}`;
    throw new UsageError(`Expected ${most} but received ${positionals.length}`);
  }
  const values: Record<string, unknown> = {};
  for (const [name, kind] of Object.entries(kinds)) {
    values[name] = parsed.values[name] ?? (kind === 'flag' ? false : kind === 'list' ? [] : undefined);
  }
  return { values: values as Values<K>, operands: positionals };
}

/** What Node says of options, in the form of all our messages. */
function sentence(error: unknown, known: readonly string[]): string {
  const { code, message } = error as { code?: unknown; message: string };
  const option = /'(--?[^' ]+)/.exec(message)?.[1] ?? '';
  if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
    const near = nearest(option.replace(/^-+/, ''), known);
    const names = known.map((name) => `--${name}`).join(', ');
    return near === undefined
      ? `Expected one of ${names} but received ${option}`
      : `Expected an option but received ${option} (did you mean --${near}?)`;
  }
  if (message.includes('does not take')) return `Expected no value for ${option} but received one`;
  if (message.includes('ambiguous')) {
    return `Expected a value for ${option} but received another option; ${option}=VALUE gives it one that begins with -`;
  }
  return message.includes('missing') ? `Expected a value for ${option} but received nothing` : message;
}

/** A whole number from the command line. */
export function wholeNumber(
  name: string,
  text: string | undefined,
  range: { least: number; most: number },
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < range.least || value > range.most) {
    throw new UsageError(`Expected an integer of ${range.least} to ${range.most} for ${name} but received ${text}`);
  }
  return value;
}
