import { limits } from '../limits.ts';
import type { Reject } from '../reject.ts';
import type { ReadPage } from './exposition.ts';
import { readOpenMetrics, readStrictOpenMetrics } from './openmetrics.ts';
import { expositionOf } from './read.ts';
import { readText } from './text.ts';

/** `strict` is OpenMetrics 1.0 to the letter, `lenient` what a scrape or push of this content type is held to. */
type LintMode = 'strict' | 'lenient';

type Linted = { readonly valid: boolean; readonly samples: number; readonly findings: readonly Finding[] };

/** One thing that is wrong and where: a line and a column in bytes, from 1, or a path in protobuf. */
type Finding = {
  readonly line?: number;
  readonly column?: number;
  readonly path?: string;
  readonly code: string;
  readonly message: string;
  readonly found?: string;
  readonly expected?: string;
};

/**
 * What a body would be told. Where the content type names no exposition, a page that ends in `# EOF` is OpenMetrics
 * and any other one text 0.0.4.
 */
export const lint = (bytes: Uint8Array, mode: LintMode, contentType = ''): Linted & { rejects: readonly Reject[] } => {
  const read = mode === 'strict' ? readStrictOpenMetrics : (expositionOf(contentType) ?? guessed(bytes));
  const { value, rejects } = read(bytes, { samples: limits.pageSamples });
  return { valid: rejects.length === 0, samples: value.count, findings: rejects.map(findingOf), rejects };
};

const guessed = (bytes: Uint8Array): ReadPage => {
  const end = Buffer.from(bytes.subarray(-8)).toString('latin1');
  return /(^|\n)# EOF\n?$/.test(end) ? readOpenMetrics : readText;
};

const findingOf = ({ code, place, reason, found, expected }: Reject): Finding => ({
  ...place,
  code,
  message: reason,
  ...(found !== undefined && { found }),
  ...(expected !== undefined && { expected }),
});
