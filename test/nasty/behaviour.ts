import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** One way to answer a scrape, and what must come of it. */
export type Behaviour = {
  readonly name: string;
  readonly serve: (response: ServerResponse, socket: Socket) => void;
  /** What the target's row asks for besides; Prometheus's names, so that its configuration says the same. */
  readonly row?: Readonly<Record<string, unknown>>;
  /** The reason why it is down; up where there is none. */
  readonly reason?: string;
  /** Everything stored of the page, as `name{labels} value`, without job and instance; times as `@` and their distance in seconds. */
  readonly stored?: readonly string[];
  /** What Prometheus 2.42 does otherwise, and why it is not done here. */
  readonly otherwise?: string;
};

export const text = 'text/plain; version=0.0.4; charset=utf-8';
export const openMetrics = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

type Headers = Readonly<Record<string, string | number>>;

/** A page, told apart from what is wrong with it. */
export const page =
  (body: string | Uint8Array, headers: Headers = {}, status = 200): Behaviour['serve'] =>
  response => {
    response.writeHead(status, { 'content-type': text, ...headers }).end(body);
  };

/** Bytes as they are, then the end of the connection. */
export const raw =
  (...parts: readonly (string | Uint8Array)[]): Behaviour['serve'] =>
  (_, socket) => {
    for (const part of parts) socket.write(part);
    socket.end();
  };

/** Bytes as they are, and the connection stays. */
export const open =
  (...parts: readonly (string | Uint8Array)[]): Behaviour['serve'] =>
  (_, socket) => {
    for (const part of parts) socket.write(part);
  };
