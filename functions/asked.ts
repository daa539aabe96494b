import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { HeartbeatKey } from '../core/heartbeat/heartbeat.ts';
import { limits } from '../core/limits.ts';
import { type ErrorType, errorBody, expressionError, statusOf } from '../core/promql/answer.ts';
import type { Matcher } from '../core/promql/matchers.ts';
import { readSeriesSelector } from '../core/promql/selector.ts';
import type { Read } from '../core/reject.ts';
import type { Ports } from '../io/ports.ts';
import type { Answering } from './answering.ts';
import type { SeriesReader } from './reading.ts';

export type QueryPorts = Pick<
  Ports,
  | 'clock'
  | 'chance'
  | 'log'
  | 'keys'
  | 'history'
  | 'series'
  | 'blocks'
  | 'families'
  | 'rules'
  | 'retention'
  | 'includesOlderEnd'
  | 'targets'
  | 'heartbeats'
>;
export type Answer = APIGatewayProxyStructuredResultV2;

/** The question as the doors see it: parameters of the address and of a form alike. */
export type Asked = {
  readonly ports: QueryPorts;
  readonly answering: Answering;
  readonly reader: SeriesReader;
  readonly parameters: URLSearchParams;
  readonly event: APIGatewayProxyEventV2;
  /** Sources that had series today or yesterday. */
  readonly known: () => Promise<readonly HeartbeatKey[]>;
};

/** A question that cannot be answered as it was put; Prometheus's type and text. */
export class Refused extends Error {
  readonly type: ErrorType;

  constructor(type: ErrorType, reason: string) {
    super(reason);
    this.type = type;
  }
}

export const json = (statusCode: number, body: string): Answer => {
  if (Buffer.byteLength(body) > limits.answerBytes) {
    const reason = `the answer has ${Buffer.byteLength(body)} bytes, the limit is ${limits.answerBytes}: ask for fewer series or a longer step`;
    return json(statusOf.execution, errorBody('execution', reason));
  }
  return { statusCode, headers: { 'content-type': 'application/json' }, body };
};

/** The value of a good read; its first reject becomes the refusal. */
export const taken = <T>({ value, rejects }: Read<T | undefined>): T => {
  if (value === undefined) throw new Refused('bad_data', rejects[0]?.reason ?? 'unreadable');
  return value;
};

/** A parameter that may be absent; its first reject becomes the refusal. */
export const given = <T>({ value, rejects }: Read<T | undefined>): T | undefined => {
  if (rejects[0] !== undefined) throw new Refused('bad_data', rejects[0].reason);
  return value;
};

export const optional = (parameters: URLSearchParams, name: string): string | undefined =>
  parameters.get(name) ?? undefined;

/** The selectors in `match[]`. */
export const matchesIn = (parameters: URLSearchParams): (readonly Matcher[])[] =>
  parameters.getAll('match[]').map((text): readonly Matcher[] => {
    const { value, rejects } = readSeriesSelector(text);
    if (value === undefined)
      throw new Refused('bad_data', rejects[0] ? expressionError('match[]', rejects[0]) : 'unreadable');
    return value;
  });
