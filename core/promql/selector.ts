import type { SyntaxNode } from '@lezer/common';
import { parser } from '@prometheus-io/lezer-promql';
import { metricNameLabel } from '../labels.ts';
import type { Read } from '../reject.ts';
import { firstIn, stringAt } from './literals.ts';
import { masked } from './mask.ts';
import { asksForSomething, type Matcher, type MatchOp, matcherOf } from './matchers.ts';
import { Refusal, reading } from './refusal.ts';
import { syntaxFlawIn } from './syntax.ts';

/** The tree of an expression that keeps to the grammar; refuses any other. */
export const treeOf = (text: string): SyntaxNode => {
  const tree = parser.parse(masked(text));
  const flaw = syntaxFlawIn(tree, text);
  if (flaw !== undefined) throw new Refusal(flaw.at, flaw.reason);
  return firstIn(tree.topNode);
};

/** Reads one `match[]`: matchers alone, of which one at least must not be content with an absent label. */
export const readSeriesSelector = (text: string): Read<readonly Matcher[] | undefined> => {
  const read = reading(text, () => {
    const root = treeOf(text);
    if (root.name === 'VectorSelector') return matchersAt(root, text);
    throw new Refusal(root.from, 'a series selector has a name and matchers and nothing else');
  });
  if (read.value === undefined || asksForSomething(read.value)) return read;
  return {
    value: undefined,
    rejects: [{ code: 'bad_data', reason: 'match[] must contain at least one non-empty matcher' }],
  };
};

/** The matchers of a vector selector, the one of its name last. */
export const matchersAt = (node: SyntaxNode, text: string): readonly Matcher[] => {
  const matchers: Matcher[] = [];
  const identifier = node.getChild('Identifier');
  let name = identifier === null ? undefined : text.slice(identifier.from, identifier.to);
  const twice = (at: number, second: string): Refusal =>
    new Refusal(at, `metric name must not be set twice: ${JSON.stringify(name)} or ${JSON.stringify(second)}`);
  const listed = node.getChild('LabelMatchers');
  for (let child = listed?.firstChild ?? null; child !== null; child = child.nextSibling) {
    if (child.name === 'QuotedLabelName') {
      const second = stringAt(child.firstChild!, text);
      if (name !== undefined) throw twice(child.from, second);
      name = second;
    } else if (child.name.endsWith('LabelMatcher')) matchers.push(matcherAt(child, text));
  }
  if (name === undefined) return matchers;
  const other = matchers.find(each => each.name === metricNameLabel);
  if (other !== undefined) throw twice(node.from, other.value);
  return [...matchers, matcherOf(metricNameLabel, '=', name)];
};

const matcherAt = (node: SyntaxNode, text: string): Matcher => {
  const first = node.firstChild!;
  const name = first.name === 'QuotedLabelName' ? stringAt(first.firstChild!, text) : text.slice(first.from, first.to);
  const op = node.getChild('MatchOp')!;
  const value = stringAt(node.lastChild!, text);
  try {
    return matcherOf(name, text.slice(op.from, op.to) as MatchOp, value);
  } catch (error) {
    // The flag is ours, not the user's.
    throw new Refusal(node.from, (error as Error).message.replace('(?s)', ''));
  }
};
