import { readDuration } from '../duration.ts';
import { mediaTypeOf } from '../exposition/read.ts';
import {
  keyOf,
  type LabelSet,
  labelOf,
  labelSetOf,
  merged,
  metricNameLabel,
  metricNameOf,
  noLabels,
} from '../labels.ts';
import { limits } from '../limits.ts';
import type { Reject } from '../reject.ts';
import type { GatheredSample } from './gather.ts';
import { pushFailureTime, pushTime, pushTtl } from './group-page.ts';
import type { Pushed } from './pushed.ts';
import { type Group, readGroup, readGroupBody } from './pushgateway.ts';
import { type Protocol, type PushAnswer, type PushRequest, plainOf, type Reading } from './request.ts';

// github.com/prometheus/pushgateway, handler/push.go, handler/delete.go, and what its routers answer before those.

const inconsistent = 'pushed metrics are invalid or inconsistent with existing metrics: ';
const newline = 0x0a;

const named = (name: string): LabelSet => labelSetOf([[metricNameLabel, name]]);

/** When a group was last pushed, or last pushed in vain, as the Pushgateway tells it. */
const timed = (name: string, { acceptedAtMs }: PushRequest): GatheredSample => ({
  labels: named(name),
  value: acceptedAtMs / 1_000,
});

/**
 * Whether the group is all there is of its source: then what a PUT or DELETE leaves out has ended, which a page of the
 * source says. Groups with more labels share a source, and their series end by falling silent.
 */
const isWhole = ({ labels, absent }: Group, samples: readonly GatheredSample[]): boolean =>
  absent.size === 0 &&
  labels.every(([name]) => name === 'job' || name === 'instance') &&
  (labelOf(labels, 'instance') !== '' || samples.every(each => labelOf(each.labels, 'instance') === ''));

const read = (request: PushRequest, body: Uint8Array): Reading => {
  const { header, path, method, acceptedAtMs } = request;
  const { value: group, rejects: pathRejects } = readGroup(path);
  if (group === undefined) return { ok: false, status: isNoJob(path) ? 404 : 400, rejects: pathRejects };
  if (method === 'DELETE') {
    // It has no samples of its own, but says that the others are over.
    const samples = [{ ...timed(pushTime, request), stale: true }];
    const pushed = { samples, sourceLabels: group.labels, pages: isWhole(group, []) };
    return { ok: true, pushed, refusedSamples: 0, answer: { status: 202, body: '' } };
  }
  const ttl = request.query['ttl'];
  const ttlMs = ttl === undefined || ttl === '' ? undefined : readDuration(ttl);
  if (ttl && (ttlMs === undefined || ttlMs <= 0 || ttlMs > limits.groupShownMs)) {
    const reason = `ttl: expected a duration of at most ${limits.groupShownMs / 3_600_000}h such as 90s, found ${JSON.stringify(ttl)}`;
    return { ok: false, status: 400, rejects: [{ code: 'bad_parameter', reason }] };
  }
  const contentType = header('content-type');
  if (mediaTypeOf(contentType) !== 'application/vnd.google.protobuf' && body.length > 0 && body.at(-1) !== newline) {
    const line = body.reduce((lines, byte) => lines + (byte === newline ? 1 : 0), 1);
    return {
      ok: false,
      status: 400,
      rejects: [{ code: 'syntax', place: { line }, reason: 'unexpected end of input stream' }],
    };
  }
  const { value, rejects } = readGroupBody({ contentType, body, acceptedAtMs, group });
  if (value === undefined) {
    const isParsed = rejects.every(({ code }) => code === 'timestamp_not_allowed');
    return isParsed ? inVain(request, group, rejects) : { ok: false, status: 400, rejects };
  }
  const twice = repeated(value, group);
  if (twice !== undefined) return inVain(request, group, [twice]);
  const pages = method === 'PUT' && isWhole(group, value.samples);
  const samples = [
    ...value.samples,
    timed(pushTime, request),
    ...(ttlMs === undefined ? [] : [{ labels: named(pushTtl), value: ttlMs / 1_000 }]),
    // Where no page can say that what was there before is over, the time of push ends for an instant.
    ...(method === 'PUT' && !pages
      ? [{ ...timed(pushTime, request), stale: true, timestampMs: acceptedAtMs - 1 }]
      : []),
  ];
  const pushed = { ...value, samples, pages };
  return { ok: true, pushed, refusedSamples: 0, answer: { status: 200, body: '' } };
};

/** A push that could be read and not be taken: nothing is stored of it but that it was made. */
const inVain = (request: PushRequest, group: Group, rejects: readonly Reject[]): Reading => ({
  ok: true,
  pushed: { samples: [timed(pushFailureTime, request)], sourceLabels: group.labels },
  refusedSamples: 1,
  rejects,
  answer: refusal(request, 400, rejects),
});

/** The first series that stands twice, in the words of client_golang's registry. */
const repeated = ({ samples, sourceLabels = noLabels }: Pushed, group: Group): Reject | undefined => {
  const seen = new Set<string>();
  for (const { labels, value } of samples) {
    const whole = merged(labels, sourceLabels);
    const key = keyOf(whole);
    if (!seen.has(key)) {
      seen.add(key);
      continue;
    }
    const named = new Map(whole.filter(([name]) => name !== metricNameLabel));
    if (!named.has('instance') && !group.absent.has('instance')) named.set('instance', '');
    const told = [...named]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, text]) => `label:<name:${JSON.stringify(name)} value:${JSON.stringify(text)} > `);
    const metric = `collected metric ${JSON.stringify(metricNameOf(whole))} { ${told.join('')}untyped:<value:${value} > }`;
    return {
      code: 'repeated',
      reason: `${inconsistent}${metric} was collected before with the same name and label values`,
    };
  }
  return undefined;
};

/** Paths that the Pushgateway's router knows nothing of: those that do not begin with a job. */
const isNoJob = (path: string): boolean => !/^\/?(metrics\/)?job(@base64)?\/./.test(path);

/** The Pushgateway says one reason, with the line where the text was at fault. */
const refusal = (_: PushRequest, status: number, rejects: readonly Reject[]): PushAnswer => {
  if (status === 404) return plainOf(404, '404 page not found\n');
  if (status === 405) return plainOf(405, 'Method Not Allowed\n');
  const listed = rejects.slice(0, status === 400 ? 1 : limits.rejectsListed).map(textOf);
  return plainOf(status, `${listed.join('\n')}\n`);
};

const textOf = ({ code, place, reason }: Reject): string => {
  const { line } = place ?? {};
  if (code === 'bad_protobuf' && reason.includes('the end of the message')) return 'unexpected EOF';
  if (line === undefined || code === 'timestamp_not_allowed') return reason;
  const why = code === 'syntax' && reason.startsWith('expected a metric name') ? 'invalid metric name' : reason;
  return `text format parsing error in line ${line}: ${why}`;
};

/** The Pushgateway's API: clients want an empty 200, and the reason as text otherwise. */
export const groupPush: Protocol = {
  name: 'pushgateway',
  refusedUnread: ({ method, path }) =>
    ['PUT', 'POST', 'DELETE'].includes(method) && path !== '/metrics'
      ? undefined
      : { status: 405, reject: { code: 'method', reason: `${method} is not taken here, use PUT, POST or DELETE` } },
  movedTo: path => {
    if (path === '/metrics/job/') return { status: 307, path: '/metrics/job' };
    return path.includes('//') ? { status: 301, path: path.replace(/\/{2,}/g, '/') } : undefined;
  },
  read,
  refusal,
};
