import { type Label, labelSetOf } from '../labels.ts';
import { takeEmf } from './emf.ts';
import { type Fields, isFields, isNumber, isText, parsedJson, shown } from './json-fields.ts';
import { limitedLabels } from './label-limits.ts';
import { cloudwatchName, plainLabels } from './plain-names.ts';
import type { Accepted, Refusals } from './request.ts';
import type { Samples } from './samples.ts';
import { backfillReject } from './window.ts';

/** A document as CloudWatch or an application writes it: a metric of a stream, log events, or EMF. */
export const takeDocument = (
  document: unknown,
  path: string,
  accepted: Accepted,
  samples: Samples,
  refusals: Refusals,
): undefined => {
  if (!isFields(document))
    refusals.add({ code: 'bad_document', place: { path }, reason: `expected an object, found ${shown(document)}` });
  else if (Array.isArray(document['logEvents']))
    takeLogEvents(document['logEvents'], path, accepted, samples, refusals);
  else if (document['_aws'] !== undefined) takeEmf(document, undefined, path, accepted, samples, refusals);
  else if (document['metric_name'] !== undefined) takeStreamed(document, path, accepted, samples, refusals);
  // CloudWatch Logs asks with it whether somebody is there.
  else if (document['messageType'] !== 'CONTROL_MESSAGE')
    refusals.add({
      code: 'bad_document',
      place: { path },
      reason: 'neither a streamed metric, nor log events, nor EMF',
    });
};

/** Messages of a log group: those that are EMF are metrics, the others are a log. */
const takeLogEvents = (
  events: readonly unknown[],
  path: string,
  accepted: Accepted,
  samples: Samples,
  refusals: Refusals,
): undefined => {
  for (const event of events) {
    const { id, message } = isFields(event) ? event : {};
    if (!isText(message) || !message.includes('"_aws"')) continue;
    const parsed = parsedJson(Buffer.from(message));
    if ('value' in parsed && isFields(parsed.value) && parsed.value['_aws'] !== undefined)
      takeEmf(parsed.value, isText(id) ? id : undefined, path, accepted, samples, refusals);
  }
};

const statistics = ['min', 'max', 'sum', 'count'] as const;

/** One metric of a metric stream in JSON: four series, one for each statistic of its minute. */
const takeStreamed = (
  document: Fields,
  path: string,
  accepted: Accepted,
  samples: Samples,
  refusals: Refusals,
): undefined => {
  const refuse = (what: string, found: unknown): undefined =>
    refusals.add({ code: 'bad_document', place: { path: `${path}.${what}` }, reason: `found ${shown(found)}` });
  const {
    namespace,
    metric_name: name,
    dimensions = {},
    timestamp,
    value,
    account_id: account = '',
    region = '',
  } = document;
  if (!isText(namespace) || namespace === '') return refuse('namespace', namespace);
  if (!isText(name) || name === '') return refuse('metric_name', name);
  if (!isFields(dimensions)) return refuse('dimensions', dimensions);
  if (!isNumber(timestamp)) return refuse('timestamp', timestamp);
  if (!isFields(value) || !statistics.every(each => isNumber(value[each]))) return refuse('value', value);
  const reject = backfillReject(timestamp, accepted, path);
  if (reject !== undefined) return refusals.add(reject);
  const pairs = Object.entries(dimensions).filter((pair): pair is [string, string] => isText(pair[1]));
  const own: Label[] = [
    ['account_id', String(account)],
    ['region', String(region)],
  ];
  for (const statistic of statistics) {
    const metric = cloudwatchName(namespace, name, statistic);
    const limited = limitedLabels(plainLabels(metric, [...pairs, ...own, ['job', namespace]]), path);
    if ('reject' in limited) return refusals.add(limited.reject);
    samples.add({ labels: labelSetOf(limited.labels), value: value[statistic] as number, timestampMs: timestamp });
  }
};
