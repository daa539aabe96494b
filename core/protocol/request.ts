import { limits } from '../limits.ts';
import { type Reject, textOfReject } from '../reject.ts';
import type { Pushed } from './pushed.ts';

/** A push as the door hands it on, whatever protocol it is in. */
export type PushRequest = {
  readonly method: string;
  /** As it came, escapes and all. */
  readonly path: string;
  /** Parameters of the address, decoded. */
  readonly query: Readonly<Record<string, string | undefined>>;
  /** By its name in lower case; empty where there is none. */
  readonly header: (name: string) => string;
  readonly acceptedAtMs: number;
  /** How old samples may be where the protocol brings what could not be sent before. */
  readonly backfillMs: number;
  /** What API Gateway calls this push, and its receipt begins with. */
  readonly receipt: string;
};

/** When a push was accepted, and how old its samples may be. */
export type Accepted = Pick<PushRequest, 'acceptedAtMs' | 'backfillMs'>;

/** What goes back: bytes where a protocol answers in bytes. */
export type PushAnswer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Whether the body is an object of JSON that tells the receipt, which is whole only once everything is queued. */
  readonly tellsReceipt?: true;
};

/**
 * What a protocol made of a push. `answer` is said once everything in `pushed` is safely queued, and says what of the push
 * was not taken; where nothing is taken the status and the rejects are said in the protocol's own form.
 */
export type Reading =
  | {
      readonly ok: true;
      readonly pushed: Pushed;
      readonly refusedSamples: number;
      /** Why they were refused. */
      readonly rejects?: readonly Reject[];
      readonly answer: PushAnswer;
    }
  | { readonly ok: false; readonly status: number; readonly rejects: readonly Reject[] };

/** Names by which keys are scoped. */
export const protocolNames = [
  'push',
  'pushgateway',
  'remote-write',
  'otlp',
  'statsd',
  'influx',
  'graphite',
  'datadog',
  'firehose',
] as const;
export type ProtocolName = (typeof protocolNames)[number];

export type Protocol = {
  readonly name: ProtocolName;
  /** What may be refused before the body is looked at: a method, a content type. */
  readonly refusedUnread?: (request: PushRequest) => { readonly status: number; readonly reject: Reject } | undefined;
  /** Where an address is written otherwise than its own servers would take it, the one they send their clients to. */
  readonly movedTo?: (path: string) => { readonly status: number; readonly path: string } | undefined;
  /** Content-Encodings it takes where not all; the first one is meant where none is named. */
  readonly encodings?: readonly string[];
  readonly read: (request: PushRequest, body: Uint8Array) => Reading;
  /** A refusal in the protocol's own form: of a push, of a key, or of everything because the collector cannot. */
  readonly refusal: (request: PushRequest, status: number, rejects: readonly Reject[]) => PushAnswer;
};

/** Some rejects as lines for a person, and how many more there are. */
export const problemsOf = (rejects: readonly Reject[], total = rejects.length): string[] => {
  const listed = rejects.slice(0, limits.rejectsListed).map(textOfReject);
  return total > listed.length ? [...listed, `and ${total - listed.length} more`] : listed;
};

/** What is wrong with a push: the first rejects as they are, and of the others how many samples they cost. */
export class Refusals {
  readonly listed: Reject[] = [];
  /** Samples that were refused. */
  samples = 0;
  /** Rejects, those that are not listed included. */
  count = 0;

  add(reject: Reject, samples = 1): undefined {
    this.count += 1;
    this.samples += samples;
    if (this.listed.length < limits.rejectsListed) this.listed.push(reject);
  }

  get text(): string {
    return problemsOf(this.listed, this.count).join('; ');
  }
}

export const jsonOf = (status: number, body: unknown): PushAnswer => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** The answer with the whole receipt in its body, where that tells it. */
export const withReceipt = (answer: PushAnswer, receipt: string): PushAnswer =>
  answer.tellsReceipt && typeof answer.body === 'string'
    ? { ...answer, body: JSON.stringify({ ...(JSON.parse(answer.body) as object), receipt }) }
    : answer;

export const plainOf = (status: number, body: string): PushAnswer => ({
  status,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
  body,
});
