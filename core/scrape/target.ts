import { readDuration, writeDuration } from '../duration.ts';
import { isReservedJob } from '../heartbeat/heartbeat.ts';
import { type Label, type LabelSet, labelOf, labelSetOf, metricNameLabel } from '../labels.ts';
import { limits } from '../limits.ts';
import { labelsReject } from '../protocol/label-limits.ts';
import type { Read, Reject } from '../reject.ts';
import { readRow } from '../row.ts';
import type { Auth } from './auth.ts';
import { Overgrown, type Relabel } from './relabel.ts';
import { type TargetRow, targetRow, withoutPassword } from './row.ts';

/** How much a page may have, as the target's row says; 0 is no limit beyond the collector's own. */
type PageLimits = {
  readonly samples: number;
  readonly labels: number;
  readonly labelNameBytes: number;
  readonly labelValueBytes: number;
  readonly bodyBytes: number;
};

/** One URL to scrape, as its row asks for it. */
export type Target = {
  readonly id: string;
  readonly url: string;
  readonly job: string;
  readonly instance: string;
  /** Labels put on every series of the target beside job and instance. */
  readonly labels: LabelSet;
  readonly intervalMs: number;
  /** Since when it runs, where whoever found it knew. */
  readonly startedMs?: number;
  /** For everything together: all tries, redirects, and the last byte. */
  readonly timeoutMs: number;
  readonly retries: number;
  /** From where it is scraped. */
  readonly network: 'public' | 'vpc';
  readonly headers: Readonly<Record<string, string>>;
  readonly auth?: Auth;
  readonly honorLabels: boolean;
  readonly honorTimestamps: boolean;
  readonly followRedirects: boolean;
  /** What a page is taken for whose own content type says nothing. */
  readonly fallbackType?: string;
  readonly limits: PageLimits;
  /** Absent where there are no rules. */
  readonly metricRelabel?: Relabel;
};

/** A row that could be read: the labels its relabeling began with, and the target it made, unless a rule dropped it. */
export type Discovered = { readonly discovered: LabelSet; readonly target: Target | undefined };

/**
 * Reads one row of the registry, relabeling included. `job` is `default` where the row has none, `instance` the address as it is written, and its port.
 * A timeout above the interval is a mistake; without one it is limits.scrapeTimeoutDefaultMs or the interval, if less.
 */
export const readTargetRow = (input: unknown): Read<Discovered | undefined> => {
  const written = JSON.stringify(input) ?? '';
  if (written.length > limits.targetRowBytes)
    return refused('row', `has ${written.length} characters, the limit is ${limits.targetRowBytes}`);
  const { value: row, rejects } = readRow(targetRow, input);
  if (row === undefined) return { value: undefined, rejects };
  const discovered = discoveredOf(row);
  const { labels, overgrown } = relabeled(row, discovered);
  if (overgrown !== undefined) return refused('relabel', overgrown);
  if (labels === undefined) return { value: { discovered, target: undefined }, rejects: [] };
  const tooMuch = labelsReject([...atLeast(labels), ...labels.filter(([name]) => !name.startsWith('__'))], 'labels');
  if (tooMuch !== undefined) return refused('labels', tooMuch.reason);
  const { value: target, rejects: wrong } = targetOf(row, labels);
  return { value: target && { discovered, target }, rejects: wrong };
};

/** What each series of the target has besides these labels. */
const atLeast = (labels: LabelSet): Label[] => [
  [metricNameLabel, 'up'],
  ...(labelOf(labels, 'instance') === '' ? [['instance', 'host:80'] as const] : []),
];

const relabeled = (
  { relabel }: TargetRow,
  discovered: LabelSet,
): { readonly labels?: LabelSet | undefined; readonly overgrown?: string } => {
  try {
    return { labels: relabel === undefined ? discovered : relabel(discovered) };
  } catch (error) {
    if (error instanceof Overgrown) return { overgrown: error.message };
    throw error;
  }
};

/** The target that a row makes. Undefined without a reject where its rules drop it. */
export const readTarget = (input: unknown): Read<Target | undefined> => {
  const { value, rejects } = readTargetRow(input);
  return { value: value?.target, rejects };
};

const refused = (path: string, reason: string): { value: undefined; rejects: Reject[] } => ({
  value: undefined,
  rejects: [{ code: 'bad_row', place: { path }, reason }],
});

const timeoutOf = ({ timeout, interval }: TargetRow): number =>
  timeout ?? Math.min(interval, limits.scrapeTimeoutDefaultMs);

/** What relabeling begins with (prometheus scrape/target.go, PopulateLabels). The row's labels win over all others. */
const discoveredOf = (row: TargetRow): LabelSet => {
  const { url, address, scheme = 'http', path, job = 'default', instance = '', labels = {}, interval } = row;
  const begun: Label[] = [
    ['job', job],
    ['instance', instance],
    ['__scheme__', url?.protocol.slice(0, -1) ?? scheme],
    ['__address__', url?.host ?? address ?? ''],
    ['__metrics_path__', path ?? url?.pathname ?? '/metrics'],
    ['__scrape_interval__', writeDuration(interval)],
    ['__scrape_timeout__', writeDuration(timeoutOf(row))],
  ];
  for (const [name, [first = '']] of paramsOf(row)) if (/^\w+$/.test(name)) begun.push([`__param_${name}`, first]);
  return labelSetOf([...begun, ...Object.entries(labels)]);
};

/** Those of the URL, and over them those of the row. */
const paramsOf = ({ url, params = {} }: TargetRow): Map<string, readonly string[]> => {
  const all = new Map<string, readonly string[]>();
  for (const name of new Set(url?.searchParams.keys())) all.set(name, url!.searchParams.getAll(name));
  for (const [name, values] of Object.entries(params)) all.set(name, values);
  return all;
};

const targetOf = (row: TargetRow, labels: LabelSet): Read<Target | undefined> => {
  const { value: url, rejects } = urlOf(row, labels);
  if (url === undefined) return { value: undefined, rejects };
  const intervalMs = readDuration(labelOf(labels, '__scrape_interval__'));
  const timeoutMs = readDuration(labelOf(labels, '__scrape_timeout__'));
  if (intervalMs === undefined || intervalMs < limits.scrapeIntervalMinMs || intervalMs > limits.scrapeIntervalMaxMs)
    return refused('relabel', `makes ${JSON.stringify(labelOf(labels, '__scrape_interval__'))} of __scrape_interval__`);
  if (timeoutMs === undefined || timeoutMs <= 0 || timeoutMs > limits.scrapeTimeoutMaxMs)
    return refused('relabel', `makes ${JSON.stringify(labelOf(labels, '__scrape_timeout__'))} of __scrape_timeout__`);
  if (timeoutMs > intervalMs)
    return refused('timeout', `timeout ${timeoutMs / 1_000} s is longer than the interval ${intervalMs / 1_000} s`);
  const job = labelOf(labels, 'job');
  if (job === '') return refused('relabel', 'leaves no job, under which its alarms and series are kept');
  if (isReservedJob(job))
    return refused('relabel', `makes ${JSON.stringify(job)} of job: names that begin with __ are reserved`);
  const { id, network, headers = {}, auth, retries, metric_relabel: metricRelabel } = row;
  const { honor_labels: honorLabels, honor_timestamps: honorTimestamps, follow_redirects: followRedirects } = row;
  const target: Target = {
    id,
    url: url.href,
    job,
    instance: labelOf(labels, 'instance') || withPort(labelOf(labels, '__address__'), url),
    labels: labelSetOf(labels.filter(([name]) => !name.startsWith('__') && name !== 'job' && name !== 'instance')),
    intervalMs,
    timeoutMs,
    retries,
    network,
    headers,
    ...(row.started_at !== undefined && { startedMs: row.started_at }),
    ...(auth && { auth }),
    honorLabels,
    honorTimestamps,
    followRedirects,
    ...(row.fallback_scrape_protocol && { fallbackType: row.fallback_scrape_protocol }),
    limits: {
      samples: row.sample_limit,
      labels: row.label_limit,
      labelNameBytes: row.label_name_length_limit,
      labelValueBytes: row.label_value_length_limit,
      bodyBytes: row.body_size_limit,
    },
    ...(metricRelabel && { metricRelabel }),
  };
  return { value: target, rejects: [] };
};

/** The URL that the labels describe after relabeling. */
const urlOf = (row: TargetRow, labels: LabelSet): Read<URL | undefined> => {
  const scheme = labelOf(labels, '__scheme__');
  const address = labelOf(labels, '__address__');
  if (scheme !== 'http' && scheme !== 'https')
    return refused('relabel', `makes ${JSON.stringify(scheme)} of __scheme__`);
  if (!/^[^\s/?#@\\]+$/.test(address) || !URL.canParse(`${scheme}://${address}/`))
    return refused(
      row.url === undefined ? 'address' : 'relabel',
      `${JSON.stringify(withoutPassword(address))} is no host and port`,
    );
  const url = new URL(`${scheme}://${address}/`);
  // Node takes it for no port, and asks at the scheme's own.
  if (url.port === '0') {
    const place = row.url?.port === '0' ? 'url' : row.url === undefined ? 'address' : 'relabel';
    return refused(place, `${JSON.stringify(address)} has port 0, at which nobody can listen`);
  }
  // Set, not pasted: a ? in a path stays a part of the path.
  url.pathname = labelOf(labels, '__metrics_path__');
  const params = paramsOf(row);
  for (const [name, value] of labels) {
    if (!name.startsWith('__param_')) continue;
    const param = name.slice('__param_'.length);
    params.set(param, [value, ...(params.get(param) ?? []).slice(1)]);
  }
  // A parameter whose label is gone after relabeling keeps its first value, as in Prometheus.
  for (const [name, values] of params) for (const value of values) url.searchParams.append(name, value);
  return { value: url, rejects: [] };
};

/** An address as it is written, with the scheme's port where it has none (prometheus scrape/target.go, PopulateLabels). */
const withPort = (address: string, { protocol }: URL): string =>
  /^(\[[^\]]*\]|[^:]*):\d*$/.test(address) ? address : `${address}:${protocol === 'https:' ? '443' : '80'}`;
