// SPDX-License-Identifier: Apache-2.0
import { type CatalogueEntry, FROM_HELP, openCatalogue } from '../catalogue/catalogue.js';
import { type Command, parse } from '../command.js';
import { EXIT } from '../failure.js';
import { writeOut } from '../standard-output.js';

function table(components: readonly CatalogueEntry[]): string {
  const width = Math.max(...components.map(({ name }) => name.length)) + 2;
  const modules = [...new Set(components.map((entry) => entry.import))];
  const sections = modules.map((module) => {
    const members = components.filter((entry) => entry.import === module);
    return `${module}\n${members.map(({ name, summary }) => `  ${name.padEnd(width)}${summary}\n`).join('')}`;
  });
  return sections.join('\n');
}

export const list: Command = {
  summary: 'name the components that there are',
  help: `Usage: kamaelia list [PATTERN] [--json] [--from PACKAGE]...

Names components with what they do, by the module to import them from: all of them, or those with PATTERN in their name,
module or summary. With * or ? PATTERN is the whole name or module.

${FROM_HELP}
  --json           name, kind, module, package and summary of each as JSON

Exit codes: 0 done, 1 nothing fits PATTERN, 2 wrong use.

Example:
  kamaelia list file
`,
  async run(args) {
    const { values, operands } = parse(args, { json: 'flag', from: 'list' }, { least: 0, most: 1 });
    const catalogue = openCatalogue(values.from);
    const [pattern] = operands;
    const found = pattern === undefined ? catalogue.components : catalogue.matching(pattern);
    if (values.json) {
      const rows = found.map((entry) => ({
        name: entry.name,
        kind: entry.kind,
        import: entry.import,
        package: entry.package,
        summary: entry.summary,
      }));
      await writeOut(`${JSON.stringify(rows, null, 2)}\n`);
    } else if (found.length > 0) await writeOut(table(found));
    if (found.length > 0) return EXIT.done;
    process.stderr.write(`kamaelia: no component ${pattern === undefined ? 'is there' : `fits ${pattern}`}\n`);
    return EXIT.failed;
  },
};
