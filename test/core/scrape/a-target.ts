import { readTarget, type Target } from '../../../core/scrape/target.ts';

/** The target of a row, the row's usual attributes left out. */
export const aTarget = (row: Readonly<Record<string, unknown>> = {}): Target => {
  const { value, rejects } = readTarget({ id: 't', url: 'http://x:9100', job: 'node', ...row });
  if (value === undefined) throw new Error(rejects.map(({ reason }) => reason).join('; ') || 'dropped');
  return value;
};
