/** The kinds of words and signs an expression is made of, as Prometheus's messages call them (promql/parser/lex.go). */
const aggregators =
  /^(avg|bottomk|count|count_values|group|limitk|limit_ratio|max|min|quantile|stddev|stdvar|sum|topk)$/i;
const operators = /^(and|or|unless|atan2)$/i;
const keywords = /^(bool|by|group_left|group_right|ignoring|offset|on|without|start|end)$/i;

/** A string, with or without its end; a duration; a number; a word; an operator; any other character. */
const token =
  /"(?:\\[\s\S]|[^"\\])*"?|'(?:\\[\s\S]|[^'\\])*'?|`[^`]*`?|\d[\w.]*|\.\d\w*|[A-Za-z_:][\w:]*|==|!=|>=|<=|=~|!~|#[^\n]*|\s+|[\s\S]/y;

/** The word or sign at a place. */
const tokenAt = (text: string, at: number): string => {
  token.lastIndex = at;
  return token.exec(text)?.[0] ?? '';
};

/** The words and signs before a place, without blanks and comments. */
const tokensBefore = (text: string, end: number): string[] => {
  const found: string[] = [];
  for (let at = 0; at < end; ) {
    const each = tokenAt(text, at);
    if (!/^[\s#]/.test(each)) found.push(each);
    at += each.length;
  }
  return found;
};

/** As Go quotes it, cut after ten characters. */
const quoted = (text: string): string =>
  text.length > 10 ? `${JSON.stringify(text.slice(0, 10))}...` : JSON.stringify(text);

/** A token in a message: `<op:+>`, `<aggr:sum>`, `<by>`, `identifier "x"`, `number "1"`, `")"`. */
const nameOf = (each: string): string => {
  if (aggregators.test(each)) return `<aggr:${each}>`;
  if (operators.test(each) || /^(?:[-+*/%^@<>]|[!<>=]=|[!=]~)$/.test(each)) return `<op:${each}>`;
  if (keywords.test(each)) return `<${each}>`;
  if (/^["'`]/.test(each)) return `string ${quoted(each)}`;
  if (/^\d+(ms|[smhdwy])(\d+(ms|[smhdwy]))*$/.test(each)) return `duration ${quoted(each)}`;
  if (/^(\d|\.\d)/.test(each) || /^(inf|nan)$/i.test(each)) return `number ${quoted(each)}`;
  if (/^[A-Za-z_:]/.test(each)) return `${each.includes(':') ? 'metric identifier' : 'identifier'} ${quoted(each)}`;
  return quoted(each);
};

/** What is wrong with a character that can begin nothing where it stands; undefined where a token can stand there. */
const strayAt = (text: string, at: number, before: readonly string[]): string | undefined => {
  const [char, next] = [[...text.slice(at, at + 2)][0]!, text[at + 1] ?? ' '];
  const opened = (open: string, close: string): boolean => before.lastIndexOf(open) > before.lastIndexOf(close);
  if (opened('{', '}'))
    return /[\w\s,=!~"'`{}#]/.test(char) ? undefined : `unexpected character inside braces: '${char}'`;
  if (char === '!' && next !== '=') return `unexpected character after '!': '${next}'`;
  if (char === '=' && next === '~') return "unexpected character after '=': '~'";
  if (!opened('[', ']')) return undefined;
  if (char === '[') return "unexpected left bracket '['";
  return /[\d.:\])(+\-*/%^,\s#]/.test(char) ? undefined : `unexpected character in duration expression: '${char}'`;
};

/** What Prometheus says of the token at a place where it was not expected. */
export const unexpectedAt = (text: string, at: number): string => {
  const before = tokensBefore(text, at);
  const found = tokenAt(text, at);
  const stray = strayAt(text, at, before);
  if (stray !== undefined) return stray;
  const expectation = expectationAfter(before);
  // Between braces no word is more than a word.
  const name = expectation.startsWith(' in label') && /^\w/.test(found) ? `identifier ${quoted(found)}` : nameOf(found);
  return `unexpected ${name}${expectation}`;
};

/** Where in the expression the next token would stand, and what it could be: ` in label matching, expected string`. */
const expectationAfter = (before: readonly string[]): string => {
  const last = before.at(-1) ?? '';
  const opened = before.lastIndexOf('{');
  if (opened > before.lastIndexOf('}')) {
    const inside = before.slice(opened + 1);
    if (inside.length === 0 || last === ',') return ' in label matching, expected identifier or "}"';
    if (/^(=|!=|=~|!~)$/.test(last)) return ' in label matching, expected string';
    const named = inside.at(-2);
    if (named === undefined || named === ',') return ' in label matching, expected label matching operator';
    return ' in label matching, expected "," or "}"';
  }
  if (last === '[' && before.lastIndexOf('[') > before.lastIndexOf(']'))
    return ' in subquery or range selector, expected number, duration, step(), or range()';
  if (/^offset$/i.test(last)) return ' in offset, expected number, duration, step(), or range()';
  if (last === '@') return ' in @, expected timestamp';
  if (/^(by|without|on|ignoring)$/i.test(last)) return ' in grouping opts, expected "("';
  const list = before.lastIndexOf('(');
  if (
    list > before.lastIndexOf(')') &&
    /^(by|without|on|ignoring|group_left|group_right)$/i.test(before[list - 1] ?? '')
  )
    return last === '(' || last === ','
      ? ' in grouping opts, expected label'
      : ' in grouping opts, expected "," or ")"';
  if (
    aggregators.test(last) ||
    (last === ')' && /^(by|without)$/i.test(before[list - 1] ?? '') && aggregators.test(before[list - 2] ?? ''))
  )
    return ' in aggregation';
  return '';
};
