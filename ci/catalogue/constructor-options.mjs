// SPDX-License-Identifier: Apache-2.0
// From the signatures of a constructor (or graph maker) to its options: names, types, defaults, units, positions.
import { NodeBuilderFlags, SymbolFlags, TypeFlags } from 'typescript/unstable/sync';
import { statedDefault, statedPositions, statedUnit } from './docstring.mjs';

const MOST_NESTED = 3;
const TYPE_TEXT = NodeBuilderFlags.NoTruncation | NodeBuilderFlags.UseSingleQuotesForStringLiteralType;
/** More overloads than these are one form with any number of arguments, as `Pipeline` has. */
const MOST_OVERLOADS = 3;

/** A type as TypeScript writes it, without what only the compiler cares about. */
export function typeText(checker, type) {
  return checker
    .typeToString(type, undefined, TYPE_TEXT)
    .replace(/<ArrayBufferLike>/g, '')
    .replace(/\bimport\("[^"]*"\)\./g, '');
}

function constituents(type) {
  return type.isUnionType() ? type.getTypes() : [type];
}

/** The type of a message; a union of plain things is spelled out, since its name would say less. */
export function messageText(checker, type) {
  const parts = constituents(type);
  const plain = (part) => (part.flags & TypeFlags.Primitive) !== 0 || part.getSymbol()?.name === 'Uint8Array';
  return parts.length > 1 && parts.every(plain) ? spelled(parts, type, checker) : typeText(checker, type);
}

function isUndefined(type) {
  return (type.flags & TypeFlags.Undefined) !== 0;
}

/** Where a type was declared: the package's own objects are options, others (streams, signals) are values. */
function isPlainObject(type, { checker, own }) {
  if ((type.flags & TypeFlags.Object) === 0) return false;
  const symbol = type.getSymbol();
  if (symbol === undefined || (symbol.flags & SymbolFlags.Class) !== 0) return false;
  if (checker.getSignaturesOfType(type, 0).length > 0 || checker.getSignaturesOfType(type, 1).length > 0) return false;
  if (checker.isArrayLikeType(type) || checker.getIndexInfosOfType(type).length > 0) return false;
  if (!symbol.declarations.every((declaration) => own(declaration.path))) return false;
  return checker.getPropertiesOfType(type).length > 0;
}

/** The one type a value of this kind has in text, such as `number` or `duration`; `other` where text cannot say it. */
function kindOf(type, reading) {
  // `T & string`: text, whatever else.
  if (type.isIntersectionType()) {
    const kinds = type.getTypes().map((part) => kindOf(part, reading));
    return kinds.find((kind) => kind !== 'any' && kind !== 'other') ?? kinds[0];
  }
  const { flags } = type;
  if (flags & TypeFlags.StringLike) return flags & TypeFlags.StringLiteral ? 'choice' : 'string';
  if (flags & TypeFlags.NumberLike) return flags & TypeFlags.NumberLiteral ? 'choice' : 'number';
  if (flags & TypeFlags.BooleanLike) return 'boolean';
  if (flags & (TypeFlags.AnyOrUnknown | TypeFlags.TypeParameter)) return 'any';
  if (type.getSymbol()?.name === 'Duration') return 'duration';
  if (reading.checker.isArrayType(type)) return 'list';
  return isPlainObject(type, reading) ? 'object' : 'other';
}

/** What an option or argument takes: its type in words, the kinds of text it may be given as, literal values, fields. */
function takes(type, reading, depth) {
  const { checker } = reading;
  const parts = constituents(type).filter((part) => !isUndefined(part));
  const kinds = [...new Set(parts.map((part) => kindOf(part, reading)))];
  const described = { type: spelled(parts, type, checker), kinds };
  const values = parts.filter((part) => kindOf(part, reading) === 'choice').map((part) => part.value);
  if (values.length > 0) described.values = values;
  const list = parts.find((part) => kindOf(part, reading) === 'list');
  const item = list && checker.getTypeArguments(list)[0];
  if (item !== undefined) described.items = takes(item, reading, depth + 1);
  const object = parts.find((part) => kindOf(part, reading) === 'object');
  if (object !== undefined && depth < MOST_NESTED) described.fields = propertiesOf(object, reading, depth + 1);
  return described;
}

/** Literals are spelled out, since the name of their union says nothing to a reader. */
function spelled(parts, type, checker) {
  const isBoolean = (part) => (part.flags & TypeFlags.BooleanLike) !== 0;
  const texts = parts.filter((part) => !isBoolean(part)).map((part) => typeText(checker, part));
  if (parts.some(isBoolean)) texts.unshift('boolean');
  return texts.length === 0 ? typeText(checker, type) : texts.join(' | ');
}

function described(name, type, optional, doc, reading, depth) {
  const taken = takes(type, reading, depth);
  const option = { name, ...taken, optional, doc };
  const stated = statedDefault(doc);
  if (stated !== undefined) option.default = stated;
  const unit = taken.kinds.includes('number') ? statedUnit(name, doc) : undefined;
  if (unit !== undefined) option.unit = unit;
  return option;
}

function propertiesOf(type, reading, depth) {
  const { checker } = reading;
  return checker.getPropertiesOfType(type).map((property) => {
    const optional = (property.flags & SymbolFlags.Optional) !== 0;
    const doc = property.getDocumentationComment(checker);
    return described(property.name, checker.getTypeOfSymbol(property), optional, doc, reading, depth);
  });
}

function parametersOf(signature, reading) {
  const parameters = signature.getParameters();
  return parameters.map((symbol, index) => {
    const node = symbol.valueDeclaration?.resolve();
    const rest = signature.hasRestParameter && index === parameters.length - 1;
    return {
      symbol,
      name: symbol.name.startsWith('__') ? 'options' : symbol.name,
      type: reading.checker.getTypeOfSymbol(symbol),
      optional: rest || node?.questionToken !== undefined || node?.initializer !== undefined,
      rest,
    };
  });
}

function isOptionsObject(parameter, type, reading) {
  if (!isPlainObject(type, reading) || kindOf(type, reading) !== 'object') return false;
  return parameter.name === 'options' || /Options$/.test(type.getSymbol()?.name ?? '');
}

/** The options that stand for the bare arguments at each place, as far as it can be told. */
function positions(forms, options, doc, reading) {
  const bare = forms.flatMap((parameters) =>
    parameters.slice(0, 1).flatMap((parameter) =>
      constituents(parameter.type)
        .filter((type) => !isUndefined(type) && !isOptionsObject(parameter, type, reading))
        .map((type) => kindOf(type, reading)),
    ),
  );
  const stated = statedPositions(
    doc,
    options.map(({ name }) => name),
  );
  if (stated !== undefined) return stated;
  if (bare.length === 0) return [];
  const fits = ({ kinds }) => kinds.some((kind) => kind === 'any' || bare.includes(kind));
  const first = options.find((option) => !option.optional && fits(option)) ?? options.find(fits);
  if (first === undefined) return [];
  const further = (forms[0] ?? []).slice(1).map(({ name }) => name);
  return [first.name, ...further.filter((name) => options.some((option) => option.name === name))];
}

function formText(parameters) {
  return parameters.map(({ name, optional, rest }) => (rest ? `...${name}` : optional ? `${name}?` : name)).join(', ');
}

/** How it is called: as declared, but an object or bare arguments in one declaration are two forms to a reader. */
function formTexts(forms, options, positional) {
  const texts = [...new Set(forms.map(formText))];
  const [first, ...further] = forms[0] ?? [];
  const listed = further.every(({ name }) => positional.includes(name));
  if (forms.length !== 1 || first === undefined || positional.length === 0 || !listed) return texts;
  const named = positional.map((name) => options.find((option) => option.name === name));
  return [formText([first]), formText(named)];
}

/**
 * What the signatures of one constructor or function take.
 * @param signatures the declared ones; @param doc what the constructor's docstring says
 * @returns {{ call: 'options' | 'arguments', forms: string[], positional: string[], options: object[] }}
 */
export function optionsOf(signatures, doc, reading) {
  const { checker } = reading;
  const forms = signatures.map((signature) => parametersOf(signature, reading));
  if (forms.length > MOST_OVERLOADS) {
    const option = {
      name: 'parts',
      type: 'components and functions',
      kinds: ['other'],
      optional: false,
      doc: '',
      rest: true,
    };
    return { call: 'arguments', forms: ['...parts'], positional: [], options: [option] };
  }
  const objects = forms
    .flat()
    .flatMap((parameter) => constituents(parameter.type).filter((type) => isOptionsObject(parameter, type, reading)));
  if (objects.length > 0) {
    const options = propertiesOf(objects[0], reading, 0);
    const positional = positions(forms, options, doc, reading);
    return { call: 'options', forms: formTexts(forms, options, positional), positional, options };
  }
  const options = (forms[0] ?? []).map(({ symbol, name, type, optional, rest }) => {
    const option = described(name, type, optional, symbol.getDocumentationComment(checker), reading, 0);
    return rest ? { ...option, rest } : option;
  });
  const positional = options.filter(({ rest }) => !rest).map(({ name }) => name);
  return {
    call: options.length === 0 ? 'options' : 'arguments',
    forms: [...new Set(forms.map(formText))],
    positional,
    options,
  };
}
