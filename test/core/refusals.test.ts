import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../../core/limits.ts';
import { RefusalBook, type RefusalPage, type RefusedFor, refusedIn } from '../../core/refusals.ts';

const hour = 3_600_000;
const startMs = Date.UTC(2026, 5, 1, 12);

const line = (lastMs: number, more: Partial<RefusedFor> = {}): RefusedFor => ({
  protocol: 'push',
  job: 'shop',
  status: 400,
  code: 'bad_value',
  pushes: 1,
  samples: 0,
  lastMs,
  reason: `at ${lastMs}`,
  ...more,
});

describe('when a worker tells', () => {
  test('a burst is told at its first, second, fourth, eighth, and what is left of it when it is time', () => {
    const book = new RefusalBook();
    const told = Array.from({ length: 12 }, (_, at) => {
      book.note(line(startMs + at), 'w');
      return book.toTell('w', startMs + at)?.lines[0]?.pushes;
    });
    expect(told.flatMap(each => each ?? [])).toEqual([1, 2, 4, 8]);
    expect(book.toTell('w', startMs + limits.refusalsToldMs - 1)).toBeUndefined();
    expect(book.toTell('w', startMs + 7 + limits.refusalsToldMs)?.lines[0]?.pushes).toBe(12);
    expect(book.toTell('w', startMs + 2 * hour)).toBeUndefined();
  });

  test('a reason that is new is told at once, whatever was told a moment ago', () => {
    const book = new RefusalBook();
    for (const at of [0, 1, 2]) book.note(line(startMs + at), 'w');
    expect(book.toTell('w', startMs + 2)?.lines).toHaveLength(1);
    book.note(line(startMs + 3, { code: 'new' }), 'w');
    expect(book.toTell('w', startMs + 3)?.lines).toHaveLength(2);
    book.note(line(startMs + 4, { code: 'new' }), 'w');
    expect(book.toTell('w', startMs + 4)).toBeUndefined();
  });

  test('an hour that is over is given back where it was not told whole, and the next begins anew', () => {
    const book = new RefusalBook();
    for (const at of [0, 1, 2]) {
      expect(book.note(line(startMs + at), 'w')).toBeUndefined();
      book.toTell('w', startMs + at);
    }
    const left = book.note(line(startMs + hour), 'w');
    expect([left?.hourMs, left?.lines[0]?.pushes]).toEqual([startMs, 3]);
    expect(book.toTell('w', startMs + hour)).toMatchObject({ hourMs: startMs + hour, lines: [{ pushes: 1 }] });
    expect(book.note(line(startMs + 2 * hour), 'w')).toBeUndefined();
  });
});

test('workers are added up by protocol, job, status and code; the newest reason stands', () => {
  const page = (worker: string, lines: RefusedFor[]): RefusalPage => ({ worker, hourMs: startMs, lines });
  const told = [
    page('a', [line(5), line(9, { code: 'other_thing', pushes: 40 })]),
    page('b', [line(7, { pushes: 2, samples: 3 }), line(1, { job: 'cart', pushes: 0, samples: 900 })]),
  ];
  expect(refusedIn(told)).toEqual([
    line(9, { code: 'other_thing', pushes: 40 }),
    line(7, { pushes: 3, samples: 3 }),
    line(1, { job: 'cart', pushes: 0, samples: 900 }),
  ]);
});

test('whatever is refused, nothing is lost from the sum and there is a bound to the lines', () => {
  const some = fc.record({ job: fc.integer({ min: 0, max: 300 }), code: fc.constantFrom('a', 'b') });
  fc.assert(
    fc.property(fc.array(some, { minLength: 1, maxLength: 400 }), refused => {
      const book = new RefusalBook();
      for (const { job, code } of refused) book.note(line(startMs, { job: String(job), code }), 'w');
      const page = book.toTell('w', startMs)!;
      expect(page.lines.length).toBeLessThanOrEqual(limits.refusalLines + 1);
      for (const lines of [page.lines, refusedIn([page])])
        expect(lines.reduce((sum, { pushes }) => sum + pushes, 0)).toBe(refused.length);
    }),
    { numRuns: 50 },
  );
});
