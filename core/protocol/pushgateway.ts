import { exemplarsOfPage } from '../exposition/page-exemplars.ts';
import { expositionOf, mediaTypeOf } from '../exposition/read.ts';
import { readText } from '../exposition/text.ts';
import { decodeUtf8 } from '../exposition/words.ts';
import { type LabelSet, labelSetOf, pick } from '../labels.ts';
import { limits } from '../limits.ts';
import { placed, type Read, type Reject } from '../reject.ts';
import { forcedLabelRejects, type PushBody, type Pushed, wholePush } from './pushed.ts';

/** The grouping key of a push: labels forced on each of its samples, and those that it forces to be absent. */
export type Group = { readonly labels: LabelSet; readonly absent: ReadonlySet<string> };

const base64Suffix = '@base64';
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

type Component = { readonly name: string; readonly value: string };

/**
 * Reads `/metrics/job/<job>{/<label>/<value>}`, where `job@base64` and `label@base64` announce base64url, padding left
 * to taste, `=` for the empty value. A label given twice has its last value; the job is the one right after `job`.
 * The reasons are the Pushgateway's own words (handler/push.go).
 */
export const readGroup = (path: string): Read<Group | undefined> => {
  const [first = '', job = '', ...rest] = path.replace(/^\/?(metrics\/)?/, '').split('/');
  if (first !== 'job' && first !== `job${base64Suffix}`) return refused('no_job', 'job name is required');
  if (rest.length === 1 && rest[0] === '') rest.pop();
  if (rest.length % 2 !== 0) {
    return refused(
      'odd_components',
      `odd number of components in label string ${JSON.stringify(`/${rest.map(percentDecoded).join('/')}`)}`,
    );
  }
  const labels = new Map<string, string>();
  const pairs = rest.flatMap((_, at): [string, string][] => (at % 2 === 0 ? [[rest[at]!, rest[at + 1]!]] : []));
  for (const [name, value] of [...pairs, [first, job] as const]) {
    const read = readComponent(percentDecoded(name), percentDecoded(value));
    if ('code' in read) return { value: undefined, rejects: [read] };
    labels.set(read.name, read.value);
  }
  if (labels.get('job') === '') return refused('no_job', 'job name is required');
  const absent = new Set([...labels].filter(([, value]) => value === '').map(([name]) => name));
  return { value: { labels: labelSetOf(labels), absent }, rejects: [] };
};

const refused = (code: string, reason: string): Read<undefined> => ({ value: undefined, rejects: [{ code, reason }] });

/** A stray percent sign is itself: some gateways decode the path before us. */
const percentDecoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

const readComponent = (written: string, value: string): Component | Reject => {
  const encoded = written.endsWith(base64Suffix);
  const name = encoded ? written.slice(0, -base64Suffix.length) : written;
  if (!labelName.test(name) || name.startsWith('__'))
    return { code: 'improper_label_name', reason: `improper label name ${JSON.stringify(name)}` };
  if (!encoded && value === '' && name !== 'job') {
    return {
      code: 'empty_label_value',
      reason: `no value for label ${JSON.stringify(name)}, write ${name}@base64/= for the empty one`,
    };
  }
  const decoded = encoded ? readBase64(value) : value;
  if (decoded === undefined)
    return { code: 'bad_base64', reason: `invalid base64 encoding for label ${name}=${JSON.stringify(value)}` };
  const [what, bytes, limit] =
    Buffer.byteLength(name) > limits.labelNameBytes
      ? ['the label name', Buffer.byteLength(name), limits.labelNameBytes]
      : [`label ${name}`, Buffer.byteLength(decoded), limits.labelValueBytes];
  if (bytes > limit) return { code: 'label_value_limit', reason: `${bytes} bytes in ${what}, the limit is ${limit}` };
  return { name, value: decoded };
};

/** base64url of UTF-8, as Go's RawURLEncoding takes it once the padding is off. */
const readBase64 = (text: string): string | undefined => {
  const bare = text.replace(/={1,4}$/, '');
  return /^[A-Za-z0-9_-]*$/.test(bare) && bare.length % 4 !== 1
    ? decodeUtf8(Buffer.from(bare, 'base64url'))
    : undefined;
};

/**
 * Reads a group's body: protobuf, or text 0.0.4 whatever else the content type says, without timestamps. The group's
 * labels win over the body's.
 */
export const readGroupBody = ({
  contentType,
  body,
  acceptedAtMs,
  group,
}: PushBody & { readonly group: Group }): Read<Pushed | undefined> => {
  const reader = expositionOf(contentType);
  const isProtobuf = mediaTypeOf(contentType) === 'application/vnd.google.protobuf';
  if (isProtobuf && reader === undefined) {
    const reason = `content type ${JSON.stringify(contentType)} is not delimited io.prometheus.client.MetricFamily`;
    return refused('unknown_content_type', reason);
  }
  // OpenMetrics is not offered here, and what is not protobuf is text, as in the Pushgateway.
  const read = (isProtobuf ? reader! : readText)(body, { samples: limits.pushSamples });
  const timed = read.value.samples.find(({ timestampMs }) => timestampMs !== undefined);
  const rejects: Reject[] = [...read.rejects];
  if (timed !== undefined) {
    const reason =
      'pushed metrics are invalid or inconsistent with existing metrics: pushed metrics must not have timestamps';
    rejects.push({ code: 'timestamp_not_allowed', ...placed(timed), reason });
  }
  const { labels, absent } = group;
  const samples =
    absent.size === 0
      ? read.value.samples
      : read.value.samples.map(sample => ({ ...sample, labels: pick(sample.labels, name => !absent.has(name)) }));
  const { series } = read.value.columns;
  const exemplars = exemplarsOfPage(read.value.columns, acceptedAtMs, at =>
    pick(series[at]!, name => !absent.has(name)),
  );
  return wholePush(
    {
      samples,
      sourceLabels: labels,
      families: read.value.families,
      ...(exemplars.length > 0 && { exemplars }),
    },
    rejects.length > 0 ? rejects : forcedLabelRejects(samples, labels),
  );
};
