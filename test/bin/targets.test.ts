import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { Collector } from '../../bin/commands/collector.ts';
import { targetsCommand } from '../../bin/commands/targets.ts';
import { memoryPorts } from '../../io/memory/ports.ts';

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

/** What a verb prints. */
const printed = async (collector: Partial<Collector>, ...words: string[]): Promise<string> => {
  let text = '';
  vi.spyOn(console, 'log').mockImplementation(line => (text += `${line}\n`));
  await targetsCommand(async () => collector as Collector).parseAsync(words, { from: 'user' });
  return text;
};

const listedBy = async (get: Collector['get']): Promise<unknown> => {
  const ports = memoryPorts({ startMs: 1_760_000_000_000 });
  for (const job of ['daily', 'down', 'new'])
    await ports.targets.put({ id: job, url: `http://${job}:80/metrics`, job, interval: '1d' });
  const rows = JSON.parse(await printed({ ports, get }, 'list', '--json')) as { id: string; up: string }[];
  return Object.fromEntries(rows.map(({ id, up }) => [id, up]));
};

const labelsOf = (job: string) => ({ job, instance: `${job}:80` });

test('a target of a long interval is as its last scrape said', async () => {
  const asked = await listedBy(async path => {
    // Its last scrape is longer ago than an instant query looks.
    if (!path.startsWith('/api/v1/targets')) return { status: 'success', data: { result: [] } };
    const activeTargets = [
      { labels: labelsOf('daily'), health: 'up' },
      { labels: labelsOf('down'), health: 'down' },
      { labels: labelsOf('new'), health: 'unknown' },
    ];
    return { status: 'success', data: { activeTargets } };
  });
  expect(asked).toEqual({ daily: '1', down: '0', new: 'not yet' });
});

test('of more targets than one answer has, it is what an instant query says', async () => {
  const asked = await listedBy(async path =>
    path.startsWith('/api/v1/targets')
      ? { status: 'error', error: 'too much' }
      : { status: 'success', data: { result: [{ metric: labelsOf('daily'), value: [1, '1'] }] } },
  );
  expect(asked).toEqual({ daily: '1', down: 'not yet', new: 'not yet' });
});

test.each([
  ['- targets: [a:1]', undefined, 'would take 1 targets, 0 notes\n'],
  ['scrape_configs: { job_name: j }', 1, 'scrape_configs: is no list'],
  ['jobs: []', 1, 'jobs: is not about targets'],
])('the import of %s ends with %s', async (text, code, said) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-targets-'));
  try {
    writeFileSync(join(folder, 'a.yml'), text);
    expect(await printed({}, 'import', '--dry-run', join(folder, 'a.yml'))).toContain(said);
    expect(process.exitCode).toBe(code);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
