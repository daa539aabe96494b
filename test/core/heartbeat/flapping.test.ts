import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { alarmOf } from '../../../core/heartbeat/alarm.ts';
import { flapRuleDefault } from '../../../core/heartbeat/flapping.ts';
import type { Flip, Heartbeat } from '../../../core/heartbeat/heartbeat.ts';
import { readHeartbeat } from '../../../core/heartbeat/row.ts';
import type { BlindSpan } from '../../../core/heartbeat/silence.ts';
import { changed, deadlineOf, stepAt } from '../../../core/heartbeat/step.ts';

const second = 1_000;
const minute = 60 * second;
const intervalMs = 15 * second;
const graceMs = 20 * second;

const source = (over: Partial<Heartbeat> = {}): Heartbeat => ({
  key: { job: 'checkout', instance: '*' },
  promise: { intervalMs, graceMs },
  pauseWanted: false,
  retired: false,
  state: 'up',
  epoch: 3,
  registeredAtMs: 0,
  lastAcceptMs: 0,
  flapRule: { falls: 3, withinMs: 30 * minute },
  pending: [],
  ...over,
});

/** Looks each second up to `untilMs`; beats at the instants given. */
const lived = (
  heartbeat: Heartbeat,
  beatsMs: readonly number[],
  untilMs: number,
  blind: readonly BlindSpan[] = [],
): { readonly heartbeat: Heartbeat; readonly told: readonly Flip[] } => {
  let now = heartbeat;
  for (let nowMs = 0; nowMs <= untilMs; nowMs += second) {
    if (beatsMs.includes(nowMs)) now = { ...now, lastAcceptMs: nowMs };
    const change = stepAt(now, nowMs, blind);
    if (change !== undefined) now = changed(now, change);
  }
  return { heartbeat: now, told: now.pending };
};

/** So many lives of so many beats, one each two minutes. */
const comings = (lives: number, beats: number): number[] =>
  Array.from({ length: lives }, (_, life) =>
    Array.from({ length: beats }, (_, beat) => life * 2 * minute + beat * intervalMs),
  ).flat();

const kinds = (told: readonly Flip[]): string[] => told.map(({ kind, reason }) => `${kind} ${reason}`);

describe('who comes and goes', () => {
  test('is told so once, at the fall that is one too many, and nothing more while he goes on', () => {
    const { told, heartbeat } = lived(source(), comings(9, 4), 18 * minute);
    expect(kinds(told)).toEqual([
      'DOWN NOT_HEARD',
      'RESOLVED HEARD',
      'DOWN NOT_HEARD',
      'RESOLVED HEARD',
      'FLAPPING NOT_HEARD',
    ]);
    expect(told[4]).toMatchObject({ sinceMs: told[0]!.atMs, atMs: 4 * minute + 3 * intervalMs + intervalMs + graceMs });
    expect(heartbeat.flicker).toMatchObject({ heldFromMs: told[0]!.atMs, heldFalls: 9 });
    expect(alarmOf(heartbeat.key, told[4]!)).toMatchObject({
      kind: 'FLAPPING',
      subject: 'FLAPPING: checkout comes and goes',
      text: expect.stringMatching(/it fell 3 times within 240 s, .* until it stays up or down for 600 s/),
    });
  });

  test('is told steady exactly when he has stayed up for the time of a fall', () => {
    const steadyFromMs = 8 * minute;
    const beats = [...comings(4, 4), ...Array.from({ length: 60 }, (_, beat) => steadyFromMs + beat * intervalMs)];
    const { told } = lived(source(), beats, steadyFromMs + 10 * minute - second);
    expect(kinds(told).at(-1)).toBe('FLAPPING NOT_HEARD');
    const { told: later, heartbeat } = lived(source(), beats, steadyFromMs + 10 * minute);
    expect(later.at(-1)).toMatchObject({ kind: 'RESOLVED', reason: 'STEADY', atMs: steadyFromMs + 10 * minute });
    expect(later.at(-1)?.detail).toMatch(/^fell 4 times since/);
    expect(heartbeat.flicker).toEqual({ fallsMs: [] });
  });

  test('is told down exactly when he has stayed down for the time of a fall', () => {
    const { told: before } = lived(source(), comings(3, 4), 30 * minute);
    const fellMs = 4 * minute + 3 * intervalMs + intervalMs + graceMs;
    expect(before.at(-1)).toMatchObject({ kind: 'DOWN', reason: 'NOT_HEARD', atMs: fellMs + 10 * minute });
    expect(before.at(-1)?.detail).toMatch(/stays down/);
    const { told } = lived(source(), comings(3, 4), fellMs + 10 * minute - second);
    expect(kinds(told).at(-1)).toBe('FLAPPING NOT_HEARD');
  });

  test('falls once where he was heard no more since, though the first fall was taken back', () => {
    // Told before, and taken back when the time of it turned out to be blind.
    const before = source({ lastAcceptMs: minute, flicker: { fallsMs: [30 * second, 2 * minute] } });
    const silent = lived(before, [], 4 * minute);
    expect(kinds(silent.told)).toEqual(['DOWN NOT_HEARD']);
    expect(silent.heartbeat.flicker?.fallsMs).toEqual([30 * second, 2 * minute]);
    const heard = lived(before, [2 * minute + second], 4 * minute);
    expect(kinds(heard.told).at(-1)).toBe('FLAPPING NOT_HEARD');
  });

  test('does not stay down where he was heard in between, though nobody looked then', () => {
    const held = source({
      state: 'down',
      downSinceMs: 0,
      lastAcceptMs: 9 * minute,
      flicker: { fallsMs: [minute], heldFromMs: minute, heldFalls: 3 },
    });
    const lookMs = 12 * minute;
    expect(stepAt(held, lookMs, [])?.flip).toBeUndefined();
    expect(stepAt({ ...held, lastAcceptMs: 30 * second }, lookMs, [])?.flip).toMatchObject({ kind: 'DOWN' });
  });

  test('is not told steady for time in which nobody could be heard', () => {
    const fellMs = 4 * minute + 3 * intervalMs + intervalMs + graceMs;
    const blind = [{ fromMs: fellMs + minute, toMs: fellMs + 6 * minute }];
    const { told } = lived(source(), comings(3, 4), 30 * minute, blind);
    expect(told.at(-1)).toMatchObject({ kind: 'DOWN', atMs: fellMs + 15 * minute });
  });

  test.each([
    ['falls that are too far apart', comings(25, 4).filter(ms => Math.floor(ms / (2 * minute)) % 8 === 0), []],
    ['a row that says off', comings(4, 4), [{ flapRule: undefined }]],
  ])('%s are told one by one', (_, beats, [over]) => {
    const { flapRule, ...off } = source();
    const { told } = lived(over === undefined ? source() : off, beats, 60 * minute);
    expect(told.some(({ kind }) => kind === 'FLAPPING')).toBe(false);
    expect(told.filter(({ kind }) => kind === 'DOWN').length).toBeGreaterThanOrEqual(3);
  });

  test('is told paused, and begins anew', () => {
    const { heartbeat } = lived(source(), comings(4, 4), 8 * minute);
    const change = stepAt({ ...heartbeat, pauseWanted: true }, 8 * minute, []);
    expect(change).toMatchObject({
      state: 'paused',
      flicker: { fallsMs: [] },
      flip: { kind: 'RESOLVED', reason: 'PAUSED' },
    });
  });

  test('is looked at when he may be steady', () => {
    const { heartbeat } = lived(source(), comings(4, 4), 8 * minute);
    const fellMs = 6 * minute + 3 * intervalMs + intervalMs + graceMs;
    expect(heartbeat.state).toBe('down');
    expect(deadlineOf(heartbeat, [])).toBe(fellMs + 10 * minute);
  });

  test('and is told of nothing else within his maintenance', () => {
    const { heartbeat } = lived(source(), comings(4, 4), 8 * minute);
    const quiet = { ...heartbeat, snoozedUntilMs: 60 * minute };
    expect(stepAt(quiet, 50 * minute, [])).toBeUndefined();
    expect(stepAt(quiet, 60 * minute, [])?.flip).toMatchObject({ kind: 'DOWN' });
  });
});

describe('where a row says nothing', () => {
  const byDefault = source({ flapRule: flapRuleDefault });

  test.each([
    { beats: 2, flaps: true }, // Back for one interval.
    { beats: 3, flaps: false }, // Back for two.
  ])('lives of $beats beats are brief: $flaps', ({ beats, flaps }) => {
    const { told } = lived(byDefault, comings(8, beats), 18 * minute);
    expect(told.some(({ kind }) => kind === 'FLAPPING')).toBe(flaps);
  });

  test('what a job says of its runs is told each time', () => {
    let heartbeat: Heartbeat = byDefault;
    for (let run = 1; run <= 8; run += 1) {
      const failed = { ...heartbeat, failedMs: run * 20 * second, failedDetail: 'exit 1' };
      heartbeat = changed(failed, stepAt(failed, run * 20 * second, [])!);
      const { failedMs: _, ...well } = { ...heartbeat, lastAcceptMs: run * 20 * second + 5 * second };
      heartbeat = changed(well, stepAt(well, run * 20 * second + 6 * second, [])!);
      heartbeat = changed(heartbeat, stepAt(heartbeat, run * 20 * second + 6 * second, [])!);
    }
    expect(heartbeat.pending.map(({ kind }) => kind)).toEqual(
      Array.from({ length: 16 }, (_, index) => (index % 2 === 0 ? 'DOWN' : 'RESOLVED')),
    );
  });
});

test('whatever comes when, what is told is in turn, and ends in what is', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 240 }), { minLength: 1, maxLength: 40 }),
      fc.constantFrom('2/5m', '3/30m', '4/1h', 'off'),
      (waits, flapping) => {
        const { value } = readHeartbeat({ job: 'a', interval: '15s', grace: '20s', flapping, state: 'up', epoch: 1 });
        let atMs = 0;
        const beats = [0, ...waits.map(wait => (atMs += wait * second))];
        const { heartbeat, told } = lived({ ...value!, lastAcceptMs: 0 }, beats, atMs + 90 * minute);
        const all = told.map(({ kind }) => kind);
        for (const [index, kind] of all.entries()) {
          const before = all[index - 1] ?? 'RESOLVED';
          expect([before, kind]).not.toEqual([before, before]);
          if (kind === 'DOWN') expect(['RESOLVED', 'FLAPPING']).toContain(before);
          if (kind === 'RESOLVED') expect(['DOWN', 'FLAPPING']).toContain(before);
        }
        expect(heartbeat.state).toBe('down');
        expect(all.at(-1)).toBe('DOWN');
        expect(new Set(told.map(({ epoch }) => epoch)).size).toBe(told.length);
      },
    ),
    { numRuns: 40 },
  );
});

describe('a row', () => {
  test.each([
    ['off', undefined],
    ['4/1h', { falls: 4, withinMs: 60 * minute }],
    ['2/1m', { falls: 2, withinMs: minute }],
    ['20/7d', { falls: 20, withinMs: 7 * 24 * 60 * minute }],
    [undefined, flapRuleDefault],
  ])('that says %s', (flapping, rule) => {
    expect(readHeartbeat({ job: 'a', ...(flapping && { flapping }) }).value?.flapRule).toEqual(rule);
  });

  test.each(['1/1h', '21/1h', '4', '4/', '4/59s', '4/8d', '4/soon', 'never'])('cannot say %s', flapping => {
    expect(readHeartbeat({ job: 'a', flapping }).rejects[0]?.reason).toMatch(/such as 4\/1h/);
  });
});
