import type { Wire } from '../exposition/wire.ts';
import type { Label } from '../labels.ts';
import { readHistogram, type WireHistogram } from './remote-write-histogram.ts';
import { type Tell, tellFamily, type WireExemplar, type WireSeries } from './remote-write-series.ts';
import { type Bits, readBits, readInside, readInt64, readString, readUint } from './wire-values.ts';

// prometheus/prometheus prompb/types.proto, remote write 1.0.

/** A WriteRequest's series, one by one; what else it says of metrics is told as it comes. */
export function* seriesOfV1(wire: Wire, tell: Tell): Generator<WireSeries> {
  while (wire.next()) {
    if (wire.field === 1) yield readSeries(readInside(wire, 'timeseries'));
    else if (wire.field === 3) readMetadata(readInside(wire, 'metadata'), tell);
    else wire.skip();
  }
}

const readSeries = (wire: Wire): WireSeries => {
  const labels: Label[] = [];
  const samples: { bits: Bits; timestampMs: number }[] = [];
  const histograms: WireHistogram[] = [];
  const exemplars: WireExemplar[] = [];
  while (wire.next()) {
    if (wire.field === 1) labels.push(readLabel(readInside(wire, 'labels')));
    else if (wire.field === 2) samples.push(readSample(readInside(wire, 'samples')));
    else if (wire.field === 3) exemplars.push(readExemplar(readInside(wire, 'exemplars')));
    else if (wire.field === 4) histograms.push(readHistogram(readInside(wire, 'histograms')));
    else wire.skip();
  }
  return { labels, samples, histograms, exemplars };
};

const readExemplar = (wire: Wire): WireExemplar => {
  const labels: Label[] = [];
  let bits: Bits = { high: 0, low: 0 };
  let timestampMs = 0;
  while (wire.next()) {
    if (wire.field === 1) labels.push(readLabel(readInside(wire, 'labels')));
    else if (wire.field === 2) bits = readBits(wire, 'value');
    else if (wire.field === 3) timestampMs = readInt64(wire, 'timestamp');
    else wire.skip();
  }
  return { labels, bits, timestampMs };
};

const readMetadata = (wire: Wire, tell: Tell): void => {
  let [type, name, help] = [0, '', ''];
  while (wire.next()) {
    if (wire.field === 1) type = readUint(wire, 'type');
    else if (wire.field === 2) name = readString(wire, 'a metric name');
    else if (wire.field === 4) help = readString(wire, 'a help text');
    else wire.skip();
  }
  tellFamily(name, type, help, tell);
};

const readLabel = (wire: Wire): Label => {
  let [name, value] = ['', ''];
  while (wire.next()) {
    if (wire.field === 1) name = readString(wire, 'a label name');
    else if (wire.field === 2) value = readString(wire, 'a label value');
    else wire.skip();
  }
  return [name, value];
};

/** Of both versions; a start timestamp (2.0, since rc.4) is passed over. */
export const readSample = (wire: Wire): WireSeries['samples'][number] => {
  let bits: Bits = { high: 0, low: 0 };
  let timestampMs = 0;
  while (wire.next()) {
    if (wire.field === 1) bits = readBits(wire, 'value');
    else if (wire.field === 2) timestampMs = readInt64(wire, 'timestamp');
    else wire.skip();
  }
  return { bits, timestampMs };
};
