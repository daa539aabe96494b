import type { FamilyType } from '../batch.ts';
import { type LabelSet, labelOf } from '../labels.ts';
import { limits } from '../limits.ts';
import type { Extra } from './exposition.ts';
import { readFloat } from './numbers.ts';
import { type Breach, breach } from './strict-snapshot.ts';

/** A sample in its family. */
type FamilySample = {
  readonly type: FamilyType;
  readonly family: string;
  /** What its name adds to the family's. */
  readonly suffix: string;
  readonly labels: LabelSet;
  readonly value: number;
  readonly extra: Extra | undefined;
};

/** What a number in a label says, NaN where it says none. */
export const numberIn = (text: string): number => {
  const bytes = Buffer.from(text);
  return readFloat(bytes, 0, bytes.length) ?? Number.NaN;
};

const countLike: ReadonlySet<string> = new Set(['_total', '_sum', '_count', '_bucket', '_gcount']);
const whole: ReadonlySet<string> = new Set(['_bucket', '_count', '_gcount']);

/** What a sample says that its type forbids, whatever stands around it (OpenMetrics 1.0, Metric Types; Exemplars). */
export const sampleBreach = (sample: FamilySample): Breach | undefined =>
  labelBreach(sample) ?? valueBreach(sample) ?? exemplarBreach(sample);

const labelBreach = ({ type, family, suffix, labels }: FamilySample): Breach | undefined => {
  for (const [name] of labels) {
    if (name.startsWith('__') && name !== '__name__')
      return breach('reserved_label', 'no label name that begins with "__"', JSON.stringify(name));
  }
  if (suffix === '_bucket') {
    const le = labelOf(labels, 'le');
    const bound = numberIn(le);
    if (Number.isNaN(bound) || (bound === Number.POSITIVE_INFINITY && le !== '+Inf'))
      return breach('bad_le', 'a number or "+Inf" in the label le', le === '' ? 'no such label' : JSON.stringify(le));
  }
  if (type === 'summary' && suffix === '') {
    const quantile = labelOf(labels, 'quantile');
    const share = numberIn(quantile);
    if (!(share >= 0 && share <= 1)) {
      const found = quantile === '' ? 'no such label' : JSON.stringify(quantile);
      return breach('bad_quantile', 'a number from 0 to 1 in the label quantile', found);
    }
  }
  if (type === 'stateset' && labelOf(labels, family) === '')
    return breach('no_state', `the state in a label ${JSON.stringify(family)}`, 'no such label');
  return undefined;
};

const valueBreach = ({ type, suffix, value }: FamilySample): Breach | undefined => {
  const found = String(value);
  if (type === 'info' && value !== 1) return breach('bad_value', '1 as the value of an info', found);
  if (type === 'stateset' && value !== 0 && value !== 1) return breach('bad_value', '0 or 1 as a state', found);
  if (type === 'summary' && suffix === '' && value < 0)
    return breach('bad_value', 'no negative value of a quantile', found);
  if (suffix === '_gsum' && Number.isNaN(value)) return breach('bad_value', 'a number as _gsum', found);
  if (!countLike.has(suffix)) return undefined;
  if (!(value >= 0)) return breach('bad_value', `a number of at least 0 as ${suffix}`, found);
  return whole.has(suffix) && !Number.isInteger(value)
    ? breach('bad_value', `a whole number as ${suffix}`, found)
    : undefined;
};

const exemplarBreach = ({ type, suffix, extra }: FamilySample): Breach | undefined => {
  const exemplar = extra?.exemplar;
  if (exemplar === undefined) return undefined;
  const mayHave =
    (type === 'counter' && suffix === '_total') ||
    ((type === 'histogram' || type === 'gaugehistogram') && suffix === '_bucket');
  if (!mayHave) return breach('exemplar_not_allowed', 'an exemplar only on counters and buckets', `one on a ${type}`);
  let characters = 0;
  for (const [name, value] of exemplar.labels) {
    if (name.startsWith('__'))
      return breach('reserved_label', 'no label name that begins with "__"', JSON.stringify(name));
    characters += [...name].length + [...value].length;
  }
  return characters > limits.exemplarCharacters
    ? breach(
        'exemplar_limit',
        `at most ${limits.exemplarCharacters} characters in the labels of an exemplar`,
        `${characters}`,
      )
    : undefined;
};
