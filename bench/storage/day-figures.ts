import { metricNameOf } from '../../core/labels.ts';
import {
  ask,
  day,
  type Figures,
  hour,
  hourOfBatches,
  moved,
  pagesAnHour,
  round,
  type Started,
  samplesIn,
  startMs,
  unitsOfGet,
} from './common.ts';

/** One target for two days: what a day costs to read once it is merged. */
export const dayFigures = async ({ house }: Started): Promise<Figures> => {
  const batches = hourOfBatches('node');
  const own = await house(startMs);
  for (let hours = 0; hours < 48; hours += 1) {
    for (let at = 0; at < batches.length; at += 4) {
      await own.at(startMs + hours * hour + (at + 4) * 15_000);
      await own.store(batches.slice(at, at + 4).map(batch => moved(batch, hours * hour)));
    }
  }
  await own.at(startMs + 2 * day + 3 * hour);
  const merging = await own.merge();
  const perDay = pagesAnHour * 24;
  const oneDay = await ask(own.reader(), 'node', 'node_load1', startMs, startMs + day - 1, perDay);
  const across = await ask(own.reader(), 'node', 'node_load1', startMs + day / 2, startMs + day * 1.5 - 1, perDay);
  const next = await ask(own.reader(), 'node', 'node_load1', startMs, startMs + 2 * day - 1, 2 * perDay);
  const rolled = await own
    .rollupReader()
    .read(
      { matches: labels => metricNameOf(labels) === 'node_load1', name: 'node_load1' },
      '1h',
      startMs,
      startMs + 2 * day,
    );
  if (rolled.series[0]?.buckets.length !== 48) throw new Error('not every hour was rolled up');
  const manifests = await own.reader().manifestsOn(Math.floor(startMs / day));
  const bytesOf = (resolution: string) =>
    manifests
      .flatMap(({ objects }) => objects)
      .filter(object => object.resolution === resolution)
      .reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    'one series, a day, merged: RRU': oneDay.rru,
    'one series, 24 h across midnight: RRU': across.rru,
    'one series, 30 d, raw: RRU (from one and two days)': round(oneDay.rru + (next.rru - oneDay.rru) * 29, 0),
    'one series, 30 d, 1 h rollups: RRU (from two days)': round(
      ((rolled.units.readUnits + rolled.units.gets * unitsOfGet) / 2) * 30,
      0,
    ),
    'day block: B/sample': round(bytesOf('raw') / (samplesIn(batches) * 24)),
    '5 m rollups: B/raw sample': round(bytesOf('5m') / (samplesIn(batches) * 24), 4),
    '1 h rollups: B/raw sample': round(bytesOf('1h') / (samplesIn(batches) * 24), 4),
    'merging 48 h: CPU s': round(merging.ms / 1_000, 1),
  };
};
