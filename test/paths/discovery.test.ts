import { expect, test } from 'vitest';
import { discover } from '../../functions/discover.ts';
import type { HttpAnswer, HttpGet } from '../../io/ports.ts';
import { memoryBuilding } from './building.ts';

const startMs = Date.UTC(2026, 5, 1, 12, 0, 0);
const second = 1_000;
const minute = 60 * second;

const list = 'https://registry.example/targets';

const json = (value: unknown): HttpAnswer => ({
  ok: true,
  status: 200,
  contentType: 'application/json',
  body: new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value)),
  durationMs: 1,
});

const housed = async (answer: HttpAnswer | undefined) => {
  const house = memoryBuilding({ startMs });
  await house.tick();
  for (const name of ['a', 'b', 'c'])
    house.ports.http.pages.set(`http://${name}:9100/metrics`, `m{from="${name}"} 1\n`);
  if (answer !== undefined) house.ports.http.pages.set(list, answer);
  await house.register({
    id: 'sd',
    kind: 'http_sd',
    url: list,
    job: 'found',
    interval: '15s',
    labels: { env: 'prod' },
  });
  return house;
};

const rowsOf = (house: Awaited<ReturnType<typeof housed>>) => [...house.ports.targets.rows.keys()].sort();

test('targets of a list are scraped, follow what it lists, and go with it', async () => {
  const house = await housed(json([{ targets: ['a:9100', 'b:9100'], labels: { rack: '1' } }]));
  // At once, without a tick.
  expect(rowsOf(house)).toEqual(['sd', 'sd/found/a:9100', 'sd/found/b:9100']);
  expect(house.ports.targets.rows.get('sd/found/a:9100')).toEqual({
    id: 'sd/found/a:9100',
    address: 'a:9100',
    job: 'found',
    interval: '15s',
    labels: { __meta_url: list, env: 'prod', rack: '1' },
    discovered_by: 'sd',
  });
  await house.pass(3 * minute);
  const seen = Object.keys(await house.values('m'));
  expect(seen).toHaveLength(2);
  expect(seen[0]).toContain('"env":"prod"');
  expect(seen[0]).not.toContain('__meta');

  house.ports.http.pages.set(list, json([{ targets: ['b:9100', 'c:9100'], labels: { rack: '1' } }]));
  await house.pass(minute);
  expect(rowsOf(house)).toEqual(['sd', 'sd/found/b:9100', 'sd/found/c:9100']);

  await house.unregister('sd');
  expect(rowsOf(house)).toEqual([]);
});

test('a list that cannot be had leaves its targets, and says so on its row', async () => {
  const house = await housed(json([{ targets: ['a:9100'] }]));
  for (const [answer, problem] of [
    [undefined, /ECONNREFUSED/],
    [json('nonsense'), /answers no JSON/],
    [json({}), /answers no list/],
    [
      json([{ targets: ['a:9100'] }, { targets: 'b:9100' }]),
      /answers something else than a list of \{targets, labels\}/,
    ],
    [json([null]), /answers something else/],
    [json([1]), /answers something else/],
    [json([{ targets: null }]), /answers something else/],
    [json([{ targets: [9100] }]), /answers something else/],
    [json([{ targets: ['b:9100'], labels: ['x'] }]), /answers something else/],
    [json([{ targets: ['a:9100', 'no host'] }]), /no host was not taken/],
  ] as const) {
    if (answer === undefined) house.ports.http.pages.delete(list);
    else house.ports.http.pages.set(list, answer);
    await house.pass(minute);
    expect(rowsOf(house)).toEqual(['sd', 'sd/found/a:9100']);
    expect(house.ports.targets.rows.get('sd')?.['problem']).toMatch(problem);
  }
  house.ports.http.pages.set(list, json([{ targets: ['a:9100'] }]));
  await house.pass(minute);
  expect(house.ports.targets.rows.get('sd')?.['problem'] ?? null).toBeNull();
});

test('a target that cannot be one keeps none that are listed no more', async () => {
  const house = await housed(json([{ targets: ['a:9100', 'b:9100'] }]));
  house.ports.http.pages.set(list, json([{ targets: ['no host', 'b:9100'] }]));
  await house.pass(minute);
  expect(rowsOf(house)).toEqual(['sd', 'sd/found/b:9100']);
});

test('a list that says the same writes nothing, and is asked as often as it says', async () => {
  const house = await housed(json([{ targets: ['a:9100'] }]));
  await house.register({ id: 'sd', kind: 'http_sd', url: list, job: 'found', interval: '15s', refresh_interval: '5m' });
  let puts = 0;
  let asked = 0;
  const { put } = house.ports.targets;
  house.ports.targets.put = row => {
    puts += 1;
    return put.call(house.ports.targets, row);
  };
  const { get } = house.ports.http;
  house.ports.http.get = request => {
    if (request.url === list) asked += 1;
    return get.call(house.ports.http, request);
  };
  await house.pass(15 * minute);
  expect({ puts, asked }).toEqual({ puts: 0, asked: 3 });
});

test('a list whose own row is wrong says so', async () => {
  const house = await housed(undefined);
  await house.register({ id: 'bad', kind: 'http_sd', url: 'file:///etc/passwd' });
  await house.pass(minute);
  expect(house.ports.targets.rows.get('bad')?.['problem']).toMatch(/url: .*expected an http or https URL/);
});

test('a list may be asked with credentials, which are shown to it alone', async () => {
  const house = await housed(json([{ targets: ['a:9100'] }]));
  const shown: unknown[] = [];
  const { get } = house.ports.http;
  house.ports.http.get = request => {
    const { url, credentials } = request as { readonly url: string; readonly credentials?: unknown };
    shown.push([url, credentials]);
    return get.call(house.ports.http, request);
  };
  const row = { id: 'sd', kind: 'http_sd', url: list, job: 'found', list_auth: { type: 'bearer', secret: 'registry' } };
  await house.register(row);
  expect(house.ports.targets.rows.get('sd')?.['problem']).toMatch(
    /no secret registry is granted to scrapes: name it in scrapeSecrets; for lists it says lists: true there/,
  );
  // What was listed before stays.
  expect(rowsOf(house)).toEqual(['sd', 'sd/found/a:9100']);
  expect(shown).toEqual([]);

  house.ports.secrets.texts.set('registry', 'hunter2');
  house.ports.scrapeGrants.push({ kind: 'secret', name: 'registry', hosts: ['registry.example'] });
  await house.register({ ...row, interval: '15s' });
  expect(shown).toEqual([[list, { authorization: 'Bearer hunter2' }]]);
  expect(house.ports.targets.rows.get('sd')?.['problem'] ?? null).toBeNull();
  expect(JSON.stringify([...house.ports.targets.rows.values()].slice(1))).not.toMatch(/list_auth|registry"/);
});

test('a list that only a VPC can reach is left to who stands there', async () => {
  const house = await housed(json([{ targets: ['a:9100'] }]));
  const row = { id: 'in', kind: 'http_sd', url: list, job: 'in', network: 'vpc' };
  await house.register(row);
  expect(house.ports.targets.rows.get('in')?.['problem']).toMatch(
    /set discovery: \{ vpcLists: true \}, beside vpcScraping/,
  );
  house.ports.discoveries.add('vpc_http_sd');
  await house.pass(minute);
  expect(rowsOf(house)).not.toContain('in/in/a:9100');
  const insider = { ...house.ports, discoveries: new Set(['vpc_http_sd'] as const) };
  await (discover(insider) as unknown as (event: unknown, context: unknown) => Promise<void>)({ scheduledAt: '' }, {});
  expect(house.ports.targets.rows.get('in/in/a:9100')).toMatchObject({ network: 'vpc', discovered_by: 'in' });
  // Asked from outside, its targets scraped inside.
  await house.register({ ...row, list_network: 'public', job: 'other' });
  expect(rowsOf(house)).toContain('in/other/a:9100');
});

test('an entry that no row can hold is said, and the others are found', async () => {
  const house = await housed(
    json([
      { targets: ['b:9100'], labels: { job: 'x'.repeat(3_000) } },
      { targets: ['c:9100'], labels: { job: 'x'.repeat(2_040) } },
      { targets: ['a:9100'] },
    ]),
  );
  expect(rowsOf(house)).toEqual(['sd', 'sd/found/a:9100']);
  const problem = String(house.ports.targets.rows.get('sd')?.['problem']);
  expect(problem).toMatch(/b:9100 was not taken: .*job: bad_row: is longer than 2048 bytes/);
  expect(problem).toMatch(/c:9100 was not taken: id: bad_row: is longer than 2048 bytes/);
  expect(problem.length).toBeLessThan(1_000);
});

test('a list whose targets cannot be kept says so, and holds up nobody', async () => {
  const house = await housed(json([{ targets: ['a:9100'] }]));
  await house.register({ id: 'other', kind: 'http_sd', url: `${list}/gone`, job: 'other' });
  await house.unregister('other');
  const { put } = house.ports.targets;
  house.ports.targets.put = row =>
    row['discovered_by'] === 'sd' ? Promise.reject(new Error('no room')) : put.call(house.ports.targets, row);
  house.ports.http.pages.set(list, json([{ targets: ['b:9100'] }]));
  await house.ports.targets.put({ id: 'left', url: 'http://a:9100/metrics', discovered_by: 'nobody' });
  await house.pass(minute);
  expect(house.ports.targets.rows.get('sd')?.['problem']).toBe('no room');
  expect(rowsOf(house)).toEqual(['sd', 'sd/found/a:9100']);
});

test('a list whose targets could not be read keeps those it has, and says so', async () => {
  const house = await housed(json([{ targets: ['a:9100'] }]));
  const row = { id: 'sd', kind: 'http_sd', url: list, job: 'found', interval: '15s' };
  await house.register({ ...row, metric_relabel: [{ action: 'kep' }] });
  await house.pass(minute);
  expect(house.ports.targets.rows.get('sd')?.['problem']).toMatch(/^metric_relabel\.0\.action: /);
  expect(rowsOf(house)).toEqual(['sd', 'sd/found/a:9100']);
  await house.register({ ...row, interval: '5s', timeout: '6s' });
  expect(house.ports.targets.rows.get('sd')?.['problem']).toMatch(/^timeout: /);
  expect(rowsOf(house)).toEqual(['sd', 'sd/found/a:9100']);
  // Rules are for what is found: without its labels they may make nothing.
  house.ports.http.pages.set(list, json([{ targets: ['a:9100'], labels: { __meta_app: 'shop' } }]));
  await house.register({ ...row, relabel: [{ source_labels: ['__meta_app'], target_label: 'job' }] });
  expect(house.ports.targets.rows.get('sd')?.['problem'] ?? null).toBeNull();
  expect(rowsOf(house)).toEqual(['sd', 'sd/found/a:9100']);
  await house.register({ ...row, relabel: [{ action: 'drop', source_labels: ['__address__'], regex: 'a:.*' }] });
  expect(house.ports.targets.rows.get('sd')?.['problem'] ?? null).toBeNull();
  expect(rowsOf(house)).toEqual(['sd']);
});

test('a list may stand elsewhere, unless its row follows no redirects', async () => {
  const house = await housed(json([{ targets: ['a:9100'] }]));
  const asked: (number | undefined)[] = [];
  const { get } = house.ports.http;
  house.ports.http.get = request => {
    const { url, redirects } = request as HttpGet;
    if (url === list) asked.push(redirects);
    return get.call(house.ports.http, request);
  };
  const row = { id: 'sd', kind: 'http_sd', url: list, job: 'found' };
  // Of targets, what the row says of them.
  await house.register({ ...row, follow_redirects: false });
  await house.register({ ...row, list_follow_redirects: false, follow_redirects: true });
  expect(asked).toEqual([10, undefined]);
  expect(house.ports.targets.rows.get('sd/found/a:9100')).toMatchObject({ follow_redirects: true });
  expect(house.ports.targets.rows.get('sd/found/a:9100')).not.toHaveProperty('list_follow_redirects');
});
