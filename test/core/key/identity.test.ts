import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { identified, type Scope } from '../../../core/key/identity.ts';
import { labelOf, labelSetOf, merged, noLabels } from '../../../core/labels.ts';
import type { Pushed } from '../../../core/protocol/pushed.ts';

const own: Scope = { jobs: ['shop', 'cart'], forgedJobs: 'refuse' };
const renaming: Scope = { ...own, forgedJobs: 'rename' };
const of = (labels: Readonly<Record<string, string>>, source?: Readonly<Record<string, string>>): Pushed => ({
  samples: [{ labels: labelSetOf(Object.entries(labels)), value: 1 }],
  ...(source && { sourceLabels: labelSetOf(Object.entries(source)) }),
});
const told = (pushed: Pushed, scope: Scope) => {
  const { pushed: made, forbidden } = identified(pushed, scope);
  return [Object.fromEntries(merged(made.samples[0]!.labels, made.sourceLabels ?? noLabels)), forbidden];
};

test.each<[string, Pushed, Scope, unknown]>([
  ['its own job', of({ a: '1', job: 'cart' }), own, [{ a: '1', job: 'cart' }, []]],
  ['no job', of({ a: '1' }), own, [{ a: '1', job: 'shop' }, []]],
  ['no job but an instance', of({ a: '1' }, { instance: 'i' }), own, [{ a: '1', job: 'shop', instance: 'i' }, []]],
  ['another job', of({ job: 'bank' }), own, [expect.anything(), ['bank']]],
  ['another job that is forced', of({}, { job: 'bank' }), own, [expect.anything(), ['bank']]],
  ['another job under its own that is forced', of({ job: 'bank' }, { job: 'shop' }), own, [{ job: 'shop' }, []]],
  ['another job', of({ job: 'bank' }), renaming, [{ job: 'shop', exported_job: 'bank' }, []]],
  [
    'another job that is forced',
    of({ a: '1' }, { job: 'bank' }),
    renaming,
    [{ a: '1', job: 'shop', exported_job: 'bank' }, []],
  ],
  ['any job', of({ job: 'bank' }), { jobs: undefined, forgedJobs: 'refuse' }, [{ job: 'bank' }, []]],
])('%s', (_, pushed, scope, expected) => {
  expect(told(pushed, scope)).toEqual(expected);
});

describe('signs of life', () => {
  const alive = [
    labelSetOf([
      ['job', 'bank'],
      ['instance', 'i'],
    ]),
  ];

  test('of other jobs are refused or renamed like samples', () => {
    expect(identified({ samples: [], alive }, own).forbidden).toEqual(['bank']);
    expect(Object.fromEntries(identified({ samples: [], alive }, renaming).pushed.alive![0]!)).toEqual({
      job: 'shop',
      instance: 'i',
      exported_job: 'bank',
    });
    expect(identified({ samples: [], sourceLabels: alive[0]! }, own).forbidden).toEqual(['bank']);
  });
});

test('no label set whatever is stored for a job that the key is not for', () => {
  const word = fc.constantFrom('', 'shop', 'cart', 'bank', 'job', 'exported_job');
  const labels = fc.dictionary(fc.constantFrom('job', 'exported_job', 'instance', 'a'), word);
  fc.assert(
    fc.property(labels, fc.option(labels, { nil: undefined }), fc.boolean(), (set, source, rename) => {
      const { pushed, forbidden } = identified(of(set, source), rename ? renaming : own);
      const stored = merged(pushed.samples[0]!.labels, pushed.sourceLabels ?? noLabels);
      if (forbidden.length === 0) expect(own.jobs).toContain(labelOf(stored, 'job'));
      if (rename) expect(forbidden).toEqual([]);
      // An empty push would be a sign of life of what is forced alone.
      if (forbidden.length === 0 && (pushed.sourceLabels?.length ?? 0) > 0)
        expect(own.jobs).toContain(labelOf(pushed.sourceLabels!, 'job'));
    }),
    { numRuns: 2_000 },
  );
});
