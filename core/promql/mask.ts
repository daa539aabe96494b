/** Strings and comments, which are left as they are; a name before its parenthesis; a number that ends in a point. */
const parts =
  /"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?|`[^`]*`?|#[^\n]*|[A-Za-z_:][\w:]*|(\d[\d_]*)\.(?![\d\w_])/g;

/**
 * The text with the same length and meaning in which the grammar package reads what Prometheus does: `5.` is written
 * `05`, and a function that it no longer knows has the name of one that it does. What stands there is read from the
 * text itself.
 */
export const masked = (text: string): string =>
  text.replace(parts, (part, digits: string | undefined, at: number) => {
    if (digits !== undefined) return `0${digits}`;
    return part === 'holt_winters' && /^\s*\(/.test(text.slice(at + part.length, at + part.length + 64))
      ? 'day_of_month'
      : part;
  });
