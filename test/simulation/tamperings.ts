import { limits } from '../../core/limits.ts';
import type { Segment } from '../../core/segment/stored.ts';
import type { Ports, Series } from '../../io/ports.ts';
import type { Tampering } from './world.ts';

/** The same port, but for what is said of it here. */
const but =
  (change: (series: Series) => Partial<Series>): Tampering =>
  ports => {
    const { series } = ports;
    const changed = change(series);
    const tampered = new Proxy(series, {
      get: (port, name) => {
        const own = changed[name as keyof Series];
        if (own !== undefined) return own;
        const value = Reflect.get(port, name, port) as unknown;
        return typeof value === 'function' ? value.bind(port) : value;
      },
    });
    return { ...ports, series: tampered } satisfies Ports;
  };

const segmentsAs = (change: (segment: Segment) => Segment): Tampering =>
  but(series => ({ add: writes => series.add({ ...writes, segments: writes.segments.map(change) }) }));

const nothing = { chunks: [], catalog: [], segments: [] };

/** Bugs between ingest or query and the series table, whatever the table is. */
export const tamperings = {
  oneKeyAnHour: segmentsAs(segment => ({ ...segment, key: 'hour' })),
  wrongHour: segmentsAs(segment => ({ ...segment, hourMs: segment.hourMs + 6 * limits.segmentSpanMs })),
  wrongSource: segmentsAs(segment => ({ ...segment, sourceId: [...segment.sourceId].reverse().join('') })),
  segmentsFirst: but(series => ({
    add: async ({ chunks, catalog, segments }) => {
      await series.add({ ...nothing, catalog, segments });
      await series.add({ ...nothing, chunks });
    },
  })),
  oneSegmentLess: but(series => ({ between: async (...span) => (await series.between(...span)).slice(1) })),
  someChunksLess: but(series => ({ chunks: ids => series.chunks(ids.filter(id => id.charCodeAt(0) % 8 > 0)) })),
  fireAndForget: but(series => ({
    add: async writes => {
      series.add(writes).catch(() => undefined);
    },
  })),
} satisfies Record<string, Tampering>;
