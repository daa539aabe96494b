import type { Family, FamilyType } from '../batch.ts';
import { type Label, type LabelSet, labelSetOf, metricNameLabel } from '../labels.ts';
import { limits } from '../limits.ts';
import type { Reject } from '../reject.ts';
import { type ModelExemplar, type ModelFamily, type ModelMetric, readFamily, readMetric } from './client-model.ts';
import { type Bounds, type Exemplar, Exposition, type Extra, type ReadPage } from './exposition.ts';
import { writeGoNumber } from './go-number.ts';
import { Page } from './page.ts';
import { Wire, WireError } from './wire.ts';

/** MetricType of client_model: what each number means. */
const types: readonly FamilyType[] = ['counter', 'gauge', 'summary', 'unknown', 'histogram', 'gaugehistogram'];

/**
 * Reads MetricFamily messages of io.prometheus.client, each after its length: what client_golang pushes. Histograms and
 * summaries become the samples that the same client's text would say; buckets of native histograms are left out.
 * Reading ends at the first thing that is wrong: what follows cannot be told apart. Places are paths.
 */
export const readProtobuf: ReadPage = (bytes, bounds) => {
  const page = new Page(Math.min(bytes.length >> 5, 4_096));
  const families: Family[] = [];
  const rejects: Reject[] = [];
  const wire = new Wire(bytes);
  const modelBounds = { samples: bounds.samples, labelCount: bounds.labelCount ?? limits.labelCount };
  let path = '';
  try {
    while (rejects.length === 0 && wire.at < wire.end) {
      path = `families[${families.length}]`;
      const family = readFamily(wire.inside(), modelBounds);
      const described = describe(family);
      if (described === undefined) {
        rejects.push(
          rejectOf(
            'bad_family',
            path,
            'a name and a type from 0 to 5',
            `${JSON.stringify(family.name)} and ${family.type}`,
          ),
        );
        break;
      }
      families.push(described);
      if (families.length > bounds.samples) {
        const reason = `more than ${bounds.samples} families, the limit is ${bounds.samples}`;
        rejects.push({ code: 'family_limit', place: { path }, reason });
        break;
      }
      for (const [at, metric] of family.metrics.entries()) {
        path = `families[${families.length - 1}].metric[${at}]`;
        const wrong = addMetric(page, described, readMetric(metric, modelBounds), bounds, path);
        if (wrong === undefined) continue;
        rejects.push(wrong);
        break;
      }
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    rejects.push({ code: error.code, place: { path }, reason: `${error.message}, at byte ${error.at}` });
  }
  return { value: new Exposition(page.columns(), families, () => new Int32Array(page.count)), rejects };
};

const rejectOf = (code: string, path: string, expected: string, found: string): Reject => ({
  code,
  place: { path },
  reason: `expected ${expected}, found ${found}`,
  expected,
  found,
});

const describe = ({ name, help, unit, type }: ModelFamily): Family | undefined => {
  const known = types[type];
  if (name === '' || known === undefined) return undefined;
  return { name, type: known, ...(help !== undefined && { help }), ...(unit && { unit }) };
};

const addMetric = (
  page: Page,
  family: Family,
  metric: ModelMetric,
  bounds: Bounds,
  path: string,
): Reject | undefined => {
  const { value, kind } = metric;
  const wanted = family.type === 'gaugehistogram' ? 'histogram' : family.type;
  if (value === undefined || kind !== wanted)
    return rejectOf('bad_metric', path, `a ${wanted} in a family of type ${family.type}`, kind ?? 'none');
  const labelsWrong = labelReject(family.name, metric.labels, bounds, path);
  if (labelsWrong !== undefined) return labelsWrong;
  const time = metric.timestampMs;
  const timestampMs = time === undefined ? Number.NaN : Number(time);
  const exact: Extra | undefined =
    time !== undefined && !Number.isSafeInteger(timestampMs) ? { timestampExactMs: time } : undefined;
  const add = (suffix: string, more: readonly Label[], number: number, extra?: Extra): void => {
    const labels = labelSetOf([[metricNameLabel, family.name + suffix], ...metric.labels, ...more]);
    page.add(labels, -1, 0, 0, number);
    page.addRare(timestampMs, extra === undefined ? exact : { ...exact, ...extra });
  };
  const created: Extra | undefined = value.createdMs === undefined ? undefined : { createdMs: value.createdMs };
  if (kind === 'summary') {
    for (const { quantile, value: number } of value.quantiles) add('', [['quantile', writeGoNumber(quantile)]], number);
  } else if (kind === 'histogram') {
    for (const { bound, count, exemplar } of value.buckets)
      add(
        '_bucket',
        [['le', writeGoNumber(bound)]],
        count,
        exemplar === undefined ? created : { ...created, exemplar: exemplarOf(exemplar) },
      );
    if (value.buckets.at(-1)?.bound !== Number.POSITIVE_INFINITY)
      add('_bucket', [['le', '+Inf']], value.count, created);
  } else {
    const { exemplar } = value;
    add('', [], value.value, exemplar === undefined ? created : { ...created, exemplar: exemplarOf(exemplar) });
  }
  if (kind === 'summary' || kind === 'histogram') {
    add('_sum', [], value.sum, created);
    add('_count', [], value.count, created);
  }
  if (page.count <= bounds.samples) return undefined;
  page.truncate(bounds.samples);
  return {
    code: 'sample_limit',
    place: { path },
    reason: `more than ${bounds.samples} samples, the limit is ${bounds.samples}`,
  };
};

const exemplarOf = ({ labels, value, timestampMs }: ModelExemplar): Exemplar => {
  const labelSet: LabelSet = labelSetOf(labels);
  return timestampMs === undefined ? { labels: labelSet, value } : { labels: labelSet, value, timestampMs };
};

/** Label names are what they are, none twice, none empty; the metric's name counts as one. */
const labelReject = (name: string, labels: readonly Label[], bounds: Bounds, path: string): Reject | undefined => {
  const { labelCount = limits.labelCount, labelNameBytes = limits.labelNameBytes } = bounds;
  const { labelValueBytes = limits.labelValueBytes } = bounds;
  const over = (code: string, what: string, count: number, limit: number): Reject => ({
    code,
    place: { path },
    reason: `${count} ${what}, the limit is ${limit}`,
  });
  if (labels.length + 1 > labelCount) return over('label_limit', `labels on ${name}`, labels.length + 1, labelCount);
  const nameBytes = Buffer.byteLength(name);
  if (nameBytes > labelValueBytes)
    return over('metric_name_limit', 'bytes in a metric name', nameBytes, labelValueBytes);
  const seen = new Set<string>();
  for (const [label, value] of labels) {
    if (label === '') return rejectOf('bad_name', path, 'a label name', 'an empty one');
    if (label === metricNameLabel) return rejectOf('reserved_label', path, 'no label "__name__"', 'one');
    if (seen.has(label)) return rejectOf('duplicate_label', path, 'each label once', `${JSON.stringify(label)} again`);
    seen.add(label);
    const labelBytes = Buffer.byteLength(label);
    if (labelBytes > labelNameBytes)
      return over('label_name_limit', 'bytes in a label name', labelBytes, labelNameBytes);
    const valueBytes = Buffer.byteLength(value);
    if (valueBytes > labelValueBytes)
      return over('label_value_limit', `bytes in ${JSON.stringify(label.slice(0, 100))}`, valueBytes, labelValueBytes);
  }
  return undefined;
};
