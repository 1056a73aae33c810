// SPDX-License-Identifier: Apache-2.0
// Reads what the docstrings of this house say in words: the first sentence, what a box carries, defaults and units.

/** A sentence ends at a stop before a capital, a code span or a bullet; not behind `e.g.` and the like. */
const SENTENCE_END = /(?<!\be\.g|\bi\.e|\betc|\bvs)[.!?](?=\s+[A-Z`(-]|\s*$)/;

/** Wrapped lines joined into one. */
function unwrapped(text) {
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

/** The first sentence of a text, without line breaks. */
export function firstSentence(text) {
  const line = unwrapped(text.split(/\n\s*(?:\n|- )/)[0] ?? '');
  const end = SENTENCE_END.exec(line);
  return end === null ? line : line.slice(0, end.index + 1);
}

const BOX_HEAD = /`[\w.]+`(?:(?:,| and) `[\w.]+`)*(?: \([^)]*\))?:\s+/g;

/** Where a paragraph speaks of boxes: their names, the sentence, and its place in the unwrapped paragraph. */
function boxPassages(paragraph, known) {
  const heads = [...paragraph.matchAll(BOX_HEAD)]
    .map((match) => ({
      at: match.index,
      to: match.index + match[0].length,
      names: [...match[0].matchAll(/`([\w.]+)`/g)].map((name) => name[1]).filter((name) => known.has(name)),
    }))
    .filter(({ names }) => names.length > 0);
  return heads.map(({ at, to, names }, index) => {
    // The next box may begin in the same sentence: "bytes as they arrive; `outbox`: ...".
    const sentence = firstSentence(paragraph.slice(to, heads[index + 1]?.at));
    return { at, from: to, to: to + sentence.length, names, sentence: sentence.replace(/[;,]$/, '') };
  });
}

function paragraphsOf(text) {
  return text.split(/\n\s*\n/);
}

/** What a paragraph says of boxes, and whether it says nothing else. */
function boxesIn(paragraph, known) {
  const blocks = paragraph.split(/\n(?=\s*- |`[\w.]+`[^.\n]*?: )/).map((block) => unwrapped(block).replace(/^- /, ''));
  const said = blocks.flatMap((block) => boxPassages(block, known).map((passage) => ({ ...passage, block })));
  // Boxes on lines of their own have all that stands behind them; in running text it is a sentence.
  const listed = said.length > 1 && said.length === blocks.length && said.every(({ at }) => at === 0);
  if (listed) {
    return { only: true, passages: said.map(({ names, from, block }) => ({ names, sentence: block.slice(from) })) };
  }
  const spoken = said.reduce((sum, { at, to }) => sum + to - at, 0);
  const length = blocks.reduce((sum, block) => sum + block.length, 0);
  // Between passages stand only spaces.
  return { only: said.length > 0 && spoken >= length - said.length, passages: said };
}

/**
 * What a description says of its boxes: `` `inbox`: bytes. `outbox`, `signal`: frames. `` is a sentence for each name.
 * @returns {Map<string, string>} box name -> sentence
 */
export function boxSentences(description, names) {
  const found = new Map();
  for (const paragraph of paragraphsOf(description)) {
    for (const passage of boxesIn(paragraph, new Set(names)).passages) {
      for (const name of passage.names) if (!found.has(name)) found.set(name, passage.sentence);
    }
  }
  return found;
}

/** A description without the paragraphs that do nothing but say what boxes carry. */
export function withoutBoxParagraphs(description, names) {
  const known = new Set(names);
  return paragraphsOf(description)
    .filter((paragraph) => !boxesIn(paragraph, known).only)
    .join('\n\n');
}

/** The value at the beginning of a clause: "16, at most 64" says 16, but "0, 1, 2 and so on" and "10, or less" all. */
const VALUE_ALONE = /^('[^']*'|[\w.-]+(?: \w+)?)(?:: |, (?![\d'`]|but\b|else\b|or\b))/;

/** The default that an option's docstring states, without code marks where it is nothing but code. */
export function statedDefault(doc) {
  const text = unwrapped(doc);
  const marked = /`([^`]*)`(?: \((?:the )?default\)|, the default\b)/.exec(text);
  if (marked !== null) return marked[1];
  const match = /\b(?:by )?default(?:s to| is)?:? +(.+)$/is.exec(text);
  if (match === null) return undefined;
  const code = /^`([^`]*)`(?=[.,;:)]|$)/.exec(match[1]);
  if (code !== null) return code[1];
  const clause = clauseOf(match[1]);
  return VALUE_ALONE.exec(clause)?.[1] ?? clause;
}

/** Up to the stop, the semicolon or the end of the parenthesis that the text stands in. */
function clauseOf(text) {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === '(') depth++;
    const ends = (letter === ')' && depth-- === 0) || (/[.;]/.test(letter) && /^(\s|$)/.test(text.slice(at + 1)));
    if (ends) return text.slice(0, at).replace(/,$/, '').trim();
  }
  return text.trim();
}

const COUNTED =
  'bits|bytes|messages|frames|pictures|fields|pixels|samples|packets|lines|characters|cells|rows|columns|threads|' +
  'processors|clients|connections|pages|viewers|subscribers|attempts|times|failures|steps|items|entries|requests|chunks|slots|' +
  'milliseconds|microseconds|nanoseconds|seconds|minutes|hours|hertz|percent';
const UNIT = new RegExp(
  `^(?:(?:most|largest|least|fewest|number of|how many) )?(?:(\\w+s an? (?:second|minute|hour))|(${COUNTED}))\\b`,
  'i',
);
/** Units in names, for arguments the original named so. */
const UNIT_OF_SUFFIX = [
  [/(?:[a-z0-9]Ms|^ms)$/, 'milliseconds'],
  [/(?:[a-z0-9]Us|^us)$/, 'microseconds'],
  [/[a-z0-9]Bps$/, 'bits a second'],
  [/[a-z0-9]Hz$/, 'hertz'],
  [/[a-z0-9]Px$/, 'pixels'],
  [/[a-z0-9]Pixels$/, 'pixels'],
  [/[a-z0-9]Bytes$/, 'bytes'],
];

/** The unit of a number: the quantity with which its docstring begins ("Bits a second, above 0."), or its name's. */
export function statedUnit(name, doc) {
  const begins = UNIT.exec(unwrapped(doc).replace(/ \([^)]*\)/g, ''));
  if (begins !== null) return (begins[1] ?? begins[2]).toLowerCase();
  return UNIT_OF_SUFFIX.find(([suffix]) => suffix.test(name))?.[1];
}

/**
 * Which options the bare arguments of a constructor are: "A string is the `filename`", or the original's arguments in
 * parentheses, "(messagesPerSecond, buffer)".
 * @returns {string[] | undefined}
 */
export function statedPositions(doc, options) {
  const known = new Set(options);
  const listed = [...doc.matchAll(/\(((?:`?\w+`?)(?:, `?\w+`?)*)\)/g)]
    .map((match) => match[1].replace(/`/g, '').split(', '))
    .find((names) => names.every((name) => known.has(name)));
  if (listed !== undefined) return listed;
  const single = /\ban? [\w -]+? (?:alone )?is (?:taken (?:as|for) )?(?:the |its |an? )?`(\w+)`/i.exec(
    unwrapped(doc),
  )?.[1];
  return single !== undefined && known.has(single) ? [single] : undefined;
}
