import type { LabelSet } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { seriesBody, successBody } from '../core/promql/answer.ts';
import { labelNamesIn, labelValuesIn, readLabelName, seriesIn } from '../core/promql/catalog.ts';
import { metadataIn, readWantedMetadata } from '../core/promql/metadata.ts';
import { inParameter, readLimit, readTimeParameter } from '../core/promql/parameters.ts';
import { type Answer, type Asked, json, matchesIn, optional, Refused, taken } from './asked.ts';
import { textAnswer } from './middleware/http.ts';
import { wantedBy } from './wanted.ts';

// What there is: series, the names and values of their labels, what producers said of their metrics.

type Found = { readonly sets: LabelSet[]; readonly warnings: readonly string[] };

/** The label sets that any `match[]` selects in the span asked for; without `match[]` all, where that is allowed. */
const setsIn = async ({ parameters, reader, ports }: Asked, matchIsRequired: boolean): Promise<Found> => {
  const nowMs = ports.clock.nowMs();
  const oldestMs = nowMs - ports.retention.rawMs;
  const startMs = taken(readTimeParameter('start', optional(parameters, 'start'), oldestMs));
  const endMs = taken(readTimeParameter('end', optional(parameters, 'end'), nowMs));
  if (endMs < startMs) throw new Refused('bad_data', inParameter('end', 'end timestamp must not be before start time'));
  const matches = matchesIn(parameters);
  if (matchIsRequired && matches.length === 0) throw new Refused('bad_data', 'no match[] parameter provided');
  // Nothing is kept before the retention, nor accepted far ahead.
  const toMs = Math.min(endMs, nowMs + limits.timestampAheadMs);
  const fromMs = Math.max(startMs, oldestMs);
  const nearMs = Math.max(fromMs, toMs - limits.querySpanMs);
  const found = await reader.find(matches.length === 0 ? { matches: () => true } : wantedBy(matches), nearMs, toMs);
  const days = limits.querySpanMs / limits.catalogSpanMs;
  return {
    sets: found.flatMap(({ sets }) => sets),
    warnings: nearMs > fromMs ? [`only the last ${days} days of the time asked for were looked at`] : [],
  };
};

/** The first ones where `limit` asks for fewer than there are, which is said. */
const limited = <T>({ parameters }: Asked, all: readonly T[], { warnings }: Found) => {
  const most = taken(readLimit(optional(parameters, 'limit')));
  if (all.length <= most) return { some: all, remarks: { warnings } };
  return { some: all.slice(0, most), remarks: { warnings: [...warnings, 'results truncated due to limit'] } };
};

export const seriesDoor = async (asked: Asked): Promise<Answer> => {
  const found = await setsIn(asked, true);
  const { some, remarks } = limited(asked, seriesIn(found.sets), found);
  return json(200, seriesBody(some, remarks));
};

export const labelNames = async (asked: Asked): Promise<Answer> => {
  const found = await setsIn(asked, false);
  const { some, remarks } = limited(asked, labelNamesIn(found.sets), found);
  return json(200, successBody(some, remarks));
};

export const labelValues = async (asked: Asked): Promise<Answer> => {
  if (asked.event.requestContext.http.method !== 'GET') return textAnswer(405, 'use GET\n');
  const name = taken(readLabelName(asked.event.pathParameters?.['name'] ?? ''));
  const found = await setsIn(asked, false);
  const { some, remarks } = limited(asked, labelValuesIn(found.sets, name), found);
  return json(200, successBody(some, remarks));
};

export const metadata = async ({ parameters, ports }: Asked): Promise<Answer> => {
  const [metric, limit, limit_per_metric] = ['metric', 'limit', 'limit_per_metric'].map(name =>
    optional(parameters, name),
  );
  const wanted = taken(readWantedMetadata({ metric, limit, limit_per_metric }));
  return json(200, successBody(metadataIn(await ports.families.all(), wanted)));
};
