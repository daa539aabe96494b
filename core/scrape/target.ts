import * as z from 'zod';
import { type LabelSet, labelSetOf } from '../labels.ts';
import { limits } from '../limits.ts';
import type { Read } from '../reject.ts';
import { durationField, jobField, readRow } from '../row.ts';

/** One URL to scrape, as its row asks for it. */
export type Target = {
  readonly id: string;
  readonly url: string;
  readonly job: string;
  readonly instance: string;
  /** Labels put on every series of the target beside job and instance. */
  readonly labels: LabelSet;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** From where it is scraped. */
  readonly network: 'public' | 'vpc';
};

const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

const url = z.string().transform((text, context) => {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed === undefined || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    context.addIssue({ code: 'custom', message: `expected an http or https URL, found ${JSON.stringify(text)}` });
    return z.NEVER;
  }
  if (parsed.username !== '' || parsed.password !== '') {
    context.addIssue({ code: 'custom', message: 'a URL must not carry a password: rows are not a place for secrets' });
    return z.NEVER;
  }
  // A bare host means its /metrics, as everywhere in the field.
  if (parsed.pathname === '/' && !text.replace(/^[a-z]+:\/\//i, '').includes('/')) parsed.pathname = '/metrics';
  return parsed.href;
});

const row = z.object({
  id: z.string().min(1),
  url,
  job: jobField.optional(),
  instance: z.string().min(1).optional(),
  interval: durationField(limits.scrapeIntervalMinMs, limits.scrapeIntervalMaxMs).default(
    limits.scrapeIntervalDefaultMs,
  ),
  timeout: durationField(100, limits.scrapeTimeoutMaxMs).optional(),
  network: z.enum(['public', 'vpc']).default('public'),
  labels: z
    .record(
      z.string().regex(labelName, 'a label name has letters, digits and underscores and begins with no digit'),
      z.string().max(limits.labelValueBytes),
    )
    .optional(),
});

/**
 * Reads one row of the registry. `job` is `default` where the row has none, `instance` the URL's host and port. A
 * timeout above the interval is a mistake; without one it is limits.scrapeTimeoutDefaultMs or the interval, if less.
 */
export const readTarget = (input: unknown): Read<Target | undefined> => {
  const { value, rejects } = readRow(row, input);
  if (value === undefined) return { value: undefined, rejects };
  const { id, job = 'default', interval, timeout, labels = {} } = value;
  const reserved = Object.keys(labels).find(name => name.startsWith('__') || name === 'job' || name === 'instance');
  if (reserved !== undefined) {
    const reason = `${reserved} cannot be set here: job and instance are attributes of their own, names with __ are reserved`;
    return { value: undefined, rejects: [{ code: 'bad_row', place: { path: `labels.${reserved}` }, reason }] };
  }
  if (timeout !== undefined && timeout > interval) {
    const reason = `timeout ${timeout / 1_000} s is longer than the interval ${interval / 1_000} s`;
    return { value: undefined, rejects: [{ code: 'bad_row', place: { path: 'timeout' }, reason }] };
  }
  const target = {
    id,
    url: value.url,
    job,
    instance: value.instance ?? hostOf(new URL(value.url)),
    labels: labelSetOf(Object.entries(labels)),
    intervalMs: interval,
    network: value.network,
    timeoutMs: timeout ?? Math.min(interval, limits.scrapeTimeoutDefaultMs),
  };
  return { value: target, rejects: [] };
};

const hostOf = ({ hostname, port, protocol }: URL): string =>
  `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;
