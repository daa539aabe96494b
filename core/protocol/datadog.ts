import { mediaTypeOf } from '../exposition/read.ts';
import type { Reject } from '../reject.ts';
import { type Fields, isFields, isNumber, isText, parsedJson, shown } from './json-fields.ts';
import { limitedLabels } from './label-limits.ts';
import { forcedSource } from './lines.ts';
import { plainLabels, plainMetricName } from './plain-names.ts';
import { jsonOf, type Protocol, type PushRequest, problemsOf, type Reading, Refusals } from './request.ts';
import { Samples } from './samples.ts';
import { windowReject } from './window.ts';

// docs.datadoghq.com/api/latest/metrics, Submit metrics (v2).

/** 0 unspecified, 1 count, 2 rate, 3 gauge. */
const countType = 1;

const read = (request: PushRequest, body: Uint8Array): Reading => {
  const refused = (reject: Reject, status = 400): Reading => ({ ok: false, status, rejects: [reject] });
  const parsed = parsedJson(body);
  if ('reject' in parsed) return refused(parsed.reject);
  const series = isFields(parsed.value) ? parsed.value['series'] : undefined;
  if (!Array.isArray(series))
    return refused({ code: 'bad_json', place: { path: 'series' }, reason: `expected a list, found ${shown(series)}` });
  const refusals = new Refusals();
  const samples = new Samples();
  for (const [index, each] of series.entries())
    takeSeries(each, `series[${index}]`, request.acceptedAtMs, samples, refusals);
  if (samples.all.length === 0 && refusals.count > 0) return { ok: false, status: 400, rejects: refusals.listed };
  const answer = jsonOf(202, { errors: problemsOf(refusals.listed, refusals.count) });
  return {
    ok: true,
    pushed: { samples: samples.all, ...forcedSource(request.query) },
    refusedSamples: refusals.samples,
    rejects: refusals.listed,
    answer,
  };
};

const takeSeries = (
  series: unknown,
  path: string,
  acceptedAtMs: number,
  samples: Samples,
  refusals: Refusals,
): undefined => {
  const refuse = (place: string, reason: string, count = 1): undefined =>
    refusals.add({ code: 'bad_series', place: { path: place }, reason }, count);
  if (!isFields(series)) return refuse(path, `expected an object, found ${shown(series)}`);
  const { metric, type = 0, points, interval } = series;
  if (!isText(metric) || metric === '') return refuse(`${path}.metric`, `expected a name, found ${shown(metric)}`);
  if (![0, 1, 2, 3].includes(type as number))
    return refuse(`${path}.type`, `expected 0, 1, 2 or 3, found ${shown(type)}`);
  if (!Array.isArray(points)) return refuse(`${path}.points`, `expected a list, found ${shown(points)}`);
  const pairs = pairsOf(series);
  if (typeof pairs === 'string') return refuse(path, pairs, points.length);
  const limited = limitedLabels(plainLabels(plainMetricName(metric), pairs), path);
  if ('reject' in limited) return refusals.add(limited.reject, points.length);
  for (const [index, point] of points.entries()) {
    const place = `${path}.points[${index}]`;
    const { timestamp, value } = isFields(point) ? point : { timestamp: undefined, value: undefined };
    if (!isNumber(timestamp) || !isNumber(value)) {
      refuse(place, `expected a timestamp and a value, found ${shown(point)}`);
      continue;
    }
    const timestampMs = Math.round(timestamp * 1_000);
    const reject = windowReject(timestampMs, acceptedAtMs, place);
    if (reject !== undefined) refusals.add(reject);
    else
      samples.add({
        labels: limited.labels,
        value,
        timestampMs,
        // A count is of the interval that ends there.
        ...(type === countType && { increment: { span: `datadog ${timestamp} ${shown(interval)}` } }),
      });
  }
};

/** Tags `name:value`, and resources such as the host by their type. */
const pairsOf = ({ tags = [], resources = [] }: Fields): [string, string][] | string => {
  if (!Array.isArray(tags) || !tags.every(isText)) return 'tags are no list of texts';
  if (!Array.isArray(resources)) return 'resources are no list';
  const pairs = tags.flatMap((tag: string): [string, string][] => {
    const at = tag.indexOf(':');
    return at <= 0 ? [] : [[tag.slice(0, at), tag.slice(at + 1)]];
  });
  for (const resource of resources) {
    const { type, name } = isFields(resource) ? resource : {};
    if (!isText(type) || !isText(name)) return `expected a type and a name of a resource, found ${shown(resource)}`;
    pairs.push([type, name]);
  }
  return pairs;
};

/** Datadog's series, version 2, as JSON: points that are good are taken with 202, and `errors` names the others. */
export const datadog: Protocol = {
  name: 'datadog',
  refusedUnread: ({ header }): { status: number; reject: Reject } | undefined => {
    const contentType = header('content-type');
    if (contentType === '' || mediaTypeOf(contentType) === 'application/json') return undefined;
    const reason = `content type ${JSON.stringify(contentType)} is not taken here, use application/json`;
    return { status: 415, reject: { code: 'unknown_content_type', reason } };
  },
  read,
  refusal: (_, status, rejects) => jsonOf(status, { errors: problemsOf(rejects) }),
};
