import { afterEach, expect, test, vi } from 'vitest';
import type { Collector } from '../../bin/commands/collector.ts';
import { Complaint } from '../../bin/commands/complaint.ts';
import { statusCommand } from '../../bin/commands/status.ts';
import { limits } from '../../core/limits.ts';
import { memoryPorts } from '../../io/memory/ports.ts';

const few = 3;
const many = limits.statusTargetsRead + 1;

/** A collector of so many targets; the first is down. `up` fails where it is not to be read. */
const collectorOf = async (targets: number, answers: { up: boolean; records: boolean }) => {
  const ports = memoryPorts({ startMs: 1_760_000_000_000 });
  const asked: string[] = [];
  for (let at = 0; at < targets; at += 1)
    await ports.targets.put({ id: `t${at}`, url: `http://t${at}/metrics`, job: 'j', instance: `t${at}` });
  const instances = Array.from({ length: targets }, (_, at) => `t${at}`);
  const get = async (path: string): Promise<unknown> => {
    asked.push(path.split('?')[0]!);
    if (path.startsWith('/v1/sources')) {
      if (!answers.records) return { error: 'no records' };
      // The last one is not scraped yet.
      const state = (at: number): string => (at === 0 ? 'down' : at === targets - 1 ? 'new' : 'up');
      return { sources: instances.map((instance, at) => ({ kind: 'target', job: 'j', instance, state: state(at) })) };
    }
    if (!answers.up) throw new Complaint('too much to do');
    const result = instances
      .slice(0, -1)
      .map((instance, at) => ({ metric: { job: 'j', instance }, value: [1, at === 0 ? '0' : '1'] }));
    return { status: 'success', data: { result } };
  };
  const collector = {
    name: 'x',
    url: 'http://x',
    ports,
    get,
    counted: async () => ({ since: 'ever', values: {} }),
    buffered: async () => 0,
    quarantined: async () => 0,
  } as unknown as Collector;
  return { collector, asked };
};

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

test.each([
  ['few, by their scrapes', few, { up: true, records: true }, '1 of 3 up', ['/api/v1/query']],
  [
    'few, by their records where the scrapes cannot be read',
    few,
    { up: false, records: true },
    '1 of 3 up, by their records',
    ['/api/v1/query', '/v1/sources'],
  ],
  ['as many as are read', many - 1, { up: true, records: true }, `${many - 3} of ${many - 1} up`, ['/api/v1/query']],
  [
    'many, by their records',
    many,
    { up: true, records: true },
    `${many - 2} of ${many} up, by their records`,
    ['/v1/sources'],
  ],
  [
    'nobody knows',
    many,
    { up: true, records: false },
    `${many}, of which it cannot be said who is up`,
    ['/v1/sources'],
  ],
  ['none, and nobody is asked', 0, { up: true, records: true }, 'none', []],
])('targets: %s', async (_, targets, answers, text, paths) => {
  const { collector, asked } = await collectorOf(targets, answers);
  const print = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  await statusCommand(async () => collector).parseAsync(['--json'], { from: 'user' });
  const report = JSON.parse(print.mock.calls[0]![0] as string) as { targets: { text: string; troubled: string[] } };
  expect(report.targets.text).toBe(text);
  expect(asked).toEqual(paths);
  if (answers.records && targets > 0)
    expect(report.targets.troubled.slice(0, 2)).toEqual(['j/t0: down', `j/t${targets - 1}: not scraped yet`]);
});
