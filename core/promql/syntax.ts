import type { SyntaxNode, Tree } from '@lezer/common';
import { unexpectedAt } from './tokens.ts';

/** A flaw in an expression: the character it stands at, counted from 0, and Prometheus's words for it. */
type SyntaxFlaw = { readonly at: number; readonly reason: string };

/** Line and column in the form Prometheus reports them: both from 1, the column in bytes. */
export const placeIn = (text: string, at: number): { line: number; column: number } => {
  const before = text.slice(0, at);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: Buffer.byteLength(before.slice(lineStart)) + 1 };
};

/** The first thing that is wrong with the grammar of an expression, if anything is. */
export const syntaxFlawIn = (tree: Tree, text: string): SyntaxFlaw | undefined => {
  if (isEmpty(text)) return { at: 0, reason: 'no expression found in input' };
  let flaw: SyntaxFlaw | undefined;
  tree.iterate({
    enter: ({ node }) => {
      if (flaw !== undefined) return false;
      if (node.name === 'StringLiteral' && isOpen(text.slice(node.from, node.to)))
        flaw = { at: node.from, reason: 'unterminated quoted string' };
      else if (node.type.isError) flaw = flawOf(node, text);
      return flaw === undefined;
    },
  });
  return flaw;
};

const isEmpty = (text: string): boolean => text.split('\n').every(line => /^\s*(#|$)/.test(line));

/** Whether a literal's last quote is missing or escaped away. */
const isOpen = (literal: string): boolean => {
  if (literal.length < 2 || literal.at(-1) !== literal[0]) return true;
  if (literal[0] === '`') return false;
  const inside = literal.slice(0, -1);
  let backslashes = 0;
  while (inside.at(-1 - backslashes) === '\\') backslashes += 1;
  return backslashes % 2 === 1;
};

const flawOf = (node: SyntaxNode, text: string): SyntaxFlaw => {
  const { from } = node;
  const within = parentsOf(node);
  if (text.slice(from).trim() === '') return { at: text.length, reason: endReason(within) };
  const before = node.prevSibling;
  if (before?.name === 'Identifier' && text.slice(before.to).trimStart().startsWith('(')) {
    return {
      at: before.from,
      reason: `unknown function with name ${JSON.stringify(text.slice(before.from, before.to))}`,
    };
  }
  // An inserted node has no width: what stands after it was not expected there.
  const at = from + text.slice(from).search(/\S/);
  return { at, reason: unexpectedAt(text, at) };
};

const endReason = (within: readonly string[]): string => {
  for (const name of within) {
    if (name === 'LabelMatchers') return 'unexpected end of input inside braces';
    if (name === 'FunctionCallBody' || name === 'ParenExpr') return 'unclosed left parenthesis';
    if (name === 'MatrixSelector' || name === 'SubqueryExpr') return 'unexpected end of input in duration expression';
  }
  return 'unexpected end of input';
};

/** From the inside out. */
const parentsOf = (node: SyntaxNode): string[] => {
  const names: string[] = [];
  for (let parent = node.parent; parent !== null; parent = parent.parent) names.push(parent.name);
  return names;
};
