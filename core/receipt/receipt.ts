import { deflateRawSync, inflateRawSync } from 'node:zlib';
import * as z from 'zod';
import { limits } from '../limits.ts';
import type { Read, Reject } from '../reject.ts';
import { textOfReject } from '../reject.ts';
import type { Witness } from './witness.ts';

/**
 * What one push was, and what was said to it. A receipt is not kept by anybody: all of it stands in its own text, which the
 * producer has. So it costs nothing to write, whatever was refused can be read again from it, and what became of the rest is
 * looked up where it would be.
 */
export type Receipt = {
  /** As API Gateway calls the request, and the log. */
  readonly requestId: string;
  readonly protocol: string;
  readonly acceptedAtMs: number;
  readonly status: number;
  readonly accepted: number;
  readonly refused: number;
  /** Why samples were refused, or the whole push: the first limits.receiptProblems reasons. */
  readonly problems: readonly string[];
  /** Names of the messages it became, the first limits.receiptMessages of them: see messageNameOf. */
  readonly messages: readonly string[];
  /** Samples by which to see what became of it, the first limits.receiptWitnesses batches'. */
  readonly witnesses: readonly Witness[];
  /** Batches that no witness stands for. */
  readonly unwitnessed: number;
};

const label = z.tuple([z.string().max(limits.labelNameBytes), z.string().max(limits.labelValueBytes)]);

const written = z.object({
  p: z.string(),
  t: z.number().int().nonnegative().max(8.64e15),
  s: z.number().int(),
  n: z.number().int().nonnegative(),
  r: z.number().int().nonnegative(),
  w: z.array(z.string()).max(limits.receiptProblems),
  m: z.array(z.string().length(limits.messageNameChars)).max(limits.receiptMessages),
  b: z
    .array(
      z.object({
        l: z.array(label).max(2),
        c: z.string(),
        t: z.number().int().min(-8.64e15).max(8.64e15),
        v: z.string().regex(/^[0-9a-f]{16}$/),
        g: z.number().int().optional(),
      }),
    )
    .max(2 * limits.receiptWitnesses),
  u: z.number().int().nonnegative(),
});

/** Reasons as a receipt holds them. */
export const problemsOf = (rejects: readonly Reject[]): string[] =>
  rejects.slice(0, limits.receiptProblems).map(reject => textOfReject(reject).slice(0, limits.receiptProblemChars));

/** `<request id>.<base64url>`: fit for a header and for an address. */
export const writeReceipt = (receipt: Receipt): string => {
  const { requestId, protocol, acceptedAtMs, status, accepted, refused, problems, messages, witnesses } = receipt;
  const text = JSON.stringify({
    p: protocol,
    t: acceptedAtMs,
    s: status,
    n: accepted,
    r: refused,
    w: [...problems],
    m: [...messages],
    b: witnesses.map(({ source, series, atMs, bits, tag }) => ({
      l: source.map(([name, value]) => [name, value] as [string, string]),
      c: series,
      t: atMs,
      v: bits,
      ...(tag !== undefined && { g: tag }),
    })),
    u: receipt.unwitnessed,
  } satisfies z.input<typeof written>);
  return `${requestId}.${deflateRawSync(text, { level: 1 }).toString('base64url')}`;
};

/** Whoever asks may have made it up: it is believed in nothing but where to look. */
export const readReceipt = (text: string): Read<Receipt | undefined> => {
  const dot = text.lastIndexOf('.');
  const refused = (reason: string): Read<undefined> => ({
    value: undefined,
    rejects: [{ code: 'bad_receipt', reason }],
  });
  if (text.length > limits.receiptChars)
    return refused(`${text.length} characters, the limit is ${limits.receiptChars}`);
  if (dot < 0)
    return refused('this is a request’s id: a receipt goes on after it, as the header X-Sluice-Receipt has it');
  let parsed: unknown;
  try {
    const packed = Buffer.from(text.slice(dot + 1), 'base64url');
    parsed = JSON.parse(inflateRawSync(packed, { maxOutputLength: limits.receiptUnpackedBytes }).toString('utf8'));
  } catch {
    return refused('this is no receipt, or not all of it');
  }
  const { data } = written.safeParse(parsed);
  if (data === undefined) return refused('this is no receipt of this collector');
  return {
    value: {
      requestId: text.slice(0, dot),
      protocol: data.p,
      acceptedAtMs: data.t,
      status: data.s,
      accepted: data.n,
      refused: data.r,
      problems: data.w,
      messages: data.m,
      witnesses: data.b.map(({ l, c, t, v, g }) => ({
        source: l,
        series: c,
        atMs: t,
        bits: v,
        ...(g !== undefined && { tag: g }),
      })),
      unwitnessed: data.u,
    },
    rejects: [],
  };
};
