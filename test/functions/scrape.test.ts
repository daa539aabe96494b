import type { Context, SQSEvent } from 'aws-lambda';
import { expect, test } from 'vitest';
import { scrape } from '../../functions/scrape.ts';
import { memoryPorts } from '../../io/memory/ports.ts';
import type { HttpGet } from '../../io/ports.ts';

const MiB = 2 ** 20;
const slotMs = Date.UTC(2026, 5, 1);

test.each([
  { memoryMiB: 128, row: {}, mostMiB: 4 },
  { memoryMiB: 160, row: {}, mostMiB: 5 },
  { memoryMiB: 512, row: {}, mostMiB: 16 },
  { memoryMiB: 1_024, row: {}, mostMiB: 16 },
  { memoryMiB: 160, row: { body_size_limit: '1MB' }, mostMiB: (MiB - 1) / MiB },
])('a worker of $memoryMiB MiB takes pages of $mostMiB MiB, row $row', async ({ memoryMiB, row, mostMiB }) => {
  const asked: HttpGet[] = [];
  const ports = { ...memoryPorts({ startMs: slotMs }), memoryBytes: memoryMiB * MiB };
  const get = async (request: HttpGet) => {
    asked.push(request);
    return { ok: false, problem: 'limit', reason: 'too long', durationMs: 1 } as const;
  };
  const order = {
    dueMs: slotMs,
    scrapes: [{ slotMs, report: false, shared: false, row: { id: 'a', url: 'http://a.example/metrics', ...row } }],
  };
  const event = { Records: [{ messageId: 'a', body: JSON.stringify(order) }] } as SQSEvent;
  expect(await scrape({ ...ports, http: { get } })(event, {} as Context)).toEqual({ batchItemFailures: [] });
  expect(asked.map(({ unpackedBytes }) => unpackedBytes / MiB)).toEqual([mostMiB]);
});
