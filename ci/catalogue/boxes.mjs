// SPDX-License-Identifier: Apache-2.0
// The boxes of a component: every `this.in(...)` and `this.out(...)` of its class and of those it extends.
import { isCallExpression, isNumericLiteral, isStringLiteral, SyntaxKind } from 'typescript/unstable/ast';
import { messageText } from './constructor-options.mjs';
import { boxSentences } from './docstring.mjs';

const CALLS = { in: 'inboxes', out: 'outboxes' };

/** The nodes of the classes from this one up to, not including, `Component`. */
export function classNodes(type, checker, isComponent) {
  const nodes = [];
  for (let at = type; at !== undefined && !isComponent(at); at = checker.getBaseTypes(at)[0]) {
    const node = at.getSymbol()?.valueDeclaration?.resolve();
    if (node !== undefined) nodes.unshift(node);
    if (!at.isClassOrInterface() && !at.isTypeReference()) break;
  }
  return nodes;
}

function* calls(node, owner) {
  // What a nested class declares is its own.
  if (owner !== node && (node.kind === SyntaxKind.ClassDeclaration || node.kind === SyntaxKind.ClassExpression)) return;
  const called = isCallExpression(node) ? node.expression : undefined;
  if (called?.kind === SyntaxKind.PropertyAccessExpression && called.expression.kind === SyntaxKind.ThisKeyword) {
    const kind = CALLS[called.name.text];
    if (kind !== undefined) yield { kind, node };
  }
  const below = [];
  node.forEachChild((child) => {
    below.push(child);
  });
  for (const child of below) yield* calls(child, owner);
}

/** The number given as `capacity`, where it is a literal. */
function capacityOf(call) {
  const property = call.arguments[1]?.properties?.find((each) => each.name?.text === 'capacity');
  const value = property?.initializer;
  return value !== undefined && isNumericLiteral(value) ? Number(value.text.replace(/_/g, '')) : undefined;
}

/** The field that a call's box goes to: `inbox = this.in(...)` or `this.inbox = this.in(...)`. */
function fieldOf(call) {
  const { parent } = call;
  if (parent?.kind === SyntaxKind.PropertyDeclaration) return parent.name;
  if (parent?.kind === SyntaxKind.BinaryExpression && parent.left.kind === SyntaxKind.PropertyAccessExpression) {
    return parent.left.name;
  }
  return undefined;
}

function isInternal(field, checker) {
  return field?.getJsDocTags(checker).some((tag) => tag.name === 'internal') ?? false;
}

function fieldSymbol(call, checker) {
  const field = fieldOf(call);
  return field && checker.getSymbolAtLocation(field);
}

function boxOf(call, checker) {
  const type = checker.getTypeAtLocation(call);
  const message = type && checker.getTypeArguments(type)[0];
  const symbol = fieldSymbol(call, checker);
  const box = {
    name: call.arguments[0].text,
    type: message === undefined ? 'unknown' : messageText(checker, message),
    doc: symbol?.getDocumentationComment(checker).replace(/\s*\n\s*/g, ' ') ?? '',
  };
  const capacity = capacityOf(call);
  return capacity === undefined ? box : { ...box, capacity };
}

/** Fills in what descriptions say of boxes: the component's own, then those of the classes it extends. */
function documented({ inboxes, outboxes }, descriptions) {
  const names = [...inboxes, ...outboxes].map(({ name }) => name);
  const said = descriptions.map((description) => boxSentences(description, names));
  const filled = (box) => {
    if (box.doc !== '') return box;
    return { ...box, doc: said.find((sentences) => sentences.has(box.name))?.get(box.name) ?? '' };
  };
  return { inboxes: inboxes.map(filled), outboxes: outboxes.map(filled) };
}

/**
 * Boxes of a class. `moreInboxes` and `moreOutboxes` say that further ones are named as the component is made.
 */
export function boxesOfClass(nodes, checker, description) {
  const found = { inboxes: [], outboxes: [] };
  const more = {};
  for (const owner of nodes) {
    for (const { kind, node } of calls(owner, owner)) {
      const [name] = node.arguments;
      if (name === undefined || !isStringLiteral(name)) {
        more[kind === 'inboxes' ? 'moreInboxes' : 'moreOutboxes'] = true;
      } else if (
        !isInternal(fieldSymbol(node, checker), checker) &&
        found[kind].every((box) => box.name !== name.text)
      ) {
        found[kind].push(boxOf(node, checker));
      }
    }
  }
  const bases = nodes
    .slice(0, -1)
    .toReversed()
    .map((node) => (node.name && checker.getSymbolAtLocation(node.name)?.getDocumentationComment(checker)) ?? '');
  return { ...documented(found, [description, ...bases]), ...more };
}

/** Boxes of what a function returns: its public fields of type `Inbox` and `Outbox`. */
export function boxesOfType(type, checker, description) {
  const found = { inboxes: [], outboxes: [] };
  for (const property of checker.getPropertiesOfType(type)) {
    const held = checker.getTypeOfSymbol(property);
    const kind = { Inbox: 'inboxes', Outbox: 'outboxes' }[held?.getSymbol()?.name ?? ''];
    if (kind === undefined || property.name.startsWith('__#') || isInternal(property, checker)) continue;
    const message = checker.getTypeArguments(held)[0];
    const doc = property.getDocumentationComment(checker).replace(/\s*\n\s*/g, ' ');
    found[kind].push({ name: property.name, type: message ? messageText(checker, message) : 'unknown', doc });
  }
  return documented(found, [description]);
}
