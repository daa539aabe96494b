import { type Fields, fieldOf, isFields, isNumber, isText, shown } from './json-fields.ts';
import { limitedLabels } from './label-limits.ts';
import { cloudwatchName, plainLabels } from './plain-names.ts';
import type { Accepted, Refusals } from './request.ts';
import type { Samples } from './samples.ts';
import { backfillReject } from './window.ts';

// docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

const [mostMetrics, mostDimensions, mostValues] = [100, 30, 100];

/**
 * An EMF document: observations, of which nobody knows how many documents make a minute. Each metric becomes two counters
 * under each of its dimension sets, the sum of what was observed and how often; `id` names the log event that it came in.
 */
export const takeEmf = (
  document: Fields,
  id: string | undefined,
  path: string,
  accepted: Accepted,
  samples: Samples,
  refusals: Refusals,
): undefined => {
  const refuse = (place: string, reason: string): undefined =>
    refusals.add({ code: 'bad_emf', place: { path: `${path}.${place}` }, reason });
  const aws = document['_aws'];
  if (!isFields(aws)) return refuse('_aws', `expected an object, found ${shown(aws)}`);
  const { Timestamp: timestampMs, CloudWatchMetrics: directives } = aws;
  if (!isNumber(timestampMs)) return refuse('_aws.Timestamp', `expected milliseconds, found ${shown(timestampMs)}`);
  if (!Array.isArray(directives))
    return refuse('_aws.CloudWatchMetrics', `expected a list, found ${shown(directives)}`);
  const reject = backfillReject(timestampMs, accepted, path);
  if (reject !== undefined) return refusals.add(reject);
  for (const [index, directive] of directives.entries()) {
    const place = `_aws.CloudWatchMetrics[${index}]`;
    const read = readDirective(directive);
    if (typeof read === 'string') {
      refuse(place, read);
      continue;
    }
    for (const name of read.metrics) {
      const values = valuesOf(fieldOf(document, name));
      if (values === undefined) {
        refuse(name, `expected a number or up to ${mostValues} of them, found ${shown(fieldOf(document, name))}`);
        continue;
      }
      for (const dimensions of read.dimensions) {
        const pairs = dimensions.map(key => [key, textOf(fieldOf(document, key))] as const);
        for (const [statistic, value] of [
          ['sum', values.reduce((sum, each) => sum + each, 0)],
          ['count', values.length],
        ] as const) {
          const metric = cloudwatchName(read.namespace, name, statistic);
          const limited = limitedLabels(plainLabels(metric, [['job', read.namespace], ...pairs]), path);
          if ('reject' in limited) refusals.add(limited.reject);
          else
            samples.add({
              labels: limited.labels,
              value,
              timestampMs,
              increment: id === undefined ? {} : { span: `emf ${id}` },
            });
        }
      }
    }
  }
};

type Directive = {
  readonly namespace: string;
  readonly metrics: readonly string[];
  readonly dimensions: readonly (readonly string[])[];
};

const readDirective = (directive: unknown): Directive | string => {
  const {
    Namespace: namespace,
    Metrics: metrics,
    Dimensions: dimensions = [[]],
  } = isFields(directive) ? directive : {};
  if (!isText(namespace) || namespace === '') return `expected a Namespace, found ${shown(namespace)}`;
  if (!Array.isArray(metrics) || metrics.length > mostMetrics)
    return `expected at most ${mostMetrics} Metrics, found ${shown(metrics)}`;
  const names = metrics.map(metric => (isFields(metric) ? metric['Name'] : undefined));
  if (!names.every(isText)) return `expected a Name of each metric, found ${shown(metrics)}`;
  const isSet = (set: unknown): set is string[] =>
    Array.isArray(set) && set.length <= mostDimensions && set.every(isText);
  if (!Array.isArray(dimensions) || !dimensions.every(isSet))
    return `expected sets of at most ${mostDimensions} Dimensions, found ${shown(dimensions)}`;
  return { namespace, metrics: names, dimensions: dimensions.length === 0 ? [[]] : dimensions };
};

const valuesOf = (value: unknown): readonly number[] | undefined => {
  const values = Array.isArray(value) ? value : [value];
  return values.length > 0 && values.length <= mostValues && values.every(isNumber) ? values : undefined;
};

const textOf = (value: unknown): string => (isText(value) ? value : value === undefined ? '' : JSON.stringify(value));
