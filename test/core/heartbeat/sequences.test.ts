import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Heartbeat, lastHeardMs } from '../../../core/heartbeat/heartbeat.ts';
import { type Ping, pingedAt } from '../../../core/heartbeat/ping.ts';
import { changed, deadlineOf, stepAt } from '../../../core/heartbeat/step.ts';

// Reference sequences beside the checkout, with `firstSeen: never`: this collector tells of who was never heard unless told
// otherwise. And a source is down exactly at its deadline, not a moment later.

const folder = process.env['SUITES_DIR'] ?? join(import.meta.dirname, '../../../../shared/suites');
const file = join(folder, 'sequences.json');
const isHere = existsSync(file);
if (!isHere) console.log(`skipped: no reference sequences at ${file}, set SUITES_DIR`);

type Step = {
  readonly at_s: number;
  readonly event: 'look' | 'sweep' | 'pause' | Ping['kind'];
  readonly run?: string;
  readonly stored: string;
  readonly alert_at_s: number | null;
  readonly flips: readonly (readonly [string, string, string])[];
  readonly duration_s: number | null;
};
type Sequence = {
  readonly name: string;
  readonly start: { readonly period_s: number; readonly grace_s: number; readonly manual_resume?: boolean };
  readonly steps: readonly Step[];
};

const sequences = isHere ? (JSON.parse(readFileSync(file, 'utf8')) as { sequences: Sequence[] }).sequences : [];

describe.skipIf(!isHere)('reference sequences', () => {
  test.each(sequences)('$name', ({ start, steps }) => {
    let heartbeat: Heartbeat = {
      key: { job: 'j', instance: '*' },
      promise: {
        intervalMs: start.period_s * 1_000,
        graceMs: start.grace_s * 1_000,
        firstSeenMs: Number.POSITIVE_INFINITY,
      },
      pauseWanted: false,
      retired: false,
      state: 'expected',
      registeredAtMs: 0,
      epoch: 1,
      pending: [],
    };
    for (const { at_s, event, run: runId, stored, alert_at_s, flips, duration_s } of steps) {
      const nowMs = at_s * 1_000;
      let durationMs: number | undefined;
      // Whoever recovers is looked at when its hold is over.
      const holdMs = heartbeat.state === 'recovering' ? deadlineOf(heartbeat, []) : undefined;
      if (holdMs !== undefined && holdMs <= nowMs) {
        const recovered = stepAt(heartbeat, holdMs, []);
        if (recovered !== undefined) heartbeat = changed(heartbeat, recovered);
      }
      if (event === 'pause') heartbeat = { ...heartbeat, pauseWanted: true };
      else if (event !== 'look' && event !== 'sweep') {
        const before = {
          ...heartbeat,
          paused: heartbeat.pauseWanted,
          ...(start.manual_resume && { manualResume: true }),
        };
        const pinged = pingedAt(before, { job: 'j', kind: event, ...(runId && { runId }) }, nowMs, '');
        ({ durationMs } = pinged);
        const { paused = false, manualResume: _, ...run } = pinged.run;
        heartbeat = { ...heartbeat, ...run, pauseWanted: paused } as Heartbeat;
      }
      const told: string[] = [];
      for (let round = 0; event !== 'look' && round < 4; round += 1) {
        // The reference looks after its deadlines, never at them.
        const change = stepAt(heartbeat, event === 'sweep' ? nowMs - 1 : nowMs, []);
        if (change === undefined) break;
        if (change.flip !== undefined)
          told.push(
            change.flip.kind === 'DOWN'
              ? change.flip.reason === 'FAILED'
                ? 'fail'
                : `timeout@${change.flip.atMs / 1_000}`
              : 'up',
          );
        heartbeat = changed(heartbeat, change);
      }
      const wanted = flips
        .filter(([from, to]) => to === 'down' || from === 'down')
        .map(([, to, reason]) => (to === 'down' ? reason : 'up'));
      const place = `at ${at_s} s, ${event}`;
      // A recovery of who is heard by interval is told after a hold: only that it recovers is held against the sequence.
      if (wanted[0] === 'up') expect(['up', 'recovering'], place).toContain(heartbeat.state);
      else
        expect(
          told.filter(each => each !== 'up'),
          place,
        ).toEqual(wanted);
      const isDown = heartbeat.state === 'down';
      expect(isDown, place).toBe(stored === 'down');
      if (duration_s !== null && duration_s > 0) expect(durationMs, place).toBe(duration_s * 1_000);
      const isUp = heartbeat.state === 'up' && lastHeardMs(heartbeat) !== undefined;
      if (isUp && alert_at_s !== null) expect((deadlineOf(heartbeat, []) ?? 0) / 1_000, place).toBe(alert_at_s);
    }
  });
});
