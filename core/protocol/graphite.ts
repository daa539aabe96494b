import type { GatheredSample } from './gather.ts';
import { limitedLabels } from './label-limits.ts';
import { lineReading, lineRefusal, linesOf } from './lines.ts';
import { plainLabels, plainMetricName, readDecimal } from './plain-names.ts';
import { type Accepted, type Protocol, Refusals } from './request.ts';
import { Samples } from './samples.ts';
import { backfillReject } from './window.ts';

// graphite.readthedocs.io: feeding-carbon (the plaintext protocol) and tags.

/** `path[;tag=value…] value time`: the time in seconds, `N` or -1 for now. */
const readLine = (line: string, accepted: Accepted): GatheredSample | string => {
  const [path = '', value, time, ...more] = line.trim().split(/\s+/);
  if (value === undefined || more.length > 0) return 'expected path, value and time';
  const [name = '', ...pairs] = path.split(';');
  if (name === '') return 'a path has no name';
  const tags: [string, string][] = [];
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at <= 0 || at === pair.length - 1) return `expected tag=value, found ${JSON.stringify(pair.slice(0, 60))}`;
    tags.push([pair.slice(0, at), pair.slice(at + 1)]);
  }
  const number = /^nan$/i.test(value) ? Number.NaN : readDecimal(value);
  if (number === undefined) return `expected a number, found ${JSON.stringify(value.slice(0, 60))}`;
  const seconds = time === undefined || time === 'N' || time === '-1' ? undefined : readDecimal(time);
  if (seconds === undefined && time !== undefined && time !== 'N' && time !== '-1')
    return `expected seconds since 1970 or N, found ${JSON.stringify(time.slice(0, 60))}`;
  const timestampMs = seconds === undefined ? undefined : Math.round(seconds * 1_000);
  if (timestampMs !== undefined) {
    const reject = backfillReject(timestampMs, accepted, '');
    if (reject !== undefined) return reject.reason;
  }
  const limited = limitedLabels(plainLabels(plainMetricName(name), tags), name);
  if ('reject' in limited) return limited.reject.reason;
  return { labels: limited.labels, value: number, ...(timestampMs !== undefined && { timestampMs }) };
};

/** Graphite's plaintext lines over HTTP; dots in a path become underscores. */
export const graphite: Protocol = {
  name: 'graphite',
  read: (request, body) => {
    const refusals = new Refusals();
    const samples = new Samples();
    for (const { number, text } of linesOf(body, refusals)) {
      if (text.trim() === '') continue;
      const read = readLine(text, request);
      if (typeof read === 'string') refusals.add({ code: 'bad_line', place: { line: number }, reason: read });
      else samples.add(read);
    }
    return lineReading(request, samples.all, refusals);
  },
  refusal: lineRefusal,
};
