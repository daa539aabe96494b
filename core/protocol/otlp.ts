import { mediaTypeOf } from '../exposition/read.ts';
import { WireError } from '../exposition/wire.ts';
import type { Reject } from '../reject.ts';
import { BudgetWire } from './budget-wire.ts';
import { readOtlpJson } from './otlp-json.ts';
import type { ResourceMetrics } from './otlp-model.ts';
import { type Naming, strategies } from './otlp-names.ts';
import { readOtlpProtobuf } from './otlp-protobuf.ts';
import { identityOf, scopeLabels, targetInfo } from './otlp-resource.ts';
import { OtlpSamples } from './otlp-samples.ts';
import { type Protocol, type PushAnswer, type PushRequest, problemsOf, type Reading, Refusals } from './request.ts';
import { Samples } from './samples.ts';

// opentelemetry.io/docs/specs/otlp, OTLP/HTTP.

const protobuf = 'application/x-protobuf';
const json = 'application/json';

/** What an answer is written in: the request's own, JSON where that is neither. */
const isProtobuf = ({ header }: PushRequest): boolean => mediaTypeOf(header('content-type')) === protobuf;

const answerOf = (request: PushRequest, status: number, message: Message): PushAnswer =>
  isProtobuf(request)
    ? { status, headers: { 'content-type': protobuf }, body: message.protobuf }
    : { status, headers: { 'content-type': json }, body: JSON.stringify(message.json) };

type Message = { readonly protobuf: Uint8Array; readonly json: unknown };

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 0x80, ...varint(Math.floor(value / 128))];
const numberField = (field: number, value: number): number[] => (value === 0 ? [] : [field * 8, ...varint(value)]);
const bytesField = (field: number, value: Uint8Array | readonly number[]): number[] => [
  field * 8 + 2,
  ...varint(value.length),
  ...value,
];

/** google.rpc.Status */
const statusMessage = (code: number, message: string): Message => ({
  protobuf: Uint8Array.from([...numberField(1, code), ...bytesField(2, Buffer.from(message))]),
  json: { code, message },
});

/** ExportMetricsServiceResponse: empty where everything was taken. */
const responseMessage = (rejected: number, message: string): Message =>
  rejected === 0 && message === ''
    ? { protobuf: new Uint8Array(), json: {} }
    : {
        protobuf: Uint8Array.from(bytesField(1, [...numberField(1, rejected), ...bytesField(2, Buffer.from(message))])),
        json: { partialSuccess: { rejectedDataPoints: String(rejected), errorMessage: message } },
      };

/** google.rpc.Code */
const codes: Readonly<Record<number, number>> = { 400: 3, 401: 16, 403: 7, 405: 12, 413: 3, 415: 3, 503: 14 };

const namingOf = (query: PushRequest['query']): Naming | undefined => {
  const { translation_strategy: strategy = 'UnderscoreEscapingWithSuffixes', namespace } = query;
  if (!Object.hasOwn(strategies, strategy)) return undefined;
  return { ...strategies[strategy as keyof typeof strategies], ...(namespace !== undefined && { namespace }) };
};

const read = (request: PushRequest, body: Uint8Array): Reading => {
  const refused = (code: string, reason: string, status = 400): Reading => ({
    ok: false,
    status,
    rejects: [{ code, reason }],
  });
  const naming = namingOf(request.query);
  if (naming === undefined)
    return refused('bad_parameter', `translation_strategy is none of ${Object.keys(strategies).join(', ')}`);
  let groups: ResourceMetrics[];
  if (isProtobuf(request)) {
    try {
      groups = readOtlpProtobuf(new BudgetWire(body));
    } catch (error) {
      if (error instanceof WireError) return refused(error.code, `${error.message} (byte ${error.at})`);
      throw error;
    }
  } else {
    const parsed = readOtlpJson(body);
    if ('reject' in parsed) return { ok: false, status: 400, rejects: [parsed.reject] };
    groups = parsed.value;
  }
  const refusals = new Refusals();
  const samples = new Samples();
  takeAll(groups, naming, request, samples, refusals);
  const answer = answerOf(request, 200, responseMessage(refusals.samples, refusals.text));
  return { ok: true, pushed: samples.told, refusedSamples: refusals.samples, rejects: refusals.listed, answer };
};

const takeAll = (
  groups: readonly ResourceMetrics[],
  naming: Naming,
  request: PushRequest,
  samples: Samples,
  refusals: Refusals,
): void => {
  const withScope = request.query['promote_scope_metadata'] === 'true';
  for (const [at, { attributes, scopes }] of groups.entries()) {
    const taking = new OtlpSamples(samples, naming, request, refusals);
    const identity = identityOf(attributes);
    for (const [scopeAt, scope] of scopes.entries()) {
      const labels = withScope ? [...scopeLabels(scope, naming), ...identity] : identity;
      for (const [metricAt, metric] of scope.metrics.entries())
        taking.take(metric, labels, `resourceMetrics[${at}].scopeMetrics[${scopeAt}].metrics[${metricAt}]`);
    }
    for (const sample of targetInfo(attributes, taking.timesMs, naming)) samples.add(sample);
  }
};

/**
 * OTLP over HTTP, as protobuf or JSON. Points that can be taken are, and the answer is 200 also then; partial_success says
 * how many were not, and why. `?translation_strategy=` and `?promote_scope_metadata=true` mean what they mean in Prometheus.
 */
export const otlp: Protocol = {
  name: 'otlp',
  refusedUnread: ({ method, header }): { status: number; reject: Reject } | undefined => {
    if (method !== 'POST')
      return { status: 405, reject: { code: 'method', reason: `${method} is not taken here, use POST` } };
    const contentType = header('content-type');
    if ([protobuf, json].includes(mediaTypeOf(contentType))) return undefined;
    const reason = `content type ${JSON.stringify(contentType)} is not taken here, use ${protobuf} or ${json}`;
    return { status: 415, reject: { code: 'unknown_content_type', reason } };
  },
  read,
  refusal: (request, status, rejects) =>
    answerOf(request, status, statusMessage(codes[status] ?? 2, problemsOf(rejects).join('; '))),
};
