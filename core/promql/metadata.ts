import type { Family } from '../batch.ts';
import type { Read } from '../reject.ts';

/** What /api/v1/metadata is asked for; undefined is everything. */
type WantedMetadata = {
  readonly metric: string | undefined;
  readonly names: number | undefined;
  readonly each: number | undefined;
};

type Described = { readonly type: string; readonly help: string; readonly unit: string };

type Parameters = Readonly<Record<'metric' | 'limit' | 'limit_per_metric', string | undefined>>;

/** The reasons are Prometheus's own error texts (web/api/v1/api.go, metricMetadata). */
export const readWantedMetadata = ({
  metric = '',
  limit = '',
  limit_per_metric = '',
}: Parameters): Read<WantedMetadata | undefined> => {
  const refused = (name: string): Read<undefined> => ({
    value: undefined,
    rejects: [{ code: 'bad_data', reason: `${name} must be a number` }],
  });
  const [names, each] = [limit, limit_per_metric].map(text => (text === '' ? -1 : readInteger(text)));
  if (names === undefined) return refused('limit');
  if (each === undefined) return refused('limit_per_metric');
  return {
    value: {
      metric: metric === '' ? undefined : metric,
      names: names < 0 ? undefined : names,
      each: each <= 0 ? undefined : each,
    },
    rejects: [],
  };
};

/** A whole number as Go's strconv.Atoi takes it. */
const readInteger = (text: string): number | undefined => {
  const number = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(number) ? number : undefined;
};

/** Each name, sorted, with all that is said of it, in the order given. */
export const metadataIn = (
  families: Iterable<Family>,
  { metric, names, each }: WantedMetadata,
): Readonly<Record<string, readonly Described[]>> => {
  const byName = new Map<string, Described[]>();
  for (const { name, type, help = '', unit = '' } of families) {
    if (metric !== undefined && name !== metric) continue;
    const all = byName.get(name) ?? [];
    byName.set(name, all);
    if (each === undefined || all.length < each) all.push({ type, help, unit });
  }
  const sorted = [...byName].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.slice(0, names));
};
