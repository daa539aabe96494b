import { decodeUtf8 } from '../exposition/words.ts';
import type { Reject } from '../reject.ts';
import { type InfluxPoint, InfluxReader } from './influx-line.ts';
import { limitedLabels } from './label-limits.ts';
import { forcedSource } from './lines.ts';
import { plainLabels, plainMetricName } from './plain-names.ts';
import {
  type Accepted,
  jsonOf,
  type Protocol,
  type PushAnswer,
  type PushRequest,
  problemsOf,
  type Reading,
  Refusals,
} from './request.ts';
import { Samples } from './samples.ts';
import { backfillReject } from './window.ts';

// docs.influxdata.com/influxdb/v2/api, POST /api/v2/write, and /influxdb/v1/tools/api, POST /write.

/** Nanoseconds of one unit, by the word that version 1 or 2 has for it. */
const precisions: Readonly<Record<string, bigint>> = {
  ns: 1n,
  n: 1n,
  us: 1_000n,
  u: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
};

const isV1 = ({ path }: PushRequest): boolean => path === '/write';

/** InfluxDB's own words for statuses, by which its clients know what to do. */
const codes: Readonly<Record<number, string>> = {
  400: 'invalid',
  401: 'unauthorized',
  403: 'forbidden',
  413: 'request too large',
  415: 'unsupported media type',
  422: 'unprocessable entity',
  503: 'unavailable',
};

const refusal = (request: PushRequest, status: number, rejects: readonly Reject[], lead = ''): PushAnswer => {
  const message = `${lead}${problemsOf(rejects).join('; ')}`;
  return isV1(request)
    ? jsonOf(status, { error: message })
    : jsonOf(status, { code: codes[status] ?? 'internal error', message });
};

const read = (request: PushRequest, body: Uint8Array): Reading => {
  const refused = (reject: Reject, status = 400): Reading => ({ ok: false, status, rejects: [reject] });
  const { precision = 'ns' } = request.query;
  const unitNs = Object.hasOwn(precisions, precision) ? precisions[precision] : undefined;
  if (unitNs === undefined)
    return refused({
      code: 'bad_precision',
      reason: `precision ${JSON.stringify(precision)} is none of ns, us, ms, s`,
    });
  const text = decodeUtf8(body);
  if (text === undefined) return refused({ code: 'bad_utf8', reason: 'the body is not valid UTF-8' });
  const reader = new InfluxReader(text);
  const samples = new Samples();
  const refusals = new Refusals();
  for (;;) {
    const next = reader.next();
    if (next === undefined) break;
    // One malformed line and nothing is written, as in InfluxDB.
    if ('problem' in next)
      return refused({ code: 'unable to parse', place: { line: reader.line }, reason: next.problem });
    takePoint(next.point, unitNs, reader.line, request, samples, refusals);
  }
  const answer: PushAnswer =
    refusals.count === 0
      ? { status: 204 }
      : refusal(request, isV1(request) ? 400 : 422, refusals.listed, `partial write, ${refusals.count} refused: `);
  return {
    ok: true,
    pushed: { samples: samples.all, ...forcedSource(request.query) },
    refusedSamples: refusals.samples,
    rejects: refusals.listed,
    answer,
  };
};

const takePoint = (
  { measurement, tags, fields, timestamp }: InfluxPoint,
  unitNs: bigint,
  line: number,
  accepted: Accepted,
  samples: Samples,
  refusals: Refusals,
): void => {
  const timestampMs = timestamp === undefined ? undefined : Number((timestamp * unitNs) / 1_000_000n);
  const place = { line };
  if (timestampMs !== undefined) {
    const reject = backfillReject(timestampMs, accepted, '');
    if (reject !== undefined) {
      refusals.add({ ...reject, place }, fields.length);
      return;
    }
  }
  for (const [field, value] of fields) {
    const limited = limitedLabels(plainLabels(plainMetricName(`${measurement}_${field}`), tags), field);
    if ('reject' in limited) refusals.add({ ...limited.reject, place });
    else samples.add({ labels: limited.labels, value, ...(timestampMs !== undefined && { timestampMs }) });
  }
};

/** InfluxDB's line protocol, versions 1 and 2: a field is a series `measurement_field`, tags are its labels. */
export const influx: Protocol = {
  name: 'influx',
  read,
  refusal,
};
