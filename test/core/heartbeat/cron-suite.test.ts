import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nextCronAfter, readCron } from '../../../core/heartbeat/cron.ts';

// Reference cases beside the checkout: Debian cron's days of daylight saving, as cronsim has them.

const folder = process.env['SUITES_DIR'] ?? join(import.meta.dirname, '../../../../shared/suites');
const file = join(folder, 'cron-cases.json');
const isHere = existsSync(file);
if (!isHere) console.log(`skipped: no reference cases at ${file}, set SUITES_DIR`);

type Cases = {
  readonly valid: readonly { readonly expr: string; readonly valid: boolean }[];
  readonly next: readonly {
    readonly schedule: string;
    readonly tz: string;
    readonly after: string;
    readonly next_utc: readonly string[];
  }[];
};

describe.skipIf(!isHere)('reference cases', () => {
  const { valid, next } = (isHere ? JSON.parse(readFileSync(file, 'utf8')) : { valid: [], next: [] }) as Cases;

  test.each(valid.filter(each => each.valid))('$expr is a schedule', ({ expr }) => {
    expect(() => readCron(expr)).not.toThrow();
  });

  test.each(valid.filter(each => !each.valid))('$expr is none', ({ expr }) => {
    expect(() => readCron(expr)).toThrow();
  });

  test.each(next)('$schedule in $tz after $after', ({ schedule, tz, after, next_utc: due }) => {
    const cron = readCron(schedule);
    let atMs: number | undefined = Date.parse(after);
    for (const each of due) {
      atMs = nextCronAfter(cron, tz, atMs!);
      expect(atMs === undefined ? 'never' : new Date(atMs).toISOString()).toBe(new Date(each).toISOString());
    }
  });
});
