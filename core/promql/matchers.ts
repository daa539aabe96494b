import { RE2JS } from 're2js';
import { type LabelSet, labelOf } from '../labels.ts';

export type MatchOp = '=' | '!=' | '=~' | '!~';

/** A label condition. An absent label is an empty one, so `matches('')` says whether the matcher lets it be absent. */
export type Matcher = {
  readonly name: string;
  readonly op: MatchOp;
  readonly value: string;
  readonly matches: (value: string) => boolean;
};

/** What a pattern without any of these says is itself. */
const special = /[\\.+*?()|[\]{}^$]/;

/**
 * A regular expression as Prometheus matches it: RE2's grammar, over the whole value, `.` a newline too. Linear in the
 * value's length whatever the pattern. Throws RE2's own error where it is none.
 */
const compile = (pattern: string): ((value: string) => boolean) => {
  if (pattern === '.*') return () => true;
  if (pattern === '.+') return value => value !== '';
  const literals = pattern.split('|');
  if (!literals.some(literal => special.test(literal))) {
    const wanted = new Set(literals);
    return value => wanted.has(value);
  }
  const compiled = RE2JS.compile(`^(?:${pattern})$`, RE2JS.DOTALL);
  const prefix = prefixOf(pattern);
  // Most values of a label fail at the first characters: those never see the engine.
  return value => value.startsWith(prefix) && compiled.matches(value);
};

/** What every match begins with: the plain characters at the front, without the last, which may be optional. */
const prefixOf = (pattern: string): string => {
  if (pattern.includes('|')) return '';
  const end = pattern.search(special);
  const prefix = end < 1 ? '' : pattern.slice(0, end - 1);
  return prefix.isWellFormed() ? prefix : '';
};

/** Throws where `value` is no regular expression although the operator wants one. */
export const matcherOf = (name: string, op: MatchOp, value: string): Matcher => {
  const wanted = op === '=' || op === '!=' ? (found: string) => found === value : compile(value);
  return { name, op, value, matches: op === '=' || op === '=~' ? wanted : found => !wanted(found) };
};

/** Whether every matcher is content with the label set. */
export const selects = (matchers: readonly Matcher[], labels: LabelSet): boolean =>
  matchers.every(({ name, matches }) => matches(labelOf(labels, name)));

/** Whether some matcher asks for something to be there. Without one a selector would select everything there is. */
export const asksForSomething = (matchers: readonly Matcher[]): boolean => matchers.some(({ matches }) => !matches(''));
