import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { readDuration } from '../duration.ts';
import { metricNameLabel } from '../labels.ts';
import type { Read } from '../reject.ts';
import { asksForSomething, type Matcher, type MatchOp, matcherOf } from './matchers.ts';
import { readString } from './strings.ts';
import { placeIn, type SyntaxFlaw, syntaxFlawIn } from './syntax.ts';

/** When a selector looks, seen from the instant it is asked about: at `@` if it is given, then `offsetMs` earlier. */
export type Modifiers = { readonly offsetMs: number; readonly at?: number | 'start' | 'end' };

/** A vector selector: the series all its matchers are content with. */
export type Selector = Modifiers & { readonly matchers: readonly Matcher[] };

/** Raised inside this file alone, where a node deep in the tree is wrong. */
class Refusal extends Error {
  readonly at: number;
  readonly code: string;

  constructor({ at, reason }: SyntaxFlaw, code = 'bad_data') {
    super(reason);
    this.at = at;
    this.code = code;
  }
}

/** Reads what `query` may be in this version: one vector selector with its offset and @, which asks for something. */
export const readSelector = (text: string): Read<Selector | undefined> =>
  reading(text, root => {
    const selector = readModified(root, text);
    if (asksForSomething(selector.matchers)) return selector;
    throw new Refusal({
      at: root.from,
      reason: 'parse error: vector selector must contain at least one non-empty matcher',
    });
  });

/** Reads one `match[]`: matchers alone, of which one at least must not be content with an absent label. */
export const readSeriesSelector = (text: string): Read<readonly Matcher[] | undefined> => {
  const read = reading(text, root => readVector(root, text));
  if (read.value === undefined || asksForSomething(read.value)) return read;
  return {
    value: undefined,
    rejects: [{ code: 'bad_data', reason: 'match[] must contain at least one non-empty matcher' }],
  };
};

const reading = <T>(text: string, read: (root: SyntaxNode) => T): Read<T | undefined> => {
  const tree = parser.parse(text);
  const flaw = syntaxFlawIn(tree, text);
  try {
    if (flaw !== undefined) throw new Refusal({ at: flaw.at, reason: `parse error: ${flaw.reason}` });
    return { value: read(expressionIn(tree.topNode)), rejects: [] };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { value: undefined, rejects: [{ code: error.code, place: placeIn(text, error.at), reason: error.message }] };
  }
};

/** The first child that is no comment; a parsed expression has one. */
const expressionIn = (node: SyntaxNode): SyntaxNode => {
  let child = node.firstChild;
  while (child?.name === 'LineComment') child = child.nextSibling;
  if (child === null) throw new Error(`no expression in ${node.name}`);
  return child;
};

const kinds: Readonly<Record<string, string>> = {
  AggregateExpr: 'an aggregation',
  BinaryExpr: 'a binary operation',
  FunctionCall: 'a function call',
  MatrixSelector: 'a range selector',
  NumberDurationLiteral: 'a number',
  OffsetExpr: 'an offset',
  ParenExpr: 'parentheses',
  StepInvariantExpr: 'an @',
  StringLiteral: 'a string',
  SubqueryExpr: 'a subquery',
  UnaryExpr: 'a sign',
};

const notYet = (node: SyntaxNode, found = kinds[node.name] ?? node.name): Refusal =>
  new Refusal({ at: node.from, reason: `only a selector is answered in this version, found ${found}` }, 'not_yet');

const readModified = (root: SyntaxNode, text: string): Selector => {
  let node = root;
  while (node.name === 'ParenExpr') node = expressionIn(node);
  let offsetMs: number | undefined;
  let at: Modifiers['at'];
  for (; node.name === 'OffsetExpr' || node.name === 'StepInvariantExpr'; node = expressionIn(node)) {
    if (node.name === 'OffsetExpr') {
      if (offsetMs !== undefined)
        throw new Refusal({ at: node.from, reason: 'parse error: offset may not be set multiple times' });
      offsetMs = readOffset(node.getChild('OffsetDurationExpr')!, text);
    } else {
      if (at !== undefined)
        throw new Refusal({ at: node.from, reason: 'parse error: @ <timestamp> may not be set multiple times' });
      at = readAt(node, text);
    }
  }
  const matchers = readVector(node, text);
  return at === undefined ? { matchers, offsetMs: offsetMs ?? 0 } : { matchers, offsetMs: offsetMs ?? 0, at };
};

/** Milliseconds of `5m`, `1.5` (seconds) or `0x1f`. */
const readLiteralMs = (node: SyntaxNode, text: string): number => {
  const written = text.slice(node.from, node.to).replaceAll('_', '').replace(/^\+/, '');
  const ms = readDuration(written) ?? Math.round(Number(written) * 1_000);
  if (Number.isSafeInteger(ms)) return ms;
  throw new Refusal({ at: node.from, reason: `parse error: ${written} is out of bounds` });
};

const readOffset = (node: SyntaxNode, text: string): number => {
  const child = expressionIn(node);
  if (child.name === 'UnaryOp') {
    const sign = text[child.from] === '-' ? -1 : 1;
    // Nought has no sign in times.
    return sign * readOffset(node.getChild('OffsetDurationExpr')!, text) + 0;
  }
  if (child.name !== 'NumberDurationLiteralInDurationContext') throw notYet(child, 'arithmetic in an offset');
  return readLiteralMs(child, text);
};

const readAt = (node: SyntaxNode, text: string): number | 'start' | 'end' => {
  const literal = node.getChildren('NumberDurationLiteral').at(-1);
  if (literal !== undefined) {
    const written = text.slice(literal.from, literal.to).replaceAll('_', '');
    const [sign, bare] = written.startsWith('-') ? [-1, written.slice(1).trim()] : [1, written.replace('+', '').trim()];
    const ms = sign * (readDuration(bare) ?? Math.round(Number(bare) * 1_000));
    if (Number.isSafeInteger(ms)) return ms + 0;
    throw new Refusal({
      at: literal.from,
      reason: `parse error: timestamp out of bounds for @ modifier: ${written}`,
    });
  }
  return node.getChild('AtModifierPreprocessors')!.getChild('AtStart') === null ? 'end' : 'start';
};

const readVector = (node: SyntaxNode, text: string): readonly Matcher[] => {
  if (node.name !== 'VectorSelector') throw notYet(node);
  const matchers: Matcher[] = [];
  const identifier = node.getChild('Identifier');
  let name = identifier === null ? undefined : text.slice(identifier.from, identifier.to);
  const listed = node.getChild('LabelMatchers');
  for (let child = listed?.firstChild ?? null; child !== null; child = child.nextSibling) {
    if (child.name === 'QuotedLabelName') {
      const second = stringAt(child.firstChild!, text);
      if (name !== undefined) {
        const reason = `parse error: metric name must not be set twice: ${JSON.stringify(name)} or ${JSON.stringify(second)}`;
        throw new Refusal({ at: child.from, reason });
      }
      name = second;
    } else if (child.name.endsWith('LabelMatcher')) matchers.push(readMatcher(child, text));
  }
  const twice =
    name === undefined ? undefined : matchers.find(each => each.name === metricNameLabel && each.op === '=');
  if (twice !== undefined) {
    const reason = `parse error: metric name must not be set twice: ${JSON.stringify(name)} or ${JSON.stringify(twice.value)}`;
    throw new Refusal({ at: node.from, reason });
  }
  return name === undefined ? matchers : [...matchers, matcherOf(metricNameLabel, '=', name)];
};

const readMatcher = (node: SyntaxNode, text: string): Matcher => {
  const first = node.firstChild!;
  const name = first.name === 'QuotedLabelName' ? stringAt(first.firstChild!, text) : text.slice(first.from, first.to);
  const op = node.getChild('MatchOp')!;
  try {
    return matcherOf(name, text.slice(op.from, op.to) as MatchOp, stringAt(node.lastChild!, text));
  } catch (error) {
    if (error instanceof Refusal) throw error;
    // The flag is ours, not the user's.
    throw new Refusal({ at: node.from, reason: `parse error: ${(error as Error).message.replace('(?s)', '')}` });
  }
};

const stringAt = (node: SyntaxNode, text: string): string => {
  try {
    return readString(text.slice(node.from, node.to));
  } catch (error) {
    throw new Refusal({ at: node.from, reason: `parse error: ${(error as Error).message}` });
  }
};
