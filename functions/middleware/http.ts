import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { Fault } from '../../core/fault.ts';
import { limits } from '../../core/limits.ts';
import type { Ports } from '../../io/ports.ts';

type HttpMiddleware = MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>;

export const jsonAnswer = (
  statusCode: number,
  body: unknown,
  headers: Record<string, string> = {},
): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
});

export const textAnswer = (
  statusCode: number,
  body: string,
  headers: Record<string, string> = {},
): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
  body,
});

/** Whole seconds, spread evenly over limits.retryAfterMinMs … MaxMs: those refused together do not return together. */
export const retryAfterOf = (chance: number): string =>
  String(Math.round((limits.retryAfterMinMs + chance * (limits.retryAfterMaxMs - limits.retryAfterMinMs)) / 1_000));

/** What a door says in its own protocol where it cannot answer now; `code` names the fault. */
type Unavailable = (code: string) => unknown;

const pushUnavailable: Unavailable = code => ({
  error: 'the collector cannot take this at the moment, please retry',
  code,
});

/**
 * Whatever a door throws becomes 503 with a jittered Retry-After: the one answer that every sender retries (OTLP drops
 * on 500, Prometheus on 429). The cause goes to the log, a bug with its stack, never to the caller.
 */
export const unavailableOnThrow = (
  { chance, log }: Pick<Ports, 'chance' | 'log'>,
  body: Unavailable = pushUnavailable,
  /** The whole answer, where a door speaks in more ways than JSON; its headers are added to. */
  form = (_: APIGatewayProxyEventV2, code: string): APIGatewayProxyStructuredResultV2 => jsonAnswer(503, body(code)),
): HttpMiddleware => ({
  onError: request => {
    const { error, event } = request;
    const code = error instanceof Fault ? error.code : 'bug';
    const stack = code === 'bug' ? { stack: error?.stack ?? '' } : {};
    log.write('error', error?.message ?? 'unknown', { code, path: event.rawPath, ...stack });
    const answer = form(event, code);
    const receipt = { 'x-sluice-receipt': event.requestContext.requestId };
    const headers = { ...receipt, ...answer.headers, 'retry-after': retryAfterOf(chance.next()) };
    request.response = { ...answer, headers };
  },
});

/** The body's bytes as they came, whether the gateway handed them over as text or as base64. */
export const bodyOf = ({ body = '', isBase64Encoded }: APIGatewayProxyEventV2): Uint8Array =>
  Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8');

export const headerOf = ({ headers }: APIGatewayProxyEventV2, name: string): string => headers[name] ?? '';
