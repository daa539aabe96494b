import { decodeUtf8 } from '../exposition/words.ts';
import { type LabelSet, labelSetOf, noLabels } from '../labels.ts';
import { limits } from '../limits.ts';
import type { Reject } from '../reject.ts';
import type { GatheredSample } from './gather.ts';
import { jsonOf, type PushAnswer, type PushRequest, problemsOf, type Reading, type Refusals } from './request.ts';

const newline = 0x0a;
const carriageReturn = 0x0d;

export type Line = { readonly number: number; readonly text: string };

/** The lines that hold something, each judged by itself: one that is no UTF-8, or too long, harms no other. */
export function* linesOf(body: Uint8Array, refusals: Refusals): Generator<Line> {
  let number = 0;
  for (let from = 0; from < body.length; ) {
    const found = body.indexOf(newline, from);
    const end = found === -1 ? body.length : found;
    const bytes = body.subarray(from, end > from && body[end - 1] === carriageReturn ? end - 1 : end);
    from = end + 1;
    number += 1;
    if (bytes.length === 0) continue;
    const refuse = (code: string, reason: string): undefined => refusals.add({ code, place: { line: number }, reason });
    if (bytes.length > limits.lineBytes) {
      refuse('line_limit', `${bytes.length} bytes, the limit is ${limits.lineBytes}`);
      continue;
    }
    const text = decodeUtf8(bytes);
    if (text === undefined) refuse('bad_utf8', 'the line is not valid UTF-8');
    else yield { number, text };
  }
}

/** Who sends, by `?job=` and `?instance=`; an empty one says nothing. */
const sourceIn = (query: PushRequest['query']): LabelSet =>
  labelSetOf(['job', 'instance'].flatMap(name => (query[name] ? [[name, query[name]!] as const] : [])));

/** As part of a push: forced on every sample, and the source of a push without any. */
export const forcedSource = (query: PushRequest['query']): { readonly sourceLabels?: LabelSet } => {
  const source = sourceIn(query);
  return source.length > noLabels.length ? { sourceLabels: source } : {};
};

/**
 * What is answered where no specification says it: good lines are taken and bad ones named, with 200, since whoever sends a
 * count again because of one bad line counts all the others twice. 400 where nothing is good.
 */
export const lineReading = (
  request: PushRequest,
  samples: readonly GatheredSample[],
  refusals: Refusals,
  alive: readonly LabelSet[] = [],
): Reading => {
  const source = forcedSource(request.query);
  if (samples.length === 0 && alive.length === 0) {
    if (refusals.count > 0) return { ok: false, status: 400, rejects: refusals.listed };
    if (source.sourceLabels === undefined) return refusedWhole(400, { code: 'empty', reason: 'the body has no lines' });
  }
  const told = {
    accepted: samples.length,
    receipt: request.receipt,
    ...(refusals.count > 0 && { rejected: refusals.count, problems: problemsOf(refusals.listed, refusals.count) }),
  };
  const answer = { ...jsonOf(200, told), tellsReceipt: true } as const;
  return {
    ok: true,
    pushed: { samples, ...source, ...(alive.length > 0 && { alive }) },
    refusedSamples: refusals.samples,
    rejects: refusals.listed,
    answer,
  };
};

const refusedWhole = (status: number, reject: Reject): Reading => ({ ok: false, status, rejects: [reject] });

export const lineRefusal = (_: PushRequest, status: number, rejects: readonly Reject[]): PushAnswer =>
  jsonOf(status, {
    error:
      status === 503 ? 'the collector cannot take this at the moment, please retry' : 'nothing of this push was stored',
    problems: problemsOf(rejects),
  });
