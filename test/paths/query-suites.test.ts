import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packSnappy } from '../core/protocol/snappy-writer.ts';
import { WireWriter } from '../core/protocol/wire-writer.ts';
import { CollectorProcess, eventually } from './collector-process.ts';

// Reference cases that stand beside the checkout, asked of a running collector by HTTP. They are not ours to copy.

const folder = process.env['SUITES_DIR'] ?? join(import.meta.dirname, '../../../shared/suites');
const names = ['promql-v2.42.json', 'query-api-goldens.json', 'grafana-calls.json'];
const there = names.every(name => existsSync(join(folder, name)));
if (!there) console.log(`skipped: no reference cases in ${folder}, set SUITES_DIR`);
const read = (name: string) => (there ? JSON.parse(readFileSync(join(folder, name), 'utf8')) : []);

type Labels = Readonly<Record<string, string>>;
type Point = number | string | null;
type Load = {
  readonly step_ms: number;
  readonly series: readonly { readonly l: Labels; readonly p: readonly Point[] }[];
};
type Eval = {
  readonly line: number;
  readonly at_ms: number;
  readonly expr: string;
  readonly fail?: boolean;
  readonly want: readonly [Labels, number | string][];
  readonly scalar?: number | string;
  readonly range?: readonly number[];
  readonly rv?: readonly number[];
  readonly string?: string;
  readonly ordered?: boolean;
  readonly shiftable: boolean;
  readonly features: readonly string[];
};
type Block = { readonly file: string; readonly cmds: readonly { readonly load?: Load; readonly eval?: Eval }[] };
type Golden = {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ct: string;
  readonly top?: readonly string[];
  readonly errorType?: string;
  readonly error?: string;
  readonly data?: unknown;
  readonly dataKeys?: readonly string[];
};
const blocks: readonly Block[] = read('promql-v2.42.json');
const goldens: readonly Golden[] = read('query-api-goldens.json');
const calls: readonly { readonly method?: string; readonly path?: string; readonly params?: string }[] = there
  ? read('grafana-calls.json').calls
  : [];

const day = 86_400_000;
const yesterdayMs = Math.floor(Date.now() / day) * day - day;
/** Blocks do not see each other: each has days of its own, the last of them four months ago. */
const baseOf = (block: Block): number => yesterdayMs - (2 + 2 * blocks.indexOf(block)) * day;
const data = mkdtempSync(join(tmpdir(), 'sluice-suites-'));
let collector: CollectorProcess;

const bitsOf = (point: number | string): number | bigint =>
  point === 'stale'
    ? 0x7ff0000000000002n
    : point === 'NaN'
      ? 0x7ff8000000000001n
      : typeof point === 'number'
        ? point
        : Number(point.replace('Inf', 'Infinity'));

const write = async (load: Load, baseMs: number): Promise<void> => {
  const request = new WireWriter();
  for (const { l, p } of load.series) {
    const series = new WireWriter();
    for (const [name, value] of Object.entries(l).sort(([a], [b]) => (a < b ? -1 : 1)))
      series.message(1, new WireWriter().text(1, name).text(2, value));
    for (const [at, point] of p.entries())
      if (point !== null)
        series.message(2, new WireWriter().double(1, bitsOf(point)).varint(2, baseMs + at * load.step_ms));
    request.message(1, series);
  }
  const headers = { 'content-encoding': 'snappy', 'content-type': 'application/x-protobuf' };
  const body = packSnappy(request.done());
  const answer = await fetch(`${collector.url}/api/v1/write`, { method: 'POST', headers, body: Buffer.from(body) });
  expect([answer.status, await answer.text()]).toEqual([204, '']);
};

/** Until what was pushed before can be read: a mark is pushed, which comes out behind it. */
let marks = 0;
const settled = async (): Promise<void> => {
  marks += 1;
  await collector.push('/v1/push?job=mark', `mark ${marks}\n`);
  await eventually(
    30_000,
    () => collector.values('mark'),
    values => Object.values(values).includes(String(marks)),
  );
  await new Promise(wait => setTimeout(wait, 500));
};

const ask = async (path: string, parameters: Readonly<Record<string, string>>) => {
  const answer = await fetch(`${collector.url}${path}`, { method: 'POST', body: new URLSearchParams(parameters) });
  return { status: answer.status, body: (await answer.json()) as { data?: never; error?: string } };
};

beforeAll(async () => {
  if (!there) return;
  collector = await CollectorProcess.on(data, { SLUICE_RANGES: 'prometheus-2' });
  await collector.start();
}, 90_000);

afterAll(async () => {
  await collector?.end('SIGTERM');
  rmSync(data, { recursive: true, force: true });
});

/** Evaluations that Prometheus 3 answers otherwise than 2.42, whichever end of a range is included; see docs/promql.md. */
const changed = ['functions:137', 'functions:298', 'operators:479', 'operators:482'];
const experimental = new Set(['nh', 'nhcb', 'st', 'exp', 'utf8', 'neg', 'dup']);

const near = (a: number, b: number): boolean => {
  if (Object.is(a, b) || a === b) return true;
  const sum = Math.abs(a) + Math.abs(b);
  if (a === 0 || b === 0 || sum < 2.3e-308) return Math.abs(a - b) < 1e-12;
  return Math.abs(a - b) / Math.min(sum, Number.MAX_VALUE) < 1e-6;
};
const numberOf = (text: number | string): number => Number(String(text).replace('Inf', 'Infinity'));
const keyOf = (labels: Labels): string => JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));

/** What is wrong with an answer; '' where nothing is. */
const judged = (each: Eval, status: number, found: { readonly resultType: string; readonly result: never }): string => {
  if (each.fail) return status >= 400 && status < 500 ? '' : `answered ${status}`;
  if (status !== 200) return `answered ${status}`;
  if (each.string !== undefined) return (found.result as string[])[1] === each.string ? '' : 'another text';
  if (each.scalar !== undefined)
    return near(numberOf(each.scalar), numberOf((found.result as string[])[1]!)) ? '' : `got ${found.result}`;
  const rows = found.result as { metric: Labels; value?: [number, string] }[];
  if (rows.length !== each.want.length) return `${rows.length} series, want ${each.want.length}`;
  const values = new Map(rows.map(({ metric, value }) => [keyOf(metric), value?.[1] ?? '']));
  for (const [labels, value] of each.want)
    if (!near(numberOf(value), numberOf(values.get(keyOf(labels)) ?? 'absent')))
      return `${keyOf(labels)} is ${values.get(keyOf(labels))}, want ${value}`;
  return '';
};

describe.skipIf(!there)('reference cases of a running collector', () => {
  test('evaluations of Prometheus 2.42, over samples up to four months old', { timeout: 300_000 }, async () => {
    const done = new Map(blocks.map(block => [block, 0]));
    const differ: string[] = [];
    let evaluated = 0;
    while (blocks.some(block => done.get(block)! < block.cmds.length)) {
      for (const block of blocks) {
        const { load } = block.cmds[done.get(block)!] ?? {};
        if (load === undefined) continue;
        await write(load, baseOf(block));
        done.set(block, done.get(block)! + 1);
      }
      await settled();
      for (const block of blocks) {
        const baseMs = baseOf(block);
        for (;;) {
          const { eval: each } = block.cmds[done.get(block)!] ?? {};
          if (each === undefined) break;
          done.set(block, done.get(block)! + 1);
          if (!each.shiftable || each.features.some(feature => experimental.has(feature)) || each.range || each.rv)
            continue;
          evaluated += 1;
          const time = String((each.at_ms + baseMs) / 1_000);
          const { status, body } = await ask('/api/v1/query', { query: each.expr, time });
          const why = judged(each, status, body.data!);
          if (why !== '') differ.push(`${block.file}:${each.line} ${each.expr}: ${why}`);
        }
      }
    }
    expect(evaluated).toBeGreaterThan(450);
    expect(differ.filter(text => !changed.some(place => text.startsWith(`${place} `)))).toEqual([]);
    expect(differ.length).toBe(3);
  });

  describe("the API's own goldens", () => {
    const baseMs = yesterdayMs;
    const at = (seconds: number): string => String(baseMs / 1_000 + seconds);
    const span = { start: at(600), end: at(1_200), step: '60' };
    /** What the requests were: they are told by their names. Those that are not here are answered by other doors. */
    const asked: Readonly<Record<string, Readonly<Record<string, string>>>> = {
      'grafana health: 1+1 at t=4': { query: '1+1', time: '4' },
      'grafana buildinfo': {},
      'instant vector': { query: 'up', time: at(900) },
      'instant vector POST form': { query: 'up', time: at(900) },
      'instant scalar': { query: '1+1', time: at(900) },
      'instant string': { query: '"hi"', time: at(900) },
      'instant matrix': { query: 'up{instance="a:1"}[2m]', time: at(900) },
      'instant RFC3339 time': { query: 'vector(1)', time: new Date(baseMs + 900_000).toISOString() },
      'instant fractional time': { query: 'vector(1)', time: at(900.123) },
      'instant no time': { query: 'vector(1)' },
      'instant with timeout': { query: 'up', time: at(900), timeout: '5s' },
      'empty result': { query: 'nothing', time: at(900) },
      'lookback 5 m edge': { query: 'up{instance="a:1"}', time: at(3_899) },
      'lookback over': { query: 'up', time: at(3_901) },
      'range step duration': { query: 'up', start: at(600), end: at(1_200), step: '5m' },
      'range scalar expr': { query: '1', start: at(600), end: at(1_200), step: '5m' },
      'range start=end': { query: 'up', start: at(900), end: at(900), step: '60' },
      'range fractional step': { query: '1', start: at(0), end: at(2), step: '0.5' },
      'range quantile': { query: 'quantile(0.9, up)', start: at(600), end: at(1_200), step: '2m' },
      'err: syntax': { query: 'sum(', time: at(900) },
      'err: empty query': { query: '' },
      'err: missing query': {},
      'err: bad time': { query: 'up', time: 'yesterday' },
      'err: bad timeout': { query: 'up', timeout: 'x' },
      'err: unknown function': { query: 'foo(up)' },
      'err: type': { query: 'rate(up)' },
      'err: range matrix expr': { query: 'up[5m]', ...span },
      'err: step 0': { query: 'up', ...span, step: '0' },
      'err: negative step': { query: 'up', ...span, step: '-1' },
      'err: end before start': { query: 'up', start: at(1_200), end: at(600), step: '60' },
      'err: too many points': { query: 'up', start: at(0), end: at(86_400), step: '1' },
      'err: missing step': { query: 'up', start: at(0), end: at(60) },
      'err: bad regex': { query: 'up{a=~"("}' },
      'err: empty matcher': { query: '{a=""}' },
      series: { 'match[]': 'up', start: at(0), end: at(3_600) },
      'series POST': { 'match[]': 'up', start: at(0), end: at(3_600) },
      'series none': { 'match[]': 'nothing', start: at(0), end: at(3_600) },
      'err: series without match': {},
      'err: series bad match': { 'match[]': 'up{' },
      'label values unknown': { start: at(0), end: at(3_600) },
      'err: label values bad name': {},
      'label values POST is refused': {},
      targets: {},
      'status flags': {},
      'status runtimeinfo': {},
      'status tsdb': {},
      'unknown endpoint': {},
    };
    /** Numbers above 10^2 in a golden's times are seconds since its own beginning. */
    const shifted = (found: unknown, seconds: number): unknown =>
      JSON.parse(JSON.stringify(found), (_, value) =>
        Array.isArray(value) && value.length === 2 && typeof value[0] === 'number' && typeof value[1] === 'string'
          ? [Math.round((value[0] + seconds) * 1_000) / 1_000, value[1]]
          : value,
      );

    beforeAll(async () => {
      if (!there) return;
      const ones = Array<number>(121).fill(1);
      const series = ['a:1', 'b:1'].map(instance => ({ l: { __name__: 'up', job: 'api', instance }, p: ones }));
      await write({ step_ms: 30_000, series }, baseMs);
      await settled();
    }, 60_000);

    test.each(goldens.filter(({ name }) => Object.hasOwn(asked, name)))('$name', async golden => {
      const parameters = new URLSearchParams(asked[golden.name]!);
      const isForm = golden.method === 'POST';
      const address = `${collector.url}/api/v1/${golden.path}${isForm ? '' : `?${parameters}`}`;
      const answer = await fetch(address, { method: golden.method, ...(isForm && { body: parameters }) });
      const text = await answer.text();
      expect([answer.status, answer.headers.get('content-type')?.split(';')[0]]).toEqual([
        golden.status,
        golden.ct.split(';')[0],
      ]);
      if (golden.top === undefined) return;
      const body = JSON.parse(text) as { errorType?: string; error?: string; data?: object };
      expect(Object.keys(body).sort()).toEqual([...golden.top].sort());
      expect([body.errorType, body.error]).toEqual([golden.errorType, golden.error]);
      if (golden.dataKeys !== undefined)
        expect(Object.keys(body.data!)).toEqual(expect.arrayContaining([...golden.dataKeys]));
      const isOld = golden.name.startsWith('grafana health') || golden.name === 'instant no time';
      if (golden.data !== undefined && golden.name !== 'instant no time')
        expect(body.data).toEqual(shifted(golden.data, isOld ? 0 : golden.name.startsWith('err') ? 0 : baseMs / 1_000));
    });

    test('most of them are asked', () => {
      expect(goldens.filter(({ name }) => Object.hasOwn(asked, name)).length).toBeGreaterThan(44);
    });
  });

  test("Grafana's calls are answered with what it reads", async () => {
    const values: Readonly<Record<string, string>> = {
      query: 'up',
      start: String(yesterdayMs / 1_000),
      end: String(yesterdayMs / 1_000 + 3_600),
      step: '60',
      limit: '40000',
      'match[]': '{__name__!=""}',
    };
    let answered = 0;
    for (const { method = '', path, params = '' } of calls) {
      if (path === undefined || !path.startsWith('/api/v1/') || /query_exemplars|rules|alerts/.test(path)) continue;
      const parameters = new URLSearchParams();
      for (const part of params
        .split(';')[0]!
        .replace(/[[\]]match\[\]\]?|\[|\]/g, ' ')
        .split(/[,&\s]+/)) {
        const [name = '', value = values[name] ?? ''] = part.split('=');
        if (value !== '') parameters.set(name, value);
      }
      if (path.endsWith('/series')) parameters.set('match[]', '{__name__!=""}');
      const isForm = method.startsWith('POST');
      const address = `${collector.url}${path.replace('<name>', 'job')}${isForm ? '' : `?${parameters}`}`;
      const answer = await fetch(address, isForm ? { method: 'POST', body: parameters } : {});
      const body = (await answer.json()) as { status: string };
      expect([path, answer.status, body.status]).toEqual([path, 200, 'success']);
      answered += 1;
    }
    expect(answered).toBeGreaterThan(7);
  });
});
