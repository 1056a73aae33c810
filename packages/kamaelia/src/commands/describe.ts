// SPDX-License-Identifier: Apache-2.0
import { type CatalogueEntry, FROM_HELP, openCatalogue } from '../catalogue/catalogue.js';
import type { BoxDescription, OptionDescription } from '../catalogue/component-description.js';
import { type Command, parse } from '../command.js';
import { EXIT } from '../failure.js';
import { writeOut } from '../standard-output.js';

function indented(text: string, by: string): string {
  return text.replace(/^(?=.)/gm, by);
}

function boxLines(title: string, boxes: readonly BoxDescription[], more: boolean | undefined): string {
  const lines = boxes.map(
    ({ name, type, doc }) => `  ${name}: ${type}\n${indented(doc, '      ')}${doc === '' ? '' : '\n'}`,
  );
  if (more) lines.push('  more, named when it is made\n');
  return lines.length === 0 ? '' : `${title}\n${lines.join('')}\n`;
}

function optionLines(options: readonly OptionDescription[], prefix = ''): string {
  return options
    .map(({ name, type, optional, unit, doc, fields, default: usual }) => {
      const facts = [type, unit, optional ? usual && `default ${usual}` : 'needed'].filter(Boolean).join(', ');
      const words = doc === '' ? '' : `${indented(doc, '      ')}\n`;
      return `  ${prefix}${name}: ${facts}\n${words}${fields ? optionLines(fields, `${prefix}${name}.`) : ''}`;
    })
    .join('');
}

/** A component for people. */
function description(entry: CatalogueEntry): string {
  const verb = entry.kind === 'class' ? 'new ' : '';
  const forms = entry.forms.map((form) => `  ${verb}${entry.name}(${form})\n`).join('');
  const examples = entry.examples.map((example) => `Example\n${indented(example, '  ')}\n`);
  const parts = [
    `${entry.name} from ${entry.import}\n\n${entry.description}\n\n`,
    `Made by\n${forms}\n`,
    boxLines('Inboxes', entry.inboxes, entry.moreInboxes),
    boxLines('Outboxes', entry.outboxes, entry.moreOutboxes),
    entry.options.length === 0 ? '' : `Options\n${optionLines(entry.options)}\n`,
    examples.join('\n'),
  ];
  return `${parts.join('').trimEnd()}\n`;
}

export const describe: Command = {
  summary: 'say what a component takes, sends and does',
  help: `Usage: kamaelia describe NAME [--json] [--from PACKAGE]...

Says what a component does, what its boxes carry, and its options with type, unit and default, as its docstring says. Where
several packages have a component of one name, NAME is MODULE:NAME.

${FROM_HELP}
  --json           everything that is known of it as JSON

Exit codes: 0 done, 2 wrong use or no such component.

Example:
  kamaelia describe ReadFileAdaptor
`,
  async run(args) {
    const { values, operands } = parse(args, { json: 'flag', from: 'list' }, { least: 1, most: 1, name: 'NAME' });
    const entry = openCatalogue(values.from).named(operands[0] ?? '');
    await writeOut(values.json ? `${JSON.stringify(entry, null, 2)}\n` : description(entry));
    return EXIT.done;
  },
};
