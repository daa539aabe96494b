import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { LabelSet } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import {
  type ErrorType,
  errorBody,
  expressionError,
  matrixBody,
  seriesBody,
  statusOf,
  successBody,
  vectorBody,
} from '../core/promql/answer.ts';
import { labelNamesIn, labelValuesIn, readLabelName, seriesIn } from '../core/promql/catalog.ts';
import { instantAt, neededSpan, overRange, type Range } from '../core/promql/evaluate.ts';
import { type Matcher, selects } from '../core/promql/matchers.ts';
import { metadataIn, readWantedMetadata } from '../core/promql/metadata.ts';
import { inParameter, readRange, readTimeParameter } from '../core/promql/parameters.ts';
import { readSelector, readSeriesSelector, type Selector } from '../core/promql/selector.ts';
import type { Read } from '../core/reject.ts';
import type { Ports } from '../io/ports.ts';
import { deadline } from './middleware/deadline.ts';
import { bodyOf, headerOf, textAnswer, unavailableOnThrow } from './middleware/http.ts';
import { OverLimit, SeriesReader } from './reading.ts';
import { listTargets } from './targets.ts';

type QueryPorts = Pick<Ports, 'clock' | 'chance' | 'log' | 'series' | 'families' | 'targets' | 'heartbeats'>;
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

/** Series → people: the part of Prometheus's HTTP API that needs no more than selectors. */
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
  try {
    return await door(asked);
  } catch (error) {
    if (error instanceof Refused) return json(statusOf[error.type], errorBody(error.type, error.message));
    if (error instanceof OverLimit) return json(statusOf.execution, errorBody('execution', error.message));
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

const selectorIn = ({ parameters }: Asked): Selector => {
  const { value, rejects } = readSelector(parameters.get('query') ?? '');
  if (value === undefined)
    throw new Refused('bad_data', rejects[0] ? expressionError('query', rejects[0]) : 'unreadable');
  return value;
};

const optional = (parameters: URLSearchParams, name: string): string | undefined => parameters.get(name) ?? undefined;

/** A day takes reads whether or not anything is there: nobody may ask for thousands of them. */
const spanWithin = (fromMs: number, toMs: number): void => {
  if (toMs - fromMs <= limits.querySpanMs) return;
  throw new Refused(
    'execution',
    `the query covers ${Math.ceil((toMs - fromMs) / 86_400_000)} days, the limit is ${limits.querySpanMs / 86_400_000}`,
  );
};

const instant = async (asked: Asked): Promise<Answer> => {
  const selector = selectorIn(asked);
  const atMs = taken(readTimeParameter('time', optional(asked.parameters, 'time'), asked.ports.clock.nowMs()));
  const { fromMs, toMs } = neededSpan(selector, { startMs: atMs, endMs: atMs }, limits.lookbackMs);
  const { series, warnings } = await asked.reader.read(labels => selects(selector.matchers, labels), fromMs, toMs);
  return json(200, vectorBody(instantAt(series, atMs, limits.lookbackMs, selector), warnings));
};

const range = async (asked: Asked): Promise<Answer> => {
  const { parameters } = asked;
  const wanted: Range = taken(
    readRange({
      start: optional(parameters, 'start'),
      end: optional(parameters, 'end'),
      step: optional(parameters, 'step'),
    }),
  );
  const selector = selectorIn(asked);
  const { fromMs, toMs } = neededSpan(selector, wanted, limits.lookbackMs);
  spanWithin(fromMs, toMs);
  const { series, warnings } = await asked.reader.read(labels => selects(selector.matchers, labels), fromMs, toMs);
  return json(200, matrixBody(overRange(series, wanted, limits.lookbackMs, selector), warnings));
};

/** The label sets that any `match[]` selects in the span asked for; without `match[]` all, where that is allowed. */
const setsIn = async ({ parameters, reader, ports }: Asked, matchIsRequired: boolean): Promise<LabelSet[]> => {
  const nowMs = ports.clock.nowMs();
  const oldestMs = nowMs - limits.rawRetentionMs;
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
  const wanted = (labels: LabelSet): boolean =>
    matches.length === 0 || matches.some(matchers => selects(matchers, labels));
  // Nothing is kept before the retention, nor accepted far ahead.
  const found = await reader.find(
    wanted,
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
