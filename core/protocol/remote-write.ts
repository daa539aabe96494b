import { mediaTypeOf } from '../exposition/read.ts';
import { WireError } from '../exposition/wire.ts';
import type { Reject } from '../reject.ts';
import { BudgetWire } from './budget-wire.ts';
import { takeSeries, type Written } from './remote-write-series.ts';
import { seriesOfV1 } from './remote-write-v1.ts';
import { seriesOfV2 } from './remote-write-v2.ts';
import {
  type Protocol,
  type PushAnswer,
  type PushRequest,
  plainOf,
  problemsOf,
  type Reading,
  Refusals,
} from './request.ts';
import { Samples } from './samples.ts';

// prometheus.io/docs/specs/prw/remote_write_spec and remote_write_spec_2_0.

const [messageV1, messageV2] = ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request'];

/** Which of the two messages a content type announces; without `proto` it is the first one, without anything as well. */
const messageOf = (contentType: string): string | undefined => {
  if (contentType === '') return messageV1;
  if (mediaTypeOf(contentType) !== 'application/x-protobuf') return undefined;
  const [, proto = messageV1] = /;\s*proto\s*=\s*"?([^";\s]*)/i.exec(contentType) ?? [];
  return proto === messageV1 || proto === messageV2 ? proto : undefined;
};

const isV2 = ({ header }: PushRequest): boolean => messageOf(header('content-type')) === messageV2;

/** Of version 2 every answer counts what was written; one without counts would be taken for a receiver of version 1. */
const counted = (answer: PushAnswer, written: Written): PushAnswer => ({
  ...answer,
  headers: {
    ...answer.headers,
    'x-prometheus-remote-write-samples-written': String(written.samples),
    'x-prometheus-remote-write-histograms-written': String(written.histograms),
    'x-prometheus-remote-write-exemplars-written': '0',
  },
});

const nothing: Written = { samples: 0, histograms: 0 };

const read = (request: PushRequest, body: Uint8Array): Reading => {
  const v2 = isV2(request);
  const samples = new Samples();
  const refusals = new Refusals();
  const written: Written = { ...nothing };
  let index = 0;
  try {
    for (const series of (v2 ? seriesOfV2 : seriesOfV1)(new BudgetWire(body), family => samples.tell(family))) {
      const more = takeSeries(series, `timeseries[${index}]`, request, samples, refusals);
      written.samples += more.samples;
      written.histograms += more.histograms;
      index += 1;
    }
  } catch (error) {
    if (error instanceof WireError) return refused(400, error.code, `${error.message} (byte ${error.at})`);
    throw error;
  }
  const answer: PushAnswer =
    refusals.count === 0
      ? { status: 204 }
      : plainOf(400, `${problemsOf(refusals.listed, refusals.count).join('\n')}\n`);
  return {
    ok: true,
    pushed: samples.told,
    refusedSamples: refusals.samples,
    rejects: refusals.listed,
    answer: v2 ? counted(answer, written) : answer,
  };
};

const refused = (status: number, code: string, reason: string): Reading => ({
  ok: false,
  status,
  rejects: [{ code, reason }],
});

/**
 * Remote write 1.0 and 2.0. What is good of a request is kept although something else of it is bad; the answer is 400 then
 * and names what was not taken, so that the sender counts it and does not come again.
 */
export const remoteWrite: Protocol = {
  name: 'remote-write',
  // Without one it is meant as well: some senders of version 1 leave it out.
  encodings: ['snappy'],
  refusedUnread: ({ method, header }): { status: number; reject: Reject } | undefined => {
    if (method !== 'POST')
      return { status: 405, reject: { code: 'method', reason: `${method} is not taken here, use POST` } };
    const contentType = header('content-type');
    if (messageOf(contentType) !== undefined) return undefined;
    const reason = `content type ${JSON.stringify(contentType)} is not taken here, use application/x-protobuf with proto=${messageV1} or ${messageV2}`;
    return { status: 415, reject: { code: 'unknown_content_type', reason } };
  },
  read,
  refusal: (request, status, rejects) => {
    const answer = plainOf(status, `${problemsOf(rejects).join('\n')}\n`);
    return isV2(request) ? counted(answer, nothing) : answer;
  },
};
