import { limits } from '../limits.ts';
import type { Read } from '../reject.ts';
import type { Steps } from './series.ts';
import { readSpan, readTime } from './times.ts';

/** The reasons in this file are Prometheus's own error texts, whole (web/api/v1/api.go). */
const refused = (reason: string): Read<undefined> => ({ value: undefined, rejects: [{ code: 'bad_data', reason }] });

const good = <T>(value: T): Read<T> => ({ value, rejects: [] });

/** The text that names the parameter a reason is about. */
export const inParameter = (name: string, reason: string): string =>
  `invalid parameter ${JSON.stringify(name)}: ${reason}`;

/** An optional time: `time` of query, `start` and `end` of series and labels. Absent or empty, it is `otherwiseMs`. */
export const readTimeParameter = (
  name: string,
  text: string | undefined,
  otherwiseMs: number,
): Read<number | undefined> => {
  if (text === undefined || text === '') return good(otherwiseMs);
  const ms = readTime(text);
  if (ms !== undefined) return good(ms);
  return refused(
    inParameter(name, `Invalid time value for '${name}': cannot parse ${JSON.stringify(text)} to a valid timestamp`),
  );
};

/** The instants a query is asked about, and the end that `@ end()` names, which may come after the last of them. */
type Asked = { readonly steps: Steps; readonly endMs: number };

/** What query_range is asked for. The number of steps is at most limits.querySteps. */
export const readRange = (texts: {
  readonly start?: string | undefined;
  readonly end?: string | undefined;
  readonly step?: string | undefined;
}): Read<Asked | undefined> => {
  const { start = '', end = '', step = '' } = texts;
  const startMs = readTime(start);
  if (startMs === undefined)
    return refused(inParameter('start', `cannot parse ${JSON.stringify(start)} to a valid timestamp`));
  const endMs = readTime(end);
  if (endMs === undefined)
    return refused(inParameter('end', `cannot parse ${JSON.stringify(end)} to a valid timestamp`));
  if (endMs < startMs) return refused(inParameter('end', 'end timestamp must not be before start time'));
  const stepMs = readSpan(step);
  if (stepMs === undefined)
    return refused(inParameter('step', `cannot parse ${JSON.stringify(step)} to a valid duration`));
  if (stepMs <= 0)
    return refused(
      inParameter('step', 'zero or negative query resolution step widths are not accepted. Try a positive integer'),
    );
  if ((endMs - startMs) / stepMs > limits.querySteps) {
    const most = limits.querySteps.toLocaleString('en-US');
    return refused(
      `exceeded maximum resolution of ${most} points per timeseries. Try decreasing the query resolution (?step=XX)`,
    );
  }
  return good({ steps: { startMs, stepMs, count: Math.floor((endMs - startMs) / stepMs) + 1 }, endMs });
};

/** An optional span above nought, such as `timeout`; `prefix` is what Prometheus says before the reason. */
export const readSpanParameter = (
  name: string,
  text: string | undefined,
  prefix?: string,
): Read<number | undefined> => {
  if (text === undefined || text === '') return { value: undefined, rejects: [] };
  const ms = readSpan(text);
  if (ms !== undefined) return good(ms);
  const reason = `cannot parse ${JSON.stringify(text)} to a valid duration`;
  return refused(prefix === undefined ? inParameter(name, reason) : `${prefix}: ${reason}`);
};

/** How many results are wanted at most; without `limit`, or where it is 0, all. */
export const readLimit = (text: string | undefined): Read<number | undefined> => {
  if (text === undefined || text === '' || text === '0') return good(Number.POSITIVE_INFINITY);
  if (/^-[0-9]+$/.test(text)) return refused(inParameter('limit', 'limit must be non-negative'));
  if (/^[0-9]{1,15}$/.test(text)) return good(Number(text));
  return refused(inParameter('limit', `strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`));
};
