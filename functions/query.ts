import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { LabelSet } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import {
  type ErrorType,
  errorBody,
  expressionError,
  queryError,
  resultBody,
  seriesBody,
  statusOf,
  successBody,
} from '../core/promql/answer.ts';
import { labelNamesIn, labelValuesIn, readLabelName, seriesIn } from '../core/promql/catalog.ts';
import { exemplarsBody, readSelectors } from '../core/promql/exemplars.ts';
import type { Matcher } from '../core/promql/matchers.ts';
import { metadataIn, readWantedMetadata } from '../core/promql/metadata.ts';
import { inParameter, readLimit, readRange, readSpanParameter, readTimeParameter } from '../core/promql/parameters.ts';
import { type Query, readQuery } from '../core/promql/query.ts';
import { EvaluationError } from '../core/promql/result.ts';
import { readSeriesSelector } from '../core/promql/selector.ts';
import type { Read } from '../core/reject.ts';
import type { Ports } from '../io/ports.ts';
import { answerOf } from './answering.ts';
import { readExemplars } from './exemplars.ts';
import { deadline } from './middleware/deadline.ts';
import { bodyOf, headerOf, textAnswer, unavailableOnThrow } from './middleware/http.ts';
import { OverLimit, SeriesReader } from './reading.ts';
import { listTargets } from './targets.ts';
import { unitsSince, usedBy } from './units.ts';
import { wantedBy } from './wanted.ts';

type QueryPorts = Pick<
  Ports,
  'clock' | 'chance' | 'log' | 'series' | 'blocks' | 'families' | 'exemplars' | 'retention' | 'targets' | 'heartbeats'
>;
type Answer = APIGatewayProxyStructuredResultV2;

/** The question as the handlers see it: parameters of the address and of a form alike. */
type Asked = {
  readonly ports: QueryPorts;
  readonly reader: SeriesReader;
  readonly parameters: URLSearchParams;
  readonly event: APIGatewayProxyEventV2;
};

/** A question that cannot be answered as it was put; Prometheus's type and text. */
class Refused extends Error {
  readonly type: ErrorType;

  constructor(type: ErrorType, reason: string) {
    super(reason);
    this.type = type;
  }
}

/** Series → people: Prometheus's HTTP API. */
export const query = (ports: QueryPorts) => {
  const reader = new SeriesReader(ports);
  return middy<APIGatewayProxyEventV2, Answer>()
    .use(
      unavailableOnThrow(ports, code =>
        JSON.parse(errorBody('unavailable', `the series cannot be read at the moment: ${code}`)),
      ),
    )
    .handler(deadline(ports, event => answer({ ports, reader, parameters: parametersOf(event), event })));
};

const answer = async (asked: Asked): Promise<Answer> => {
  const path = asked.event.rawPath;
  const door = Object.hasOwn(doors, path) ? doors[path]! : path.startsWith('/api/v1/label/') ? labelValues : undefined;
  if (door === undefined) return textAnswer(404, `nothing answers at ${path}\n`);
  const { series, blocks } = asked.ports;
  const before = usedBy(series, blocks);
  try {
    const { headers, ...rest } = await door(asked);
    // What it took, for whoever wonders what a dashboard costs.
    const { readUnits, gets } = unitsSince(before, usedBy(series, blocks));
    return { ...rest, headers: { ...headers, 'x-sluice-read-units': readUnits, 'x-sluice-object-reads': gets } };
  } catch (error) {
    if (error instanceof Refused) return json(statusOf[error.type], errorBody(error.type, error.message));
    if (error instanceof OverLimit || error instanceof EvaluationError)
      return json(statusOf.execution, errorBody('execution', error.message));
    throw error;
  }
};

const json = (statusCode: number, body: string): Answer => {
  if (Buffer.byteLength(body) > limits.answerBytes) {
    const reason = `the answer has ${Buffer.byteLength(body)} bytes, the limit is ${limits.answerBytes}: ask for fewer series or a longer step`;
    return json(statusOf.execution, errorBody('execution', reason));
  }
  return { statusCode, headers: { 'content-type': 'application/json' }, body };
};

const parametersOf = (event: APIGatewayProxyEventV2): URLSearchParams => {
  const parameters = new URLSearchParams(event.rawQueryString);
  if (headerOf(event, 'content-type').startsWith('application/x-www-form-urlencoded')) {
    for (const [name, value] of new URLSearchParams(Buffer.from(bodyOf(event)).toString('utf8')))
      parameters.append(name, value);
  }
  return parameters;
};

/** The value of a good read; its first reject becomes the refusal. */
const taken = <T>({ value, rejects }: Read<T | undefined>): T => {
  if (value === undefined) throw new Refused('bad_data', rejects[0]?.reason ?? 'unreadable');
  return value;
};

/** A parameter that may be absent; its first reject becomes the refusal. */
const given = <T>({ value, rejects }: Read<T | undefined>): T | undefined => {
  if (rejects[0] !== undefined) throw new Refused('bad_data', rejects[0].reason);
  return value;
};

const optional = (parameters: URLSearchParams, name: string): string | undefined => parameters.get(name) ?? undefined;

const instant = async (asked: Asked): Promise<Answer> => {
  const { parameters, ports } = asked;
  const atMs = taken(readTimeParameter('time', optional(parameters, 'time'), ports.clock.nowMs()));
  return evaluated(asked, { steps: { startMs: atMs, stepMs: 1, count: 1 }, endMs: atMs, isInstant: true });
};

const range = async (asked: Asked): Promise<Answer> => {
  const { parameters } = asked;
  const [start, end, step] = ['start', 'end', 'step'].map(name => optional(parameters, name));
  return evaluated(asked, { ...taken(readRange({ start, end, step })), isInstant: false });
};

/** The query's answer at these instants. */
const evaluated = async (
  { parameters, reader }: Asked,
  asked: Pick<Query, 'steps' | 'endMs' | 'isInstant'>,
): Promise<Answer> => {
  given(readSpanParameter('timeout', optional(parameters, 'timeout')));
  const lookback = optional(parameters, 'lookback_delta');
  const asksBackMs = given(readSpanParameter('lookback_delta', lookback, 'error parsing lookback delta duration'));
  const lookbackMs = asksBackMs !== undefined && asksBackMs > 0 ? asksBackMs : limits.lookbackMs;
  const most = taken(readLimit(optional(parameters, 'limit')));
  const { value: query, rejects } = readQuery(parameters.get('query') ?? '', asked, lookbackMs);
  if (query === undefined) throw new Refused('bad_data', rejects[0] ? queryError(rejects[0]) : 'unreadable');
  const { result, warnings } = await answerOf(query, most, reader);
  return json(200, resultBody(result, { warnings }));
};

/** The label sets that any `match[]` selects in the span asked for; without `match[]` all, where that is allowed. */
const setsIn = async ({ parameters, reader, ports }: Asked, matchIsRequired: boolean): Promise<LabelSet[]> => {
  const nowMs = ports.clock.nowMs();
  const oldestMs = nowMs - ports.retention.rawMs;
  const startMs = taken(readTimeParameter('start', optional(parameters, 'start'), oldestMs));
  const endMs = taken(readTimeParameter('end', optional(parameters, 'end'), nowMs));
  if (endMs < startMs) throw new Refused('bad_data', inParameter('end', 'end timestamp must not be before start time'));
  const texts = parameters.getAll('match[]');
  if (matchIsRequired && texts.length === 0) throw new Refused('bad_data', 'no match[] parameter provided');
  const matches = texts.map((text): readonly Matcher[] => {
    const { value, rejects } = readSeriesSelector(text);
    if (value === undefined)
      throw new Refused('bad_data', rejects[0] ? expressionError('match[]', rejects[0]) : 'unreadable');
    return value;
  });
  // Nothing is kept before the retention, nor accepted far ahead.
  const found = await reader.find(
    matches.length === 0 ? { matches: () => true } : wantedBy(matches),
    Math.max(startMs, oldestMs),
    Math.min(endMs, nowMs + limits.timestampAheadMs),
  );
  return found.flatMap(({ sets }) => sets);
};

const labelValues = async (asked: Asked): Promise<Answer> => {
  const name = taken(readLabelName(asked.event.pathParameters?.['name'] ?? ''));
  return json(200, successBody(labelValuesIn(await setsIn(asked, false), name)));
};

const metadata = async ({ parameters, ports }: Asked): Promise<Answer> => {
  const [metric, limit, limit_per_metric] = ['metric', 'limit', 'limit_per_metric'].map(name =>
    optional(parameters, name),
  );
  const wanted = taken(readWantedMetadata({ metric, limit, limit_per_metric }));
  return json(200, successBody(metadataIn(await ports.families.all(), wanted)));
};

const exemplars = async ({ parameters, ports, reader }: Asked): Promise<Answer> => {
  const startMs = taken(readTimeParameter('start', optional(parameters, 'start'), Number.MIN_SAFE_INTEGER));
  const endMs = taken(readTimeParameter('end', optional(parameters, 'end'), Number.MAX_SAFE_INTEGER));
  if (endMs < startMs) throw new Refused('bad_data', 'end timestamp must not be before start timestamp');
  const selectors = taken(readSelectors(parameters.get('query') ?? ''));
  // As Prometheus says it of an expression without any series.
  if (selectors.length === 0) return json(200, '{"status":"success"}');
  return json(200, successBody(exemplarsBody(await readExemplars(ports, reader, selectors, startMs, endMs))));
};

const targets = async ({ parameters, ports, reader }: Asked): Promise<Answer> =>
  json(
    200,
    successBody(
      await listTargets(ports, reader, optional(parameters, 'state') ?? 'any', optional(parameters, 'scrapePool')),
    ),
  );

const doors: Readonly<Record<string, (asked: Asked) => Promise<Answer>>> = {
  '/api/v1/query': instant,
  '/api/v1/query_range': range,
  '/api/v1/series': async asked => json(200, seriesBody(seriesIn(await setsIn(asked, true)))),
  '/api/v1/labels': async asked => json(200, successBody(labelNamesIn(await setsIn(asked, false)))),
  '/api/v1/metadata': metadata,
  '/api/v1/query_exemplars': exemplars,
  '/api/v1/targets': targets,
  // Grafana asks which Prometheus it talks to; 2.24 is the first with the API that is spoken here.
  '/api/v1/status/buildinfo': async () =>
    json(
      200,
      successBody({ version: '2.24.0', revision: 'sluice', branch: '', buildUser: '', buildDate: '', goVersion: '' }),
    ),
  '/-/healthy': async () => textAnswer(200, 'Sluice is healthy.\n'),
  '/-/ready': async ({ ports }) => {
    // Whether the table can be reached at all: a name that nobody stores under.
    await ports.series.chunks(['ready']);
    return textAnswer(200, 'Sluice is ready.\n');
  },
  '/': async () => textAnswer(200, 'Sluice collects metrics. Push to /v1/push, read at /api/v1/query.\n'),
};
