// SPDX-License-Identifier: Apache-2.0
// What the components of a package are, from its TypeScript sources: every exported class that extends Component and
// every exported function that makes one. Asks the compiler itself, by the interface that comes with TypeScript 7.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { API, SignatureKind, SymbolFlags } from 'typescript/unstable/sync';
import { boxesOfClass, boxesOfType, classNodes } from './boxes.mjs';
import { optionsOf } from './constructor-options.mjs';
import { firstSentence, withoutBoxParagraphs } from './docstring.mjs';

/** Version of the format of components.json. */
export const FORMAT = 1;
const SOURCE = '@kamaelia/source';

/** The modules that a package exports from its sources: specifier, source, and path of the built file below dist. */
function entries(manifest) {
  return Object.entries(manifest.exports ?? {})
    .filter(([, target]) => typeof target === 'object' && typeof target[SOURCE] === 'string')
    .map(([key, target]) => ({
      import: manifest.name + key.slice(1),
      source: target[SOURCE],
      module: target.default.replace(/^\.\/dist\//, './'),
    }));
}

/** The declared type of axon's `Component` in this project, which may know it from its sources or its declarations. */
function componentType(project) {
  const { checker, program } = project;
  const file = program.getSourceFileNames().find((name) => /\/axon\/(src|dist)\/component(\.d)?\.ts$/.test(name));
  const module = file && checker.getSymbolAtLocation(program.getSourceFile(file));
  const symbol = module && checker.getExportsOfModule(module).find(({ name }) => name === 'Component');
  return symbol && checker.getDeclaredTypeOfSymbol(symbol);
}

class PackageReader {
  constructor(folder, project, component) {
    this.folder = folder;
    this.component = component;
    this.checker = project.checker;
    this.program = project.program;
    // Interfaces of the packages themselves are options; those of Node and the language are values.
    this.own = (path) => !/\/node_modules\/(?!@kamaelia\/)/.test(path) && !path.startsWith('bundled:');
  }

  isComponent(type) {
    const whole = type.isIntersectionType() ? type.getTypes() : [type];
    return whole.some((part) => !part.isErrorType() && this.checker.isTypeAssignableTo(part, this.component));
  }

  /** Descriptions of what one module exports. */
  exported(entry) {
    const file = this.program.getSourceFile(join(this.folder, entry.source));
    const module = file && this.checker.getSymbolAtLocation(file);
    if (module === undefined) return [];
    const found = [];
    for (const symbol of this.checker.getExportsOfModule(module)) {
      const target = symbol.flags & SymbolFlags.Alias ? this.checker.getAliasedSymbol(symbol) : symbol;
      if ((target.flags & SymbolFlags.Value) === 0) continue;
      const description = this.describe(symbol.name, target, entry);
      if (description !== undefined) found.push({ ...description, target });
    }
    return found;
  }

  describe(name, symbol, entry) {
    const tags = symbol.getJsDocTags(this.checker);
    // A `@base` is there to be extended, and does nothing by itself.
    if (tags.some((tag) => tag.name === 'internal' || tag.name === 'base')) return undefined;
    const type = this.checker.getTypeOfSymbol(symbol);
    const made = type && (this.asClass(symbol, type) ?? this.asFunction(type));
    if (made === undefined) return undefined;
    const { kind, typeParameters, construction, boxes } = made;
    const text = symbol.getDocumentationComment(this.checker);
    const found = boxes(text);
    const names = [...found.inboxes, ...found.outboxes].map((box) => box.name);
    return {
      name,
      kind,
      import: entry.import,
      module: entry.module,
      source: relative(this.folder, symbol.valueDeclaration?.path ?? join(this.folder, entry.source)),
      summary: firstSentence(text),
      description: withoutBoxParagraphs(text, names),
      ...(typeParameters.length > 0 ? { typeParameters } : {}),
      ...found,
      ...construction,
      examples: tags.filter((tag) => tag.name === 'example').map(({ text }) => text.trim()),
    };
  }

  asClass(symbol, type) {
    const signatures = this.checker.getSignaturesOfType(type, SignatureKind.Construct);
    if (signatures.length === 0 || signatures.some(({ isAbstract }) => isAbstract)) return undefined;
    const instance = this.checker.getDeclaredTypeOfSymbol(symbol);
    const isBase = (each) => each.getSymbol()?.id === this.component.getSymbol()?.id;
    if (isBase(instance) || !this.isComponent(instance)) return undefined;
    const nodes = classNodes(instance, this.checker, isBase);
    return {
      kind: 'class',
      typeParameters: nodes.at(-1)?.typeParameters?.map((parameter) => parameter.name.text) ?? [],
      construction: optionsOf(signatures, this.constructorDoc(nodes), this),
      boxes: (description) => boxesOfClass(nodes, this.checker, description),
    };
  }

  /** The docstring of the constructor, or of the one it inherits. */
  constructorDoc(nodes) {
    for (const node of nodes.toReversed()) {
      const members = node.name && this.checker.getSymbolAtLocation(node.name)?.getMembers();
      const declared = members?.get('__constructor');
      if (declared !== undefined) return declared.getDocumentationComment(this.checker);
    }
    return '';
  }

  asFunction(type) {
    const signatures = this.checker.getSignaturesOfType(type, SignatureKind.Call);
    const made = signatures.map((signature) => this.checker.getReturnTypeOfSignature(signature));
    if (signatures.length === 0 || !made.every((each) => each !== undefined && this.isComponent(each)))
      return undefined;
    return {
      kind: 'function',
      typeParameters: [],
      construction: optionsOf(signatures, '', this),
      boxes: (description) => boxesOfType(made[0], this.checker, description),
    };
  }
}

function componentsOf(folder, project) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const component = componentType(project);
  if (component === undefined) return { name: manifest.name, components: [] };
  const reader = new PackageReader(folder, project, component);
  const seen = new Set();
  const components = [];
  for (const entry of entries(manifest)) {
    for (const { target, ...description } of reader.exported(entry)) {
      // Exported from several modules, it belongs to the first.
      if (seen.has(target.id)) continue;
      seen.add(target.id);
      components.push(description);
    }
  }
  return { name: manifest.name, components };
}

/**
 * Describes the components of packages.
 * @param {string[]} folders each with a package.json and a tsconfig.json
 * @returns {{ name: string, components: object[] }[]} in the order given
 */
export function describePackages(folders) {
  const api = new API({ cwd: folders[0] });
  try {
    const configs = folders.map((folder) => join(folder, 'tsconfig.json'));
    const snapshot = api.updateSnapshot({ openProjects: configs });
    return folders.map((folder, at) => componentsOf(folder, snapshot.getProject(configs[at])));
  } finally {
    api.close();
  }
}
