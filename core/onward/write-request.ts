import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import snappy from 'snappyjs';
import type { Batch } from '../batch.ts';
import { keyOf, type LabelSet, merged } from '../labels.ts';
import { limits } from '../limits.ts';

// What was stored, as other collectors take it: remote write 1.0, a snappy block around a protobuf WriteRequest.

/** The exact 64 bits of a value, upper half first: a staleness marker does not survive as a number. */
type Bits = { readonly high: number; readonly low: number };
type Sent = { readonly labels: LabelSet; readonly at: Map<number, Bits> };

/**
 * The bodies that carry all samples of some batches, each of at most limits.onwardSamples. A series has its samples in
 * order and each time once; of two values at one time the larger bits are sent, as they are stored.
 */
export const writeRequestsOf = (batches: readonly Batch[]): Uint8Array[] => {
  const bodies: Uint8Array[] = [];
  let writer = new BinaryWriter();
  let samples = 0;
  const end = (): void => {
    if (samples > 0) bodies.push(snappy.compress(writer.finish()));
    writer = new BinaryWriter();
    samples = 0;
  };
  for (const { labels, at } of sentOf(batches)) {
    const inOrder = [...at].sort(([one], [other]) => one - other);
    for (let from = 0; from < inOrder.length; ) {
      const some = inOrder.slice(from, from + limits.onwardSamples - samples);
      writer.tag(1, WireType.LengthDelimited).bytes(timeSeriesOf(labels, some));
      from += some.length;
      samples += some.length;
      if (samples === limits.onwardSamples) end();
    }
  }
  end();
  return bodies;
};

const sentOf = (batches: readonly Batch[]): Iterable<Sent> => {
  const sent = new Map<string, Sent>();
  for (const { source, columns } of batches) {
    // What increments add up to is known to who has all of them.
    if (columns.tags !== undefined) continue;
    for (const { labels, column } of columns.series) {
      const whole = merged(labels, source);
      const key = keyOf(whole);
      const series = sent.get(key) ?? { labels: whole, at: new Map<number, Bits>() };
      sent.set(key, series);
      columns.timestampsMs.forEach((timestampMs, slot) => {
        if (!column.has(slot)) return;
        const bits = { high: column.high(slot), low: column.low(slot) };
        const other = series.at.get(timestampMs);
        if (other === undefined || isLarger(bits, other)) series.at.set(timestampMs, bits);
      });
    }
  }
  return sent.values();
};

const isLarger = (one: Bits, other: Bits): boolean =>
  one.high > other.high || (one.high === other.high && one.low > other.low);

/** prometheus/prompb types.proto: TimeSeries { labels = 1 { name = 1, value = 2 }, samples = 2 { value = 1, timestamp = 2 } }. */
const timeSeriesOf = (labels: LabelSet, samples: readonly (readonly [number, Bits])[]): Uint8Array => {
  const writer = new BinaryWriter();
  for (const [name, value] of labels) {
    writer.tag(1, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.LengthDelimited).string(name);
    writer.tag(2, WireType.LengthDelimited).string(value);
    writer.join();
  }
  for (const [timestampMs, { high, low }] of samples) {
    writer.tag(2, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.Bit64).fixed32(low).fixed32(high);
    writer.tag(2, WireType.Varint).int64(timestampMs);
    writer.join();
  }
  return writer.finish();
};
