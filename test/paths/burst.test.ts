import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { burst } from './burst.ts';
import { CollectorProcess } from './collector-process.ts';

// The short form of `npm run bench:burst`.

let data: string;
let collector: CollectorProcess;

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'sluice-burst-'));
  collector = await CollectorProcess.on(data);
  await collector.start();
}, 120_000);
afterAll(async () => {
  await collector.end('SIGINT');
  rmSync(data, { recursive: true, force: true });
}, 60_000);

test('everything that many push at once is stored, and stored once', async () => {
  const { results, producers, datagrams, stored, balance } = await burst(collector, 300, 140, 200);
  expect([results.acknowledged, results.given, producers.acknowledged, producers.given]).toEqual([300, 0, 140, 0]);
  expect(stored).toEqual({ results: 300, producers: 140, once: true });
  expect(datagrams.stored).toBe(datagrams.came);
  // Whatever was refused may have been stored as well, and is merged.
  expect(balance['Stored']! + balance['Merged']!).toBe(balance['Accepted']);
}, 240_000);
