import { type Wire, WireError } from '../exposition/wire.ts';
import type { Label } from '../labels.ts';
import { readHistogram, type WireHistogram } from './remote-write-histogram.ts';
import { type Tell, tellFamily, type WireExemplar, type WireSeries } from './remote-write-series.ts';
import { readSample } from './remote-write-v1.ts';
import { type Bits, readBits, readInside, readInt64, readString, readUint, readUints } from './wire-values.ts';

// prometheus/prometheus prompb/io/prometheus/write/v2/types.proto, remote write 2.0. A start timestamp stood in the series
// until rc.3 and stands in each sample since: both are taken, and neither is stored.

/** A Request's series, one by one. Symbols come first, but a series may come before them: it is read at the end. */
export function* seriesOfV2(wire: Wire, tell: Tell): Generator<WireSeries> {
  const symbols: string[] = [];
  const series: Wire[] = [];
  while (wire.next()) {
    if (wire.field === 4) symbols.push(readString(wire, 'symbols'));
    else if (wire.field === 5) series.push(readInside(wire, 'timeseries'));
    else wire.skip();
  }
  if (series.length > 0 && symbols[0] !== '')
    throw new WireError('expected the empty text as the first symbol', wire.at, 'bad_symbols');
  for (const each of series) yield readSeries(each, symbols, tell);
}

const readSeries = (wire: Wire, symbols: readonly string[], tell: Tell): WireSeries => {
  const refs: number[] = [];
  const samples: WireSeries['samples'][number][] = [];
  const histograms: WireHistogram[] = [];
  const exemplars: WireExemplar[] = [];
  let problem: string | undefined;
  let metadata: Metadata | undefined;
  while (wire.next()) {
    if (wire.field === 1) readUints(wire, refs, 'labels_refs');
    else if (wire.field === 2) samples.push(readSample(readInside(wire, 'samples')));
    else if (wire.field === 3) histograms.push(readHistogram(readInside(wire, 'histograms')));
    else if (wire.field === 4) {
      const exemplar = readExemplar(readInside(wire, 'exemplars'), symbols);
      if (typeof exemplar === 'string') problem ??= exemplar;
      else exemplars.push(exemplar);
    } else if (wire.field === 5) metadata = readMetadata(readInside(wire, 'metadata'));
    else wire.skip();
  }
  const labels: Label[] = [];
  if (refs.length % 2 !== 0) problem = `${refs.length} label refs, which are no pairs`;
  for (let at = 0; at + 1 < refs.length; at += 2) {
    const [name, value] = [symbols[refs[at]!], symbols[refs[at + 1]!]];
    if (name === undefined || value === undefined)
      problem = `label ref ${name === undefined ? refs[at] : refs[at + 1]} of ${symbols.length} symbols`;
    else labels.push([name, value]);
  }
  if (samples.length === 0 && histograms.length === 0) problem ??= 'neither samples nor histograms';
  if (samples.length > 0 && histograms.length > 0) problem ??= 'samples and histograms in one series';
  const name = labels.find(([label]) => label === '__name__')?.[1] ?? '';
  if (metadata !== undefined) tellFamily(name, metadata.type, symbols[metadata.help] ?? '', tell);
  return { labels, samples, histograms, exemplars, ...(problem !== undefined && { problem }) };
};

type Metadata = { readonly type: number; readonly help: number };

const readMetadata = (wire: Wire): Metadata => {
  let [type, help] = [0, 0];
  while (wire.next()) {
    if (wire.field === 1) type = readUint(wire, 'type');
    else if (wire.field === 3) help = readUint(wire, 'help_ref');
    else wire.skip();
  }
  return { type, help };
};

/** An exemplar, or what is wrong with it. */
const readExemplar = (wire: Wire, symbols: readonly string[]): WireExemplar | string => {
  const refs: number[] = [];
  let bits: Bits = { high: 0, low: 0 };
  let timestampMs = 0;
  while (wire.next()) {
    if (wire.field === 1) readUints(wire, refs, 'labels_refs');
    else if (wire.field === 2) bits = readBits(wire, 'value');
    else if (wire.field === 3) timestampMs = readInt64(wire, 'timestamp');
    else wire.skip();
  }
  const bad = refs.find(ref => ref >= symbols.length);
  if (bad !== undefined) return `label ref ${bad} of ${symbols.length} symbols in an exemplar`;
  if (refs.length % 2 !== 0) return `${refs.length} label refs in an exemplar, which are no pairs`;
  const labels = Array.from({ length: refs.length / 2 }, (_, pair): Label => {
    return [symbols[refs[2 * pair]!]!, symbols[refs[2 * pair + 1]!]!];
  });
  return { labels, bits, timestampMs };
};
