/** Prints rows as a table for people, or as JSON for machines. */
export const show = (
  rows: readonly Readonly<Record<string, unknown>>[],
  options: { readonly json?: boolean },
  none: string,
): void => {
  if (options.json) {
    console.log(JSON.stringify(rows, null, 2));
    return;
  }
  if (rows.length === 0) {
    console.log(none);
    return;
  }
  const names = [...new Set(rows.flatMap(row => Object.keys(row)))];
  const lines = [names.map(name => name.toUpperCase()), ...rows.map(row => names.map(name => textOf(row[name])))];
  const widths = names.map((_, column) => Math.max(...lines.map(line => line[column]!.length)));
  for (const line of lines)
    console.log(
      line
        .map((text, column) => text.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    );
};

/** Says what was done: a line for people, or as JSON for machines. */
export const told = (options: { readonly json?: boolean }, line: string, json: unknown): void =>
  console.log(options.json ? JSON.stringify(json, null, 2) : line);

const textOf = (value: unknown): string => {
  if (value === undefined || value === null) return '-';
  return printable(typeof value === 'object' ? JSON.stringify(value) : String(value));
};

/** Control characters must not move the cursor. */
export const printable = (text: string): string => text.replace(/[\x00-\x1f\x7f]/g, ' ');
