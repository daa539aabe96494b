/** Strings and comments, which are left as they are; words; a number that ends in a point; blanks; any other character. */
const parts =
  /"(?:\\[\s\S]|[^"\\\n])*"?|'(?:\\[\s\S]|[^'\\\n])*'?|`[^`]*`?|#[^\n]*|[A-Za-z_:][\w:]*|(\d[\d_]*)\.(?![\d\w_])|\d[\w.]*|\s+|[\s\S]/g;

const operator = /^(and|or|unless|atan2)$/i;

/** Whether an operand ends with this, so that what follows is no operand. Where one begins, any word is a name. */
const endsOperand = (part: string, begins: boolean): boolean =>
  /[\w"'`)\]}]$/.test(part) && !/^bool$/i.test(part) && (begins || !operator.test(part));

/**
 * The text with the same length and meaning in which the grammar package reads what Prometheus does: `5.` is written
 * `05`, a metric called `offset` otherwise, and a function that it no longer knows has the name of one that it does.
 * What stands there is read from the text itself.
 */
export const masked = (text: string): string => {
  let follows = false;
  return text.replace(parts, (part, digits: string | undefined, at: number) => {
    if (/^[\s#]/.test(part)) return part;
    const begins = !follows;
    follows = endsOperand(part, begins);
    if (digits !== undefined) return `0${digits}`;
    if (/^offset$/i.test(part) && begins) return 'offse_';
    return part === 'holt_winters' && /^\s*\(/.test(text.slice(at + part.length, at + part.length + 64))
      ? 'day_of_month'
      : part;
  });
};
