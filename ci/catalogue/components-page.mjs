// SPDX-License-Identifier: Apache-2.0
// docs/components.md: the descriptions of all packages as one page for people.

const INTRODUCTION = `# Components

<!-- Made by \`node ci/describe-components.mjs --docs\` from the sources. Not to be edited. -->

All components of all packages, from their types and docstrings. \`kamaelia list\` and \`kamaelia describe NAME\` say the
same in a terminal, and each package has it as \`components.json\`. How to write one: [writing-a-component.md](writing-a-component.md).`;

const code = (text) => `\`${text}\``;

/** Text for a cell of a table. */
function cell(text) {
  return text.replace(/\s*\n\s*/g, ' ').replace(/\|/g, '\\|');
}

function table(head, rows) {
  const lines = [head, head.map(() => '---'), ...rows.map((row) => row.map(cell))];
  return lines.map((line) => `| ${line.join(' | ')} |`).join('\n');
}

/** Names of headings as GitHub makes them, for headings in their order: the second one of a name gets a number. */
function anchors() {
  const seen = new Map();
  return (text) => {
    const name = text
      .toLowerCase()
      .replace(/[^\w -]/g, '')
      .replace(/ /g, '-');
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return before === 0 ? name : `${name}-${before}`;
  };
}

function boxTable(component) {
  const rows = [...component.inboxes.map((box) => ['in', box]), ...component.outboxes.map((box) => ['out', box])].map(
    ([direction, { name, type, doc }]) => [direction, code(name), code(type), doc],
  );
  if (component.moreInboxes) rows.push(['in', 'more', '', 'Named when it is made.']);
  if (component.moreOutboxes) rows.push(['out', 'more', '', 'Named when it is made.']);
  return rows.length === 0 ? undefined : table(['', 'Box', 'Messages', ''], rows);
}

function* optionRows(options, prefix = '') {
  for (const { name, type, optional, default: usual, unit, doc, fields } of options) {
    const requirement = optional ? (usual ?? '') : 'needed';
    yield [code(prefix + name), code(type), unit ?? '', requirement, doc];
    if (fields !== undefined) yield* optionRows(fields, `${prefix}${name}.`);
  }
}

function optionTable({ options }) {
  if (options.length === 0) return undefined;
  return table(['Option', 'Type', 'Unit', 'Default', ''], [...optionRows(options)]);
}

function making({ name, kind, forms }) {
  const verb = kind === 'class' ? 'new ' : '';
  return forms.map((form) => code(`${verb}${name}(${form})`)).join(' or ');
}

/** The section of one component. */
export function section(component, folder) {
  const source = `[source](../packages/${folder}/${component.source})`;
  return [
    `### ${component.name}`,
    component.description,
    `${making(component)} from ${code(component.import)} · ${source}`,
    boxTable(component),
    optionTable(component),
    ...component.examples.map((example) => `\`\`\`js\n${example.replace(/^```\w*\n|\n```$/g, '')}\n\`\`\``),
  ]
    .filter((part) => part !== undefined && part !== '')
    .join('\n\n');
}

/** The page of all packages. @param packages what `describePackages` gives, with the folder's name */
export function componentsPage(packages) {
  const modules = new Map();
  for (const { folder, components } of packages) {
    for (const component of components) {
      const list = modules.get(component.import) ?? [];
      modules.set(component.import, [...list, { component, folder }]);
    }
  }
  const anchored = anchors();
  const index = [...modules].map(([module, members]) => {
    anchored(module);
    const links = members.map(({ component: { name } }) => `[${name}](#${anchored(name)})`);
    return [code(module), links.join(', ')];
  });
  const sections = [...modules].flatMap(([module, members]) => [
    `## ${module}`,
    ...members.map(({ component, folder }) => section(component, folder)),
  ]);
  return `${[INTRODUCTION, table(['Module', 'Components'], index), ...sections].join('\n\n')}\n`;
}
