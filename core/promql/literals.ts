import type { SyntaxNode } from '@lezer/common';
import { readDuration } from '../duration.ts';
import { Refusal } from './refusal.ts';
import { readString } from './strings.ts';

/** Go keeps times in 64 bits of milliseconds; what is computed with them here must stay exact. */
const isTime = (ms: number): boolean => Number.isSafeInteger(ms);

/** The children that are no comments. */
export const childrenOf = (node: SyntaxNode): SyntaxNode[] => {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (child.name !== 'LineComment') children.push(child);
  return children;
};

/** The first child that is no comment; a parsed expression has one. */
export const firstIn = (node: SyntaxNode): SyntaxNode => {
  const child = childrenOf(node)[0];
  if (child === undefined) throw new Error(`nothing in ${node.name}`);
  return child;
};

/** A number as Go reads it: decimal, 0x, a leading 0 for octal, `Inf`, `NaN`, or a duration, which is its seconds. */
const readNumber = (written: string): number | undefined => {
  const text = written.toLowerCase().replaceAll('_', '');
  if (text === 'nan') return Number.NaN;
  if (text === 'inf') return Number.POSITIVE_INFINITY;
  if (/^0[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  if (/^(0x[0-9a-f]+|[0-9]+\.?[0-9]*(e[+-]?[0-9]+)?|\.[0-9]+(e[+-]?[0-9]+)?)$/.test(text)) return Number(text);
  const ms = readDuration(written);
  return ms === undefined ? undefined : ms / 1_000;
};

/** The number at a literal without its sign. */
export const numberAt = (node: SyntaxNode, text: string): number => {
  const written = text.slice(node.from, node.to).replace(/^[+-]\s*/, '');
  const value = readNumber(written);
  if (value === undefined) throw new Refusal(node.from, `bad number or duration syntax: ${JSON.stringify(written)}`);
  return value;
};

/** Milliseconds of the literal in a range, a step or an offset. */
const literalMs = (node: SyntaxNode, text: string): number => {
  if (node.name !== 'NumberDurationLiteralInDurationContext')
    throw new Refusal(node.from, 'experimental duration expression is not enabled');
  const written = text.slice(node.from, node.to);
  const ms = readDuration(written) ?? Math.round((readNumber(written) ?? Number.NaN) * 1_000);
  if (isTime(ms)) return ms;
  throw new Refusal(node.from, 'duration out of range');
};

/** Milliseconds of a range or step, above nought. */
export const durationAt = (node: SyntaxNode, text: string): number => {
  const child = firstIn(node);
  if (child.name === 'UnaryOp') {
    if (text[child.from] === '+') return durationAt(node.getChild('DurationExpr')!, text);
    throw new Refusal(node.from, 'duration must be greater than 0');
  }
  const ms = literalMs(child, text);
  if (ms > 0) return ms;
  throw new Refusal(node.from, 'duration must be greater than 0');
};

/** Milliseconds of an offset, which may be negative. */
export const offsetAt = (node: SyntaxNode, text: string): number => {
  const child = firstIn(node);
  if (child.name !== 'UnaryOp') return literalMs(child, text);
  const sign = text[child.from] === '-' ? -1 : 1;
  // Nought has no sign in times.
  return sign * offsetAt(node.getChild('OffsetDurationExpr')!, text) + 0;
};

/** The instant of an `@`. */
export const instantAt = (node: SyntaxNode, text: string, from: number): number | 'start' | 'end' => {
  const literal = node.getChildren('NumberDurationLiteral').at(-1);
  // A number may itself be what stands before the @: the one meant comes after it.
  if (literal !== undefined && literal.from > node.getChild('At')!.from) {
    const sign = text[literal.from] === '-' ? -1 : 1;
    const ms = Math.round(sign * numberAt(literal, text) * 1_000) + 0;
    if (isTime(ms)) return ms;
    const written = text.slice(literal.from, literal.to);
    throw new Refusal(from, `timestamp out of bounds for @ modifier: ${written}`);
  }
  return node.getChild('AtModifierPreprocessors')!.getChild('AtStart') === null ? 'end' : 'start';
};

/** The text of a string literal. */
export const stringAt = (node: SyntaxNode, text: string): string => {
  try {
    return readString(text.slice(node.from, node.to));
  } catch (error) {
    throw new Refusal(node.from, (error as Error).message);
  }
};
