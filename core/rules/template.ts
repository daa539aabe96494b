import { functions, type Value } from './template-functions.ts';

// Of Go's templates what labels and annotations of alerts are usually made with: text, $value, $labels.x and pipelines of functions.

/** What a template may name. */
export type Scope = { readonly value: number; readonly labels: Readonly<Record<string, string>> };

type Term = (scope: Scope) => Value;

type Template =
  | { readonly ok: true; readonly write: (scope: Scope) => string }
  | { readonly ok: false; readonly reason: string };

class Wrong extends Error {}

/** Actions that Prometheus has and this has not. */
const beyond = /^(if|else|end|range|with|define|template|block|break|continue|query|first|tableLink|graphLink)\b/;

/** Reads a template; what is beyond the above is refused by name. */
export const readTemplate = (text: string): Template => {
  const parts: (string | Term)[] = [];
  try {
    let at = 0;
    for (;;) {
      const open = text.indexOf('{{', at);
      if (open === -1) break;
      const close = text.indexOf('}}', open);
      if (close === -1) throw new Wrong('template: {{ is not closed');
      let inside = text.slice(open + 2, close);
      let before = text.slice(at, open);
      at = close + 2;
      if (/^-\s/.test(inside)) before = before.trimEnd();
      const trimsAfter = /\s-$/.test(inside);
      inside = inside.replace(/^-\s/, '').replace(/\s-$/, '').trim();
      parts.push(before);
      if (!inside.startsWith('/*')) parts.push(pipeline(inside));
      if (trimsAfter) at += text.slice(at).length - text.slice(at).trimStart().length;
    }
    parts.push(text.slice(at));
  } catch (error) {
    if (error instanceof Wrong) return { ok: false, reason: error.message };
    throw error;
  }
  return {
    ok: true,
    write: scope => parts.map(part => (typeof part === 'string' ? part : textOf(part(scope)))).join(''),
  };
};

const textOf = (value: Value): string => {
  if (typeof value === 'object')
    return `map[${Object.entries(value)
      .sort()
      .map(([name, each]) => `${name}:${each}`)
      .join(' ')}]`;
  if (typeof value === 'number') return functions['print']!.call([value]) as string;
  return String(value);
};

const tokens = /\s*(?:(\|)|("(?:[^"\\]|\\.)*"|`[^`]*`)|(\$?[\w.$]+|-?\d[\d.eE+-]*)|([()])|(\S))/y;

/** `term arg arg | function arg`: what stands before a bar is the last argument of what stands after it. */
const pipeline = (text: string): Term => {
  if (beyond.test(text))
    throw new Wrong(`template: ${JSON.stringify(text.split(/\s/)[0])} is not known here, see docs/rules.md`);
  const words: string[] = [];
  tokens.lastIndex = 0;
  for (let found = tokens.exec(text); found !== null && tokens.lastIndex <= text.length; found = tokens.exec(text)) {
    if (found[5] !== undefined)
      throw new Wrong(`template: unexpected ${JSON.stringify(found[5])} in ${JSON.stringify(text)}`);
    words.push((found[1] ?? found[2] ?? found[3] ?? found[4])!);
    if (tokens.lastIndex >= text.trimEnd().length) break;
  }
  const reader = { words, at: 0 };
  const term = piped(reader);
  if (reader.at < words.length) throw new Wrong(`template: unexpected ${JSON.stringify(words[reader.at])}`);
  return term;
};

type Words = { readonly words: readonly string[]; at: number };

const piped = (reader: Words): Term => {
  let term = command(reader, undefined);
  while (reader.words[reader.at] === '|') {
    reader.at += 1;
    term = command(reader, term);
  }
  return term;
};

const command = (reader: Words, last: Term | undefined): Term => {
  const word = reader.words[reader.at];
  if (word === undefined || word === '|' || word === ')') throw new Wrong('template: a value is missing');
  const found = Object.hasOwn(functions, word) ? functions[word] : undefined;
  if (found === undefined) {
    if (last !== undefined) throw new Wrong(`template: function ${JSON.stringify(word)} not defined`);
    return operand(reader);
  }
  reader.at += 1;
  const args: Term[] = [];
  while (reader.at < reader.words.length && reader.words[reader.at] !== '|' && reader.words[reader.at] !== ')')
    args.push(operand(reader));
  if (last !== undefined) args.push(last);
  if (args.length < found.least || args.length > found.most)
    throw new Wrong(`template: wrong number of args for ${word}: want ${found.least}, got ${args.length}`);
  return scope => found.call(args.map(arg => arg(scope)));
};

const operand = (reader: Words): Term => {
  const word = reader.words[reader.at]!;
  reader.at += 1;
  if (word === '(') {
    const inner = piped(reader);
    if (reader.words[reader.at] !== ')') throw new Wrong('template: ( is not closed');
    reader.at += 1;
    return inner;
  }
  if (word === '$value' || word === '.Value') return ({ value }) => value;
  const label = /^(?:\$labels|\.Labels)\.(\w+)$/.exec(word);
  if (label !== null) return ({ labels }) => labels[label[1]!] ?? '';
  if (word === '$labels' || word === '.Labels') return ({ labels }) => labels;
  if (word.startsWith('"')) {
    try {
      const text = JSON.parse(word) as string;
      return () => text;
    } catch {
      throw new Wrong(`template: ${word} is no text`);
    }
  }
  if (word.startsWith('`')) return () => word.slice(1, -1);
  if (/^-?\d/.test(word) && !Number.isNaN(Number(word))) return () => Number(word);
  if (/^(\$externalLabels|\$externalURL|\.ExternalLabels|\.ExternalURL)/.test(word)) return () => '';
  if (beyond.test(word)) throw new Wrong(`template: ${JSON.stringify(word)} is not known here, see docs/rules.md`);
  throw new Wrong(
    word.startsWith('$')
      ? `template: undefined variable ${JSON.stringify(word)}`
      : `template: function ${JSON.stringify(word)} not defined`,
  );
};
