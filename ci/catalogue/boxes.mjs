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

function boxOf(call, checker) {
  const type = checker.getTypeAtLocation(call);
  const message = type && checker.getTypeArguments(type)[0];
  const field = fieldOf(call);
  const symbol = field && checker.getSymbolAtLocation(field);
  const box = {
    name: call.arguments[0].text,
    type: message === undefined ? 'unknown' : messageText(checker, message),
    doc: symbol?.getDocumentationComment(checker).replace(/\s*\n\s*/g, ' ') ?? '',
  };
  const capacity = capacityOf(call);
  return capacity === undefined ? box : { ...box, capacity };
}

/** Fills in what the component's own description says of its boxes. */
function documented(boxes, description) {
  const sentences = boxSentences(
    description,
    boxes.map(({ name }) => name),
  );
  return boxes.map((box) => (box.doc === '' ? { ...box, doc: sentences.get(box.name) ?? '' } : box));
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
      } else if (found[kind].every((box) => box.name !== name.text)) found[kind].push(boxOf(node, checker));
    }
  }
  return {
    inboxes: documented(found.inboxes, description),
    outboxes: documented(found.outboxes, description),
    ...more,
  };
}

/** Boxes of what a function returns: its public fields of type `Inbox` and `Outbox`. */
export function boxesOfType(type, checker, description) {
  const found = { inboxes: [], outboxes: [] };
  for (const property of checker.getPropertiesOfType(type)) {
    const held = checker.getTypeOfSymbol(property);
    const kind = { Inbox: 'inboxes', Outbox: 'outboxes' }[held?.getSymbol()?.name ?? ''];
    if (kind === undefined || property.name.startsWith('__#')) continue;
    const message = checker.getTypeArguments(held)[0];
    const doc = property.getDocumentationComment(checker).replace(/\s*\n\s*/g, ' ');
    found[kind].push({ name: property.name, type: message ? messageText(checker, message) : 'unknown', doc });
  }
  return {
    inboxes: documented(found.inboxes, description),
    outboxes: documented(found.outboxes, description),
  };
}
