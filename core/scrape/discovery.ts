import * as z from 'zod';
import { limits } from '../limits.ts';
import type { Read, Reject } from '../reject.ts';
import { durationField, readRow } from '../row.ts';
import { importTargets, type Row } from './import.ts';
import { isSameRow } from './order.ts';

// Rows of kind http_sd name a URL that lists targets (Prometheus's HTTP SD). What it lists becomes rows of their own, which say
// by whom they were discovered: everything else sees targets, and knows nothing of discovery.

/** One list to look at: where, how often, and what all its targets have in common. */
export type Discovery = {
  readonly id: string;
  readonly url: string;
  readonly refreshMs: number;
  readonly template: Row;
};

const kind = 'http_sd';

const row = z.looseObject({
  id: z.string().min(1).max(limits.urlChars),
  kind: z.literal(kind),
  url: z
    .string()
    .max(limits.urlChars)
    .refine(
      url => URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol) && new URL(url).username === '',
      'expected an http or https URL, without a password in it',
    ),
  // Looked at by the tick, which comes once a minute.
  refresh_interval: durationField(limits.tickMs, limits.scrapeIntervalMaxMs).default(limits.tickMs),
});

export const isDiscovery = (row: Row): boolean => row['kind'] === kind;

export const readDiscovery = (input: Row): Read<Discovery | undefined> => {
  const { value, rejects } = readRow(row, input);
  if (value === undefined) return { value, rejects };
  const {
    id,
    kind: _,
    url,
    refresh_interval: refreshMs,
    problem: _problem,
    checkedAtMs: _checkedAtMs,
    ...template
  } = value;
  return { value: { id, url, refreshMs, template }, rejects: [] };
};

/** Whether a list is looked at by the tick of this minute: always at the same ones, whoever asks. */
export const isDue = ({ refreshMs }: Discovery, nowMs: number): boolean =>
  Math.floor(nowMs / refreshMs) !== Math.floor((nowMs - limits.tickMs) / refreshMs);

/** The rows that a list asks for. Undefined where it is no list; targets that cannot be read are left out, and said. */
export const discoveredRows = (discovery: Discovery, body: Uint8Array): Read<readonly Row[] | undefined> => {
  const { id, url, template } = discovery;
  let list: unknown;
  try {
    list = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return { value: undefined, rejects: [rejectOf('answers no JSON')] };
  }
  if (!Array.isArray(list)) return { value: undefined, rejects: [rejectOf('answers no list')] };
  const { rows, notes } = importTargets(list, { job: 'default', ...template }, { __meta_url: url });
  if (rows.length > limits.discoveredTargets)
    return {
      value: undefined,
      rejects: [rejectOf(`lists ${rows.length} targets, the limit is ${limits.discoveredTargets}`)],
    };
  const own = rows.map(each => ({ ...each, id: `${id}/${each['id']}`, discovered_by: id }));
  return { value: own, rejects: notes.slice(0, limits.rejectsListed).map(rejectOf) };
};

const rejectOf = (reason: string): Reject => ({ code: 'bad_list', reason });

/** Who discovered a row; undefined for one that somebody wrote. */
export const discovererOf = (row: Row): string | undefined =>
  typeof row['discovered_by'] === 'string' ? row['discovered_by'] : undefined;

/** What makes the rows there are those there should be: each change once, none where nothing changed. */
export const changesTo = (
  there: readonly Row[],
  wanted: readonly Row[],
): { readonly puts: readonly Row[]; readonly removes: readonly string[] } => {
  const before = new Map(there.map(each => [String(each['id']), each]));
  const ids = new Set(wanted.map(each => String(each['id'])));
  return {
    puts: wanted.filter(each => {
      const was = before.get(String(each['id']));
      return was === undefined || !isSameRow(was, each);
    }),
    removes: [...before.keys()].filter(id => !ids.has(id)),
  };
};
