import { describe, expect, test } from 'vitest';
import { sourceIdOf } from '../../core/batch.ts';
import type { Exemplar } from '../../core/exemplars.ts';
import { labelSetOf } from '../../core/labels.ts';
import { usualRetention } from '../../core/retention.ts';
import type { Exemplars } from '../../io/ports.ts';

const hour = 3_600_000;

/** What the exemplars port promises. `nowMs` is the port's own clock. */
export const exemplarsContract = (
  name: string,
  make: () => { readonly port: Exemplars; readonly nowMs: number },
): void => {
  describe(`exemplars on ${name}`, () => {
    const of = (source: string) => labelSetOf([['job', `exemplars-${source}`]]);
    const exemplar = (timestampMs: number, value = 1, le = '1', trace = 'ä"b'): Exemplar => ({
      series: labelSetOf([
        ['__name__', 'seconds_bucket'],
        ['le', le],
      ]),
      labels: labelSetOf([['trace_id', trace]]),
      value,
      timestampMs,
    });

    test('what was told is found again, the oldest first, both ends included, and each once', async () => {
      const { port, nowMs } = make();
      const source = of('found');
      const told = [nowMs - 2, nowMs - 1, nowMs].map(ms => exemplar(ms));
      await port.add([{ source, exemplars: told.toReversed() }]);
      await port.add([{ source, exemplars: told }]);
      await make().port.add([{ source, exemplars: told.slice(1) }]);
      expect(await port.between(sourceIdOf(source), nowMs - 2, nowMs)).toEqual(told);
      expect(await port.between(sourceIdOf(source), nowMs - 1, nowMs - 1)).toEqual([told[1]]);
      expect(await port.between(sourceIdOf(source), nowMs + 1, nowMs + hour)).toEqual([]);
      expect(await port.between(sourceIdOf(of('nobody')), nowMs - hour, nowMs)).toEqual([]);
    });

    test('one time holds several: other values and other series are others', async () => {
      const { port, nowMs } = make();
      const source = of('several');
      const told = [exemplar(nowMs, 1), exemplar(nowMs, 2), exemplar(nowMs, 1, '+Inf')];
      await port.add([{ source, exemplars: told }]);
      const found = await port.between(sourceIdOf(source), nowMs, nowMs);
      expect(found).toHaveLength(3);
      expect(found).toEqual(expect.arrayContaining(told));
    });

    test.each([Number.NaN, Number.POSITIVE_INFINITY, 5e-324, 0.1 + 0.2])('%s stays as it is', async value => {
      const { port, nowMs } = make();
      const source = of(`value-${value}`);
      await port.add([{ source, exemplars: [exemplar(nowMs, value)] }]);
      expect((await port.between(sourceIdOf(source), nowMs, nowMs)).map(each => each.value)).toEqual([value]);
    });

    test('a span goes over hours and days; what is past its retention is not found', async () => {
      const { port, nowMs } = make();
      const source = of('span');
      const told = [-usualRetention.rawMs - hour, -49 * hour, -25 * hour, -hour, 0].map(ms => exemplar(nowMs + ms));
      await port.add([{ source, exemplars: told }]);
      expect(await port.between(sourceIdOf(source), 0, nowMs)).toEqual(told.slice(1));
      expect(await port.between(sourceIdOf(source), nowMs - 26 * hour, nowMs - 1)).toEqual(told.slice(2, 4));
    });

    test('more than one item and one call take is told and found', async () => {
      const { port, nowMs } = make();
      const source = of('many');
      const told = Array.from({ length: 5_000 }, (_, at) => exemplar(nowMs - 5_000 + at, at, '1', 'x'.repeat(100)));
      await port.add([{ source, exemplars: told }]);
      expect(await port.between(sourceIdOf(source), nowMs - 5_000, nowMs)).toEqual(told);
    });
  });
};
