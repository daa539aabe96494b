import type { Family, FamilyType } from '../batch.ts';
import { decodeUtf8 } from '../exposition/words.ts';
import { type Label, type LabelSet, labelSetOf, metricNameLabel } from '../labels.ts';
import { limits } from '../limits.ts';
import type { Read, Reject } from '../reject.ts';
import type { GatheredSample } from './gather.ts';
import { isDeeper } from './json-depth.ts';
import type { Pushed } from './pushed.ts';
import { timestampReject } from './timestamps.ts';

/** Counters are cumulative. */
const types: ReadonlyMap<unknown, FamilyType> = new Map([
  ['gauge', 'gauge'],
  ['counter', 'counter'],
  ['untyped', 'unknown'],
  ['unknown', 'unknown'],
]);
const numberWords: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['+Inf', Number.POSITIVE_INFINITY],
  ['-Inf', Number.NEGATIVE_INFINITY],
]);
const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads `{"job", "instance", "metrics": [{name, type, value, labels, timestampMs}]}`; fields it does not know are left
 * alone. Rejects carry the path, such as `metrics[3].value`; reading ends at limits.rejectsListed of them.
 */
export const readJson = (bytes: Uint8Array, acceptedAtMs: number): Read<Pushed> =>
  new JsonPush(acceptedAtMs).read(bytes);

class JsonPush {
  readonly #acceptedAtMs: number;
  readonly #rejects: Reject[] = [];
  /** By name; where metrics of one name differ in type, the first one's. */
  readonly #families = new Map<string, Family>();

  constructor(acceptedAtMs: number) {
    this.#acceptedAtMs = acceptedAtMs;
  }

  read(bytes: Uint8Array): Read<Pushed> {
    const body = this.#parse(bytes);
    const source: Label[] = [];
    const samples: GatheredSample[] = [];
    if (body !== undefined) {
      for (const name of ['job', 'instance']) {
        const value = body[name];
        if (value !== undefined && this.#isValue(value, name)) source.push([name, value]);
      }
      const metrics = body['metrics'];
      if (!Array.isArray(metrics)) this.#miss('metrics', 'a list', metrics);
      else if (metrics.length > limits.pushSamples) {
        this.#reject('sample_limit', 'metrics', `${metrics.length} metrics, the limit is ${limits.pushSamples}`);
      } else this.#readMetrics(metrics, samples);
    }
    const sourceLabels = labelSetOf(source);
    const pushed: Pushed = { samples, families: [...this.#families.values()] };
    return { value: sourceLabels.length > 0 ? { ...pushed, sourceLabels } : pushed, rejects: this.#rejects };
  }

  #parse(bytes: Uint8Array): Fields | undefined {
    if (isDeeper(bytes, limits.jsonDepth))
      return this.#reject('json_depth', 'body', `nested deeper than the limit of ${limits.jsonDepth}`);
    const text = decodeUtf8(bytes);
    if (text === undefined) return this.#reject('bad_utf8', 'body', 'the body is not valid UTF-8');
    let body: unknown;
    try {
      body = JSON.parse(text);
    } catch (error) {
      return this.#reject('bad_json', 'body', (error as Error).message);
    }
    return isFields(body) ? body : this.#miss('body', 'an object', body);
  }

  #readMetrics(metrics: readonly unknown[], samples: GatheredSample[]): void {
    for (const [index, metric] of metrics.entries()) {
      if (this.#rejects.length >= limits.rejectsListed) return;
      const before = this.#rejects.length;
      const sample = this.#readMetric(metric, `metrics[${index}]`);
      if (sample !== undefined && this.#rejects.length === before) samples.push(sample);
    }
  }

  #readMetric(metric: unknown, path: string): GatheredSample | undefined {
    if (!isFields(metric)) return this.#miss(path, 'an object', metric);
    const { name, type, timestampMs } = metric;
    const familyType = types.get(type);
    if (type !== undefined && familyType === undefined)
      this.#miss(`${path}.type`, `one of ${[...types.keys()].join(', ')}`, type, 'bad_type');
    const value = this.#readValue(metric['value'], `${path}.value`);
    const labels = this.#readLabels(name, metric['labels'], path);
    if (value === undefined || labels === undefined) return undefined;
    if (familyType !== undefined && !this.#families.has(String(name)))
      this.#families.set(String(name), { name: String(name), type: familyType });
    if (timestampMs === undefined) return { labels, value };
    if (typeof timestampMs !== 'number' || !Number.isSafeInteger(timestampMs)) {
      return this.#miss(`${path}.timestampMs`, 'whole milliseconds', timestampMs, 'bad_timestamp');
    }
    const reject = timestampReject(timestampMs, this.#acceptedAtMs, { path: `${path}.timestampMs` });
    if (reject !== undefined) this.#rejects.push(reject);
    return { labels, value, timestampMs };
  }

  #readValue(value: unknown, path: string): number | undefined {
    // JSON.parse makes Infinity of 1e400.
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    return numberWords.get(value) ?? this.#miss(path, 'a number, "NaN", "+Inf" or "-Inf"', value, 'bad_value');
  }

  #readLabels(name: unknown, labels: unknown, path: string): LabelSet | undefined {
    if (typeof name !== 'string' || !metricName.test(name))
      return this.#miss(`${path}.name`, `a metric name (${metricName.source})`, name, 'bad_name');
    if (!this.#isValue(name, `${path}.name`)) return undefined;
    if (labels === undefined) return labelSetOf([[metricNameLabel, name]]);
    if (!isFields(labels)) return this.#miss(`${path}.labels`, 'an object of texts', labels);
    const entries = Object.entries(labels);
    if (entries.length + 1 > limits.labelCount) {
      return this.#reject(
        'label_limit',
        `${path}.labels`,
        `${entries.length + 1} labels on ${name}, the limit is ${limits.labelCount}`,
      );
    }
    const read: Label[] = [[metricNameLabel, name]];
    for (const [label, value] of entries) {
      if (!labelName.test(label) || label === metricNameLabel)
        return this.#miss(`${path}.labels`, `a label name (${labelName.source})`, label, 'bad_name');
      if (label.length > limits.labelNameBytes) {
        return this.#reject(
          'label_name_limit',
          `${path}.labels`,
          `a label name of ${label.length} bytes, the limit is ${limits.labelNameBytes}`,
        );
      }
      if (!this.#isValue(value, `${path}.labels.${label}`)) return undefined;
      read.push([label, value]);
    }
    return labelSetOf(read);
  }

  #isValue(value: unknown, path: string): value is string {
    if (typeof value !== 'string') {
      this.#miss(path, 'a text', value);
      return false;
    }
    const bytes = Buffer.byteLength(value);
    if (bytes > limits.labelValueBytes)
      this.#reject('label_value_limit', path, `${bytes} bytes, the limit is ${limits.labelValueBytes}`);
    // A lone half of a surrogate pair has no UTF-8: two such values would become one.
    else if (!value.isWellFormed()) this.#reject('bad_utf8', path, 'the text has a lone surrogate');
    else return true;
    return false;
  }

  #reject(code: string, path: string, reason: string): undefined {
    this.#rejects.push({ code, place: { path }, reason });
  }

  #miss(path: string, expected: string, found: unknown, code = 'bad_json'): undefined {
    const shown = found === undefined ? 'nothing' : JSON.stringify(found).slice(0, 60);
    return this.#reject(code, path, `expected ${expected}, found ${shown}`);
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
