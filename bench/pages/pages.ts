import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** One page as it was served, and the slot it was read for. */
export type Page = { readonly timestampMs: number; readonly text: string };

const newPage = '=';

/**
 * A recording as small bytes: the first page whole, each later one as the lines that differ from the page before.
 * A line that goes, comes or moves makes the page whole again.
 */
export const pack = (pages: readonly Page[]): Uint8Array => {
  const out: string[] = [];
  let before: readonly string[] = [];
  for (const { timestampMs, text } of pages) {
    const lines = text.split('\n');
    const isAlike = lines.length === before.length && lines.every((line, at) => nameOf(line) === nameOf(before[at]!));
    out.push(`${newPage}${timestampMs} ${isAlike ? 'changes' : 'whole'} ${isAlike ? '' : lines.length}`);
    if (isAlike) {
      let last = 0;
      for (const [at, line] of lines.entries()) {
        if (line === before[at]) continue;
        out.push(`${at - last} ${line.slice(nameOf(line).length)}`);
        last = at;
      }
    } else out.push(...lines);
    before = lines;
  }
  return brotliCompressSync(out.join('\n'), {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 },
  });
};

/** The pages of a recording, byte for byte. */
export const unpack = (bytes: Uint8Array): Page[] => {
  const rows = brotliDecompressSync(bytes).toString('utf8').split('\n');
  const pages: Page[] = [];
  let lines: string[] = [];
  for (let at = 0; at < rows.length; ) {
    const [time, kind, count] = rows[at++]!.slice(newPage.length).split(' ') as [string, string, string];
    if (kind === 'whole') {
      lines = rows.slice(at, at + Number(count));
      at += Number(count);
    } else {
      lines = [...lines];
      for (let line = 0; at < rows.length && !rows[at]!.startsWith(newPage); at += 1) {
        const space = rows[at]!.indexOf(' ');
        line += Number(rows[at]!.slice(0, space));
        lines[line] = nameOf(lines[line]!) + rows[at]!.slice(space + 1);
      }
    }
    pages.push({ timestampMs: Number(time), text: lines.join('\n') });
  }
  return pages;
};

/** What stays the same while a value changes: all up to the last blank. */
const nameOf = (line: string): string => line.slice(0, line.lastIndexOf(' ') + 1);
