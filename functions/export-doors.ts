import { limits } from '../core/limits.ts';
import { statusOf } from '../core/promql/answer.ts';
import { writeFederation } from '../core/promql/federate.ts';
import { readRequestOf, readResponseOf } from '../core/promql/remote-read.ts';
import type { SeriesColumns } from '../core/promql/series.ts';
import { type Answer, type Asked, matchesIn } from './asked.ts';
import { bodyOf, textAnswer } from './middleware/http.ts';
import { OverLimit } from './reading.ts';
import { wantedBy } from './wanted.ts';

// Samples for other Prometheis: the newest of each series as a page to scrape, or all of a span by remote read.

/** The newest sample of what any `match[]` selects, as a page. */
export const federate = async ({ parameters, reader, ports }: Asked): Promise<Answer> => {
  const matches = matchesIn(parameters);
  if (matches.length === 0) return textAnswer(400, 'no match[] parameter provided\n');
  const nowMs = ports.clock.nowMs();
  const read = await reader.columns(wantedBy(matches), nowMs - limits.lookbackMs + 1, nowMs);
  // A page has no place for a warning: half of one would end the series that are missing.
  if (read.warnings.length > 0) return textAnswer(503, `${read.warnings.join('\n')}\n`);
  const page = writeFederation(read.series);
  if (Buffer.byteLength(page) > limits.answerBytes)
    return textAnswer(422, `the page has more than ${limits.answerBytes} bytes, the limit: ask for fewer series\n`);
  return { ...textAnswer(200, page), headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' } };
};

/** Prometheus's remote read, by samples. Errors are texts, as its client shows them. */
export const remoteRead = async ({ event, reader, ports }: Asked): Promise<Answer> => {
  const { value: queries, rejects } = readRequestOf(bodyOf(event));
  if (queries === undefined) return textAnswer(400, `${rejects[0]?.reason ?? 'unreadable'}\n`);
  const results: (readonly SeriesColumns[])[] = [];
  let samples = 0;
  for (const { matchers, fromMs, toMs } of queries) {
    const nearMs = Math.max(fromMs, ports.clock.nowMs() - ports.retention.rawMs);
    if (toMs - nearMs > limits.querySpanMs)
      throw new OverLimit(`a query covers more than ${limits.querySpanMs / limits.catalogSpanMs} days, the limit`);
    const read = await reader.columns(wantedBy([matchers]), nearMs, toMs);
    // Its answer has no place for a warning: a part would be taken for the whole.
    if (read.warnings.length > 0) return textAnswer(503, `${read.warnings.join('\n')}\n`);
    for (const { timesMs } of read.series) samples += timesMs.length;
    if (samples > limits.readSamples)
      throw new OverLimit(`more than ${limits.readSamples} samples, the limit of one answer`);
    results.push(read.series);
  }
  const body = Buffer.from(readResponseOf(results)).toString('base64');
  if (body.length > limits.answerBytes)
    return textAnswer(statusOf.execution, `the answer has ${body.length} bytes, the limit is ${limits.answerBytes}\n`);
  const headers = { 'content-type': 'application/x-protobuf', 'content-encoding': 'snappy' };
  return { statusCode: 200, headers, body, isBase64Encoded: true };
};
