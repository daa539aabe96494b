import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import snappy from 'snappyjs';
import { bytesType, varintType, Wire, WireError } from '../exposition/wire.ts';
import { limits } from '../limits.ts';
import { SnappyError, unpackSnappy } from '../protocol/snappy.ts';
import type { Read } from '../reject.ts';
import { type Matcher, type MatchOp, matcherOf } from './matchers.ts';
import type { SeriesColumns } from './series.ts';

// prometheus/prompb remote.proto: ReadRequest, ReadResponse, of which SAMPLES are spoken.

/** Samples in [fromMs, toMs], both included. */
type ReadQuery = { readonly matchers: readonly Matcher[]; readonly fromMs: number; readonly toMs: number };

/** LabelMatcher.Type. */
const ops: readonly MatchOp[] = ['=', '!=', '=~', '!~'];

const samplesType = 0;

const refused = (reason: string): Read<undefined> => ({ value: undefined, rejects: [{ code: 'bad_data', reason }] });

/** Reads the body of /api/v1/read: what is asked, each query apart. */
export const readRequestOf = (body: Uint8Array): Read<readonly ReadQuery[] | undefined> => {
  try {
    const wire = new Wire(unpackSnappy(body, { maxOutputLength: limits.readRequestBytes }));
    const queries: ReadQuery[] = [];
    const accepted: number[] = [];
    while (wire.next()) {
      if (wire.field === 1) {
        wire.expect(bytesType, 'a query');
        queries.push(queryIn(wire.inside()));
      } else if (wire.field === 2 && wire.type === varintType) accepted.push(wire.number());
      else if (wire.field === 2 && wire.type === bytesType) {
        const packed = wire.inside();
        while (packed.at < packed.end) accepted.push(packed.number());
      } else wire.skip();
    }
    if (queries.length > limits.readQueries)
      return refused(`${queries.length} queries, the limit is ${limits.readQueries}`);
    if (accepted.length > 0 && !accepted.includes(samplesType))
      return refused(`none of the response types ${accepted.join(', ')} is known here: SAMPLES is`);
    return { value: queries, rejects: [] };
  } catch (error) {
    // RE2 says in its own words what is wrong with a pattern.
    if (error instanceof WireError || error instanceof SnappyError || (error as Error).name?.startsWith('RE2'))
      return refused((error as Error).message);
    throw error;
  }
};

const queryIn = (wire: Wire): ReadQuery => {
  const matchers: Matcher[] = [];
  let [fromMs, toMs] = [0, 0];
  while (wire.next()) {
    if (wire.field === 1 && wire.type === varintType) fromMs = Number(wire.varint());
    else if (wire.field === 2 && wire.type === varintType) toMs = Number(wire.varint());
    else if (wire.field === 3 && wire.type === bytesType) matchers.push(matcherIn(wire.inside()));
    else wire.skip();
  }
  return { matchers, fromMs, toMs };
};

const matcherIn = (wire: Wire): Matcher => {
  let [type, name, value] = [0, '', ''];
  const text = (): string => {
    const { bytes, at, end } = wire.inside();
    return new TextDecoder().decode(bytes.subarray(at, end));
  };
  while (wire.next()) {
    if (wire.field === 1 && wire.type === varintType) type = wire.number();
    else if (wire.field === 2 && wire.type === bytesType) name = text();
    else if (wire.field === 3 && wire.type === bytesType) value = text();
    else wire.skip();
  }
  const op = ops[type];
  if (op === undefined) throw new WireError(`${type} is no type of a matcher`, wire.at);
  return matcherOf(name, op, value);
};

/** Bits of a staleness marker, whose upper half is that of a NaN that numbers do not keep. */
const staleBits = [2, 0x7ff00000] as const;

/** The answer's body: a result for each query, staleness markers included. Packed by snappy. */
export const readResponseOf = (results: readonly (readonly SeriesColumns[])[]): Uint8Array => {
  const writer = new BinaryWriter();
  for (const series of results) {
    writer.tag(1, WireType.LengthDelimited).fork();
    for (const each of series) {
      writer.tag(1, WireType.LengthDelimited).fork();
      writeSeriesTo(writer, each);
      writer.join();
    }
    writer.join();
  }
  return snappy.compress(writer.finish());
};

const writeSeriesTo = (writer: BinaryWriter, { labels, timesMs, values, stale }: SeriesColumns): void => {
  for (const [name, value] of labels) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(name);
    writer.tag(2, WireType.LengthDelimited).string(value);
    writer.join();
  }
  for (let at = 0; at < timesMs.length; at += 1) {
    writer.tag(2, WireType.LengthDelimited).fork();
    if (stale?.[at] === 1) writer.tag(1, WireType.Bit64).fixed32(staleBits[0]).fixed32(staleBits[1]);
    else writer.tag(1, WireType.Bit64).double(values[at]!);
    writer.tag(2, WireType.Varint).int64(timesMs[at]!);
    writer.join();
  }
};
