import { gunzipSync } from 'node:zlib';
import { WireError } from '../exposition/wire.ts';
import { limits } from '../limits.ts';
import type { Reject } from '../reject.ts';
import { BudgetWire } from './budget-wire.ts';
import { takeDocument } from './cloudwatch.ts';
import { isFields, isText, parsedJson, shown } from './json-fields.ts';
import { forcedSource } from './lines.ts';
import { strategies } from './otlp-names.ts';
import { readOtlpProtobuf } from './otlp-protobuf.ts';
import { identityOf } from './otlp-resource.ts';
import { OtlpSamples } from './otlp-samples.ts';
import {
  type Accepted,
  jsonOf,
  type Protocol,
  type PushAnswer,
  type PushRequest,
  problemsOf,
  type Reading,
  Refusals,
} from './request.ts';
import { Samples } from './samples.ts';

// docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html: every answer repeats the request's id; all but 200
// is a failure, which is tried again and ends in the stream's backup bucket.

const requestIdOf = ({ header }: PushRequest): string => header('x-amz-firehose-request-id');

const answerOf = (request: PushRequest, status: number, errorMessage?: string): PushAnswer =>
  jsonOf(status, {
    requestId: requestIdOf(request),
    timestamp: request.acceptedAtMs,
    ...(errorMessage !== undefined && { errorMessage }),
  });

const read = (request: PushRequest, body: Uint8Array): Reading => {
  const refused = (reject: Reject, status = 400): Reading => ({ ok: false, status, rejects: [reject] });
  const parsed = parsedJson(body);
  if ('reject' in parsed) return refused(parsed.reject);
  const delivery = isFields(parsed.value) ? parsed.value : {};
  const refusals = new Refusals();
  const samples = new Samples();
  // Records are packed each by itself: together they unpack to no more than any other push.
  const room = { leftBytes: limits.pushUnpackedBytes as number };
  // An EMF document may also come by itself, as an SDK that has no log to write to sends it.
  if (delivery['records'] === undefined && delivery['_aws'] !== undefined)
    takeDocument(delivery, 'body', request, samples, refusals);
  else {
    const { records } = delivery;
    if (!Array.isArray(records))
      return refused({
        code: 'bad_json',
        place: { path: 'records' },
        reason: `expected a list, found ${shown(records)}`,
      });
    for (const [index, record] of records.entries()) {
      const path = `records[${index}]`;
      const data = isFields(record) ? record['data'] : undefined;
      if (!isText(data))
        refusals.add({ code: 'bad_record', place: { path }, reason: `expected data in base64, found ${shown(data)}` });
      else takeRecord(Buffer.from(data, 'base64'), room, path, request, samples, refusals);
    }
  }
  // What is good is kept; the whole comes again, adds nothing, and ends in the backup bucket with what is bad in it.
  const answer = refusals.count === 0 ? answerOf(request, 200) : answerOf(request, 400, refusals.text);
  const deliveryId = requestIdOf(request);
  const pushed = { samples: samples.all, ...forcedSource(request.query), ...(deliveryId !== '' && { deliveryId }) };
  return { ok: true, pushed, refusedSamples: refusals.samples, rejects: refusals.listed, answer };
};

const [gzipFirst, gzipSecond, brace] = [0x1f, 0x8b, 0x7b];

/** A record: JSON documents one after another, packed or not (CloudWatch Logs packs), or OTLP messages each after its length. */
const takeRecord = (
  packed: Uint8Array,
  room: { leftBytes: number },
  path: string,
  request: PushRequest,
  samples: Samples,
  refusals: Refusals,
): undefined => {
  let bytes = packed;
  if (packed[0] === gzipFirst && packed[1] === gzipSecond) {
    try {
      bytes = gunzipSync(packed, { maxOutputLength: Math.max(1, room.leftBytes) });
      room.leftBytes -= bytes.length;
    } catch (error) {
      return refusals.add({ code: 'corrupt_record', place: { path }, reason: (error as Error).message });
    }
  }
  if (bytes.length === 0) return;
  if (bytes[0] !== brace) return takeOtlp(bytes, path, request, samples, refusals);
  const lines = Buffer.from(bytes).toString('latin1').split('\n');
  for (const line of lines) {
    if (line.trim() === '') continue;
    const parsed = parsedJson(Buffer.from(line, 'latin1'));
    if ('reject' in parsed) refusals.add({ ...parsed.reject, place: { path } });
    else takeDocument(parsed.value, path, request, samples, refusals);
  }
};

/** CloudWatch's `opentelemetry1.0` output: ExportMetricsServiceRequests, each after its length as a varint. */
const takeOtlp = (
  bytes: Uint8Array,
  path: string,
  accepted: Accepted,
  samples: Samples,
  refusals: Refusals,
): undefined => {
  const wire = new BudgetWire(bytes);
  try {
    while (wire.at < wire.end) {
      for (const { attributes, scopes } of readOtlpProtobuf(wire.inside())) {
        const naming = strategies.UnderscoreEscapingWithSuffixes;
        const taking = new OtlpSamples(samples, naming, accepted, refusals);
        for (const { metrics } of scopes)
          for (const metric of metrics) taking.take(metric, identityOf(attributes), path);
      }
    }
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    refusals.add({ code: error.code, place: { path }, reason: `${error.message} (byte ${error.at})` });
  }
};

/** What Amazon Data Firehose delivers over HTTP: CloudWatch's metric streams, as JSON or OTLP, and logs with EMF in them. */
export const firehose: Protocol = {
  name: 'firehose',
  read,
  refusal: (request, status, rejects) => answerOf(request, status, problemsOf(rejects).join('; ')),
};
