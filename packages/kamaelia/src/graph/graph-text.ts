// SPDX-License-Identifier: Apache-2.0
import { nearest } from '@kamaelia/axon';
import { UsageError } from '../failure.js';
import { graphWords, type Word, wrongAt } from './graph-words.js';

/** A component that is to be made: `player=VideoOverlay title="My film"`. */
export interface Element {
  readonly kind: 'element';
  readonly at: number;
  /** The name given to it, by which others may refer to it. */
  readonly instance?: string;
  readonly component: string;
  readonly values: readonly Word[];
}

/** A component that is made elsewhere in the text, or one of its boxes: `player`, `player.control`. */
export interface Reference {
  readonly kind: 'reference';
  readonly at: number;
  readonly instance: string;
  readonly box?: string;
}

/** Parts that are linked in a row. */
export type Chain = readonly (Element | Reference)[];

/** How a graph is written, for `--help`. */
export const TEXT_HELP = `GRAPH is one text, so put it in quotes. COMPONENT ! COMPONENT links outbox to inbox, with spaces around the !.
Behind a component come its options, NAME=VALUE:

  filename=a.drc title="My film"   text; quotes where there are spaces ("..." knows \\" \\\\ \\n \\t, '...' nothing)
  bitrate=8e6 rate=30000/1001      numbers, also as fractions
  repeat=true idle=40ms            true or false; durations in us, ms, s, min or h
  outboxes=left,right              lists
  reconnect.min=1s                 a part of an option that is an object
  ReadFileAdaptor a.drc            without its name, where 'kamaelia describe' shows it so

NAME=COMPONENT names one, and behind a ; another row begins. NAME stands for it there, NAME.BOX for one of its boxes:

  ReadFileAdaptor a.txt readmode=line ! gate=PromptedTurnstile ! ConsoleEchoer; Ticker interval=1s ! gate.next`;

/** Reads the text of a graph; what cannot be meant is a {@link UsageError} that names the place. */
export function parseGraph(text: string): Chain[] {
  const words = graphWords(text);
  if (words.length === 0) throw new UsageError('Expected a graph for GRAPH but received an empty text');
  const instances = instanceNames(words);
  return chainsOf(words, text.length + 1).map((parts) => parts.map((part) => partOf(part, instances)));
}

const isMark = (word: Word, mark: string) => word.text === mark && !word.quoted && word.name === undefined;

/** Words of each part of each chain. */
function chainsOf(words: readonly Word[], end: number): Word[][][] {
  let part: Word[] = [];
  let chain = [part];
  const chains = [chain];
  for (const word of words) {
    const next = isMark(word, '!');
    if (!next && !isMark(word, ';')) {
      part.push(word);
      continue;
    }
    if (part.length === 0) throw wrongAt(word.at, `Expected a component but received ${word.text}`);
    part = [];
    if (next) chain.push(part);
    else {
      chain = [part];
      chains.push(chain);
    }
  }
  if (part.length === 0) throw wrongAt(end, 'Expected a component but received the end of the text');
  return chains;
}

/** The names that the text gives to components: those of `NAME=COMPONENT` at the beginning of a part. */
function instanceNames(words: readonly Word[]): Set<string> {
  const names = new Set<string>();
  words.forEach((word, index) => {
    const before = words[index - 1];
    const begins = before === undefined || isMark(before, '!') || isMark(before, ';');
    if (!begins || word.name === undefined) return;
    if (/[.$]/.test(word.name) || word.name === 'self') {
      throw wrongAt(word.at, `Expected a name of letters, digits, _ and - but received ${JSON.stringify(word.name)}`);
    }
    if (names.has(word.name)) {
      throw wrongAt(word.at, `Expected another name but received ${JSON.stringify(word.name)} a second time`);
    }
    names.add(word.name);
  });
  return names;
}

function partOf(words: readonly Word[], instances: ReadonlySet<string>): Element | Reference {
  const [head, ...values] = words as [Word, ...Word[]];
  const { at, name, text } = head;
  if (name !== undefined) return { kind: 'element', at, instance: name, component: text, values };
  const [instance = '', box] = text.includes(':') ? [] : text.split(/\.(.*)/s);
  if (box === undefined && !instances.has(text)) return { kind: 'element', at, component: text, values };
  if (!instances.has(instance)) {
    const near = nearest(instance, [...instances]);
    const hint = near === undefined ? 'give it with NAME=COMPONENT' : `did you mean ${JSON.stringify(near)}?`;
    throw wrongAt(at, `Expected a name that the text gives but received ${JSON.stringify(instance)} (${hint})`);
  }
  const [further] = values;
  if (further !== undefined) {
    throw wrongAt(
      further.at,
      `Expected ! or ; behind ${text} but received ${JSON.stringify(further.name ?? further.text)}`,
    );
  }
  return box === undefined || box === ''
    ? { kind: 'reference', at, instance }
    : { kind: 'reference', at, instance, box };
}
