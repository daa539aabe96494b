import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { Complaint } from './complaint.ts';
import type { Invoke } from './functions.ts';
import { account } from './resolver.ts';
import { type Match, matchRoute, type Route } from './routes.ts';

/** API Gateway's own limit on a request. */
const mostBytes = 10 * 1024 * 1024;

/** Content types an HTTP API hands over as text; everything else is base64. */
const isText = (contentType: string): boolean => /^(text\/|application\/(json|xml|javascript))/i.test(contentType);

/** Where a route leads, and whether IAM lets in: on one's own machine one is who one is. */
export type Door = { readonly invoke: Invoke; readonly isIam: boolean };

/** The HTTP APIs of the template on a local port: payload format 2.0 in, API Gateway's own answers where nobody answers. */
export class Gateway {
  readonly #server: Server;
  readonly #print: (line: string) => void;
  routes: readonly Route<Door>[] = [];

  constructor(print: (line: string) => void) {
    this.#print = print;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: Error) => {
        this.#print(`gateway: ${error.message}`);
        if (!response.headersSent) reply(response, 500, { message: 'Internal Server Error' });
        else response.destroy();
      });
    });
  }

  /** Listens on loopback; answers the address. */
  listen(port: number): Promise<string> {
    return new Promise((done, failed) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) =>
        failed(
          error.code === 'EADDRINUSE' || error.code === 'EACCES'
            ? new Complaint(
                error.code === 'EADDRINUSE'
                  ? `port ${port} is in use: stop what listens there, or choose another with SLUICE_PORT=9641 npm start`
                  : `port ${port} may not be opened by this user: choose another with SLUICE_PORT=9641 npm start`,
              )
            : error,
        ),
      );
      this.#server.listen(port, '127.0.0.1', () => {
        const address = this.#server.address();
        done(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : port}`);
      });
    });
  }

  stop(): Promise<void> {
    return new Promise(done => {
      this.#server.close(() => done());
      this.#server.closeIdleConnections();
      setTimeout(() => this.#server.closeAllConnections(), 5_000).unref();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const match = matchRoute(this.routes, request.method ?? 'GET', url.pathname);
    if (match === undefined) return reply(response, 404, { message: 'Not Found' });
    const body = await bodyOf(request);
    if (body === undefined) {
      // The rest of the body is not read: the connection cannot be used again.
      response.setHeader('connection', 'close');
      return reply(response, 413, { message: 'Request Entity Too Large' });
    }
    let result: unknown;
    try {
      result = await match.route.target.invoke(eventOf(request, url, match, body));
    } catch (error) {
      this.#print(`invocation failed: ${(error as Error).message}`);
      // What an HTTP API says of a function that crashed or timed out.
      return reply(response, /timed out/.test((error as Error).message) ? 503 : 500, {
        message: 'Internal Server Error',
      });
    }
    send(response, result, request.method === 'HEAD');
  }
}

/** What API Gateway's IAM authorizer says of whom it let in. */
const localUser = {
  accessKey: 'local',
  accountId: account,
  callerId: 'local',
  userArn: `arn:aws:iam::${account}:user/local`,
  userId: 'local',
};

/** Undefined where it is over API Gateway's limit. */
const bodyOf = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const eventOf = (
  request: IncomingMessage,
  url: URL,
  { route, parameters }: Match<Door>,
  body: Buffer,
): APIGatewayProxyEventV2 => {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && name !== 'cookie') headers[name] = Array.isArray(value) ? value.join(',') : value;
  }
  const query: Record<string, string> = {};
  for (const [name, value] of url.searchParams)
    query[name] = Object.hasOwn(query, name) ? `${query[name]},${value}` : value;
  const text = isText(headers['content-type'] ?? '') && headers['content-encoding'] === undefined;
  const atMs = Date.now();
  return {
    version: '2.0',
    routeKey: route.key,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    ...(request.headers.cookie !== undefined && { cookies: request.headers.cookie.split('; ') }),
    headers,
    ...(Object.keys(query).length > 0 && { queryStringParameters: query }),
    ...(Object.keys(parameters).length > 0 && { pathParameters: parameters }),
    requestContext: {
      accountId: account,
      apiId: 'local',
      ...(route.target.isIam && { authorizer: { iam: localUser } }),
      domainName: '127.0.0.1',
      domainPrefix: 'local',
      http: {
        method: request.method ?? 'GET',
        path: url.pathname,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: randomUUID(),
      routeKey: route.key,
      stage: '$default',
      time: new Date(atMs).toISOString(),
      timeEpoch: atMs,
    },
    ...(body.length > 0 && { body: text ? body.toString('utf8') : body.toString('base64') }),
    isBase64Encoded: body.length > 0 && !text,
  };
};

/** An answer with a status code is meant literally; anything else becomes the JSON body of a 200. */
const send = (response: ServerResponse, result: unknown, isHead: boolean): void => {
  const answer: APIGatewayProxyStructuredResultV2 =
    typeof result === 'object' && result !== null && 'statusCode' in result
      ? (result as APIGatewayProxyStructuredResultV2)
      : {
          statusCode: 200,
          headers: { 'content-type': 'application/json' },
          body: typeof result === 'string' ? result : JSON.stringify(result ?? null),
        };
  const body = Buffer.from(answer.body ?? '', answer.isBase64Encoded ? 'base64' : 'utf8');
  response.statusCode = answer.statusCode ?? 200;
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, String(value));
  if (answer.cookies !== undefined) response.setHeader('set-cookie', answer.cookies);
  if (response.statusCode !== 204) response.setHeader('content-length', body.length);
  response.end(isHead || response.statusCode === 204 ? undefined : body);
};

const reply = (response: ServerResponse, statusCode: number, body: unknown): void =>
  send(response, { statusCode, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }, false);
