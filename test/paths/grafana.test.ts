import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { beforeAll, describe, expect, test } from 'vitest';
import { rules } from '../../functions/rules.ts';
import { memoryBuilding } from './building.ts';

// The dashboard and the rules that users copy: every expression is asked of a collector that has what they are about.

const folder = join(import.meta.dirname, '../../examples');
const dashboard = JSON.parse(readFileSync(join(folder, 'grafana/sluice.json'), 'utf8')) as {
  readonly uid: string;
  readonly templating: { readonly list: readonly { readonly name: string }[] };
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly type: string;
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
    readonly targets?: readonly { readonly expr: string; readonly instant: boolean }[];
  }[];
};
const asked = dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(target => ({ title, ...target })));
const startMs = Date.UTC(2026, 5, 1);
let house: ReturnType<typeof memoryBuilding>;

beforeAll(async () => {
  house = memoryBuilding({ startMs });
  const text = readFileSync(join(folder, 'rules/rules.yml'), 'utf8');
  house.ports.rules.files = [{ name: 'rules.yml', text }];
  house.ports.http.pages.set('http://up:9100/metrics', 'a_total 1\nb 2\n');
  for (const [id, job] of [
    ['up', 'shop'],
    ['down', 'shop'],
    ['gone', 'other'],
  ])
    await house.register({ id, url: `http://${id}:9100/metrics`, job, interval: '15s' });
  for (let minute = 0; minute < 9; minute += 1) {
    await house.push('/metrics/job/batch', 'done 1\n');
    await house.pass(60_000);
    await rules(house.ports)({ scheduledAt: '' } as never, {} as never);
  }
  await house.pass(15_000);
}, 120_000);

const ask = async (expr: string, instant: boolean) => {
  const text = expr.replaceAll('$job', '.*').replaceAll('$__rate_interval', '1m');
  const seconds = house.ports.clock.nowMs() / 1_000;
  const span = instant ? { time: String(seconds) } : { start: String(seconds - 300), end: String(seconds), step: '15' };
  const path = instant ? 'query' : 'query_range';
  return (await house.get(`/api/v1/${path}?${new URLSearchParams({ query: text, ...span })}`)) as unknown as {
    readonly status: string;
    readonly error?: string;
    readonly warnings?: readonly string[];
    readonly infos?: readonly string[];
    readonly data: { readonly result: readonly object[] };
  };
};

describe("Grafana's dashboard", () => {
  test.each(asked)('$title: $expr', async ({ expr, instant }) => {
    const { status, error, warnings, infos, data } = await ask(expr, instant);
    expect([status, error, warnings, infos]).toEqual(['success', undefined, undefined, undefined]);
    // Whatever is asked about is there in this house: a name that nobody stores would show an empty panel for ever.
    expect(data.result.length).toBeGreaterThan(0);
  });

  test('has panels that stand beside each other, and only variables that it defines', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)} ${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    const known = new Set([...dashboard.templating.list.map(({ name }) => name), '__rate_interval']);
    for (const { expr } of asked)
      for (const [, name = ''] of expr.matchAll(/\$\{?(\w+)/g)) expect(known).toContain(name);
  });

  test('has a data source to go with it', () => {
    const { datasources } = load(readFileSync(join(folder, 'grafana/datasource.yml'), 'utf8')) as {
      datasources: { type: string; url: string; jsonData: { httpMethod: string } }[];
    };
    expect(datasources).toMatchObject([
      { type: 'prometheus', url: 'http://127.0.0.1:9640', jsonData: { httpMethod: 'POST' } },
    ]);
  });
});

test('the example rules fire for who is down', () => {
  const named = house.ports.alarms.rung.filter(({ kind }) => kind === 'FIRING').map(({ text }) => text);
  expect(named).toEqual([expect.stringContaining('only 0% of other can be scraped')]);
});
