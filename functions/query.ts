import middy from '@middy/core';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { limits } from '../core/limits.ts';
import { errorBody, queryError, resultBody, statusOf, successBody } from '../core/promql/answer.ts';
import { readLimit, readRange, readSpanParameter, readTimeParameter } from '../core/promql/parameters.ts';
import { type Query, readQuery } from '../core/promql/query.ts';
import { EvaluationError, TimedOut } from '../core/promql/result.ts';
import { listAlerts } from './alerts.ts';
import { Answering } from './answering.ts';
import { type Answer, type Asked, given, json, optional, type QueryPorts, Refused, taken } from './asked.ts';
import { labelNames, labelValues, metadata, seriesDoor } from './catalog-doors.ts';
import { federate, remoteRead } from './export-doors.ts';
import { deadline } from './middleware/deadline.ts';
import { bodyOf, headerOf, textAnswer, unavailableOnThrow } from './middleware/http.ts';
import { OverLimit } from './reading.ts';
import { listRules } from './rules-door.ts';
import { knownSources, listAlarms, listSources } from './sources.ts';
import { statusDoors } from './status-doors.ts';
import { tagged } from './tagged.ts';
import { listTargets } from './targets.ts';
import { unitsSince, usedBy } from './units.ts';
import { whoIs } from './who.ts';

/** Series → people: Prometheus's HTTP API. */
export const query = (ports: QueryPorts) => {
  const answering = new Answering(ports);
  const reader = answering.samples;
  const known = knownSources(ports);
  return middy<APIGatewayProxyEventV2, Answer>()
    .use(
      unavailableOnThrow(ports, code =>
        JSON.parse(errorBody('unavailable', `the series cannot be read at the moment: ${code}`)),
      ),
    )
    .handler(
      deadline(ports, event => answer({ ports, answering, reader, parameters: parametersOf(event), event, known })),
    );
};

const answer = async (asked: Asked): Promise<Answer> => {
  const path = asked.event.rawPath;
  const door = Object.hasOwn(doors, path) ? doors[path]! : path.startsWith('/api/v1/label/') ? labelValues : undefined;
  if (door === undefined) return textAnswer(404, `nothing answers at ${path}\n`);
  const who = await whoIs(asked.ports, asked.event, 'read');
  if (!who.isKnown) {
    const refused = json(statusOf.unauthorized, errorBody('unauthorized', who.reject.reason));
    return { ...refused, headers: { ...refused.headers, 'www-authenticate': 'Bearer' } };
  }
  const { series, blocks } = asked.ports;
  const before = usedBy(series, blocks);
  try {
    const { headers, ...rest } = await door(asked);
    // What it took, for whoever wonders what a dashboard costs.
    const { readUnits, gets } = unitsSince(before, usedBy(series, blocks));
    return { ...rest, headers: { ...headers, 'x-sluice-read-units': readUnits, 'x-sluice-object-reads': gets } };
  } catch (error) {
    if (error instanceof Refused) return json(statusOf[error.type], errorBody(error.type, error.message));
    if (error instanceof TimedOut) return json(statusOf.timeout, errorBody('timeout', error.message));
    if (error instanceof OverLimit || error instanceof EvaluationError)
      return json(statusOf.execution, errorBody('execution', error.message));
    throw error;
  }
};

const parametersOf = (event: APIGatewayProxyEventV2): URLSearchParams => {
  const parameters = new URLSearchParams(event.rawQueryString);
  if (headerOf(event, 'content-type').startsWith('application/x-www-form-urlencoded')) {
    for (const [name, value] of new URLSearchParams(Buffer.from(bodyOf(event)).toString('utf8')))
      parameters.append(name, value);
  }
  return parameters;
};

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
  { parameters, answering, ports }: Asked,
  asked: Pick<Query, 'steps' | 'endMs' | 'isInstant'>,
): Promise<Answer> => {
  const timeoutMs = given(readSpanParameter('timeout', optional(parameters, 'timeout'))) ?? limits.queryForMs;
  const untilMs = ports.clock.nowMs() + Math.min(timeoutMs, limits.queryForMs);
  const lookback = optional(parameters, 'lookback_delta');
  const asksBackMs = given(readSpanParameter('lookback_delta', lookback, 'error parsing lookback delta duration'));
  const lookbackMs = asksBackMs !== undefined && asksBackMs > 0 ? asksBackMs : limits.lookbackMs;
  const most = taken(readLimit(optional(parameters, 'limit')));
  const { value: query, rejects } = readQuery(parameters.get('query') ?? '', asked, lookbackMs);
  if (query === undefined) throw new Refused('bad_data', rejects[0] ? queryError(rejects[0]) : 'unreadable');
  const { result, ...remarks } = await answering.answer(
    { ...query, includesOlderEnd: ports.includesOlderEnd },
    most,
    [],
    untilMs,
  );
  return json(200, resultBody(result, remarks));
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
  '/api/v1/series': seriesDoor,
  '/api/v1/labels': labelNames,
  '/api/v1/metadata': metadata,
  '/api/v1/targets': targets,
  // The page's own.
  '/v1/sources': async ({ event, ports, known }) => tagged(event, { sources: await listSources(ports, known) }),
  '/v1/alarms': async ({ event, ports }) => tagged(event, await listAlarms(ports)),
  '/api/v1/alerts': async ({ ports }) => json(200, successBody({ alerts: await listAlerts(ports) })),
  '/api/v1/rules': listRules,
  '/federate': federate,
  '/api/v1/read': remoteRead,
  ...statusDoors,
  '/-/healthy': async () => textAnswer(200, 'Sluice is healthy.\n'),
  '/-/ready': async ({ ports }) => {
    // Whether the table can be reached at all: a name that nobody stores under.
    await ports.series.chunks(['ready']);
    return textAnswer(200, 'Sluice is ready.\n');
  },
};
