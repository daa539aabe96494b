import { describe, expect, test } from 'vitest';
import type { HttpGet } from '../../io/ports.ts';
import { memoryBuilding } from './building.ts';

const startMs = Date.UTC(2026, 5, 1, 12, 0, 0);
const second = 1_000;
const minute = 60 * second;

const url = 'http://node.example:9100/metrics';
const row = { id: 'node/a', url, job: 'node', interval: '15s' };
const own = '"instance":"node.example:9100","job":"node"';

const running = async () => {
  const house = memoryBuilding({ startMs });
  await house.tick();
  return house;
};

type House = Awaited<ReturnType<typeof running>>;

/** What the target's server was asked, in order; it answers what `answer` says. */
const listening = (house: House, answer: (asked: HttpGet) => string | undefined): HttpGet[] => {
  const asked: HttpGet[] = [];
  house.ports.http.get = async (request: HttpGet) => {
    asked.push(request);
    const page = answer(request);
    return page === undefined
      ? { ok: false, problem: 'connect', reason: 'connect ECONNREFUSED', durationMs: 1 }
      : { ok: true, status: 200, contentType: 'text/plain', body: Buffer.from(page), durationMs: 1 };
  };
  return asked;
};

describe('a target that is gone', () => {
  test('ends with all its series, up among them, at the instant up to which it was ordered', async () => {
    const house = await running();
    house.ports.http.pages.set(url, 'm 1\n');
    await house.register(row);
    await house.pass(2 * minute);
    expect(Object.keys(await house.values('{job="node"}'))).toHaveLength(6);
    await house.unregister('node/a');
    await house.pass(2 * minute + 10 * second);
    expect(await house.values('{job="node"}')).toEqual({});
    const past = `/api/v1/query?${new URLSearchParams({ query: 'm', time: String((startMs + 2 * minute) / 1_000) })}`;
    expect((await house.get(past)).data).toMatchObject({ result: [{ value: [expect.any(Number), '1'] }] });
  });

  test('has no hole where its row is back before then', async () => {
    const house = await running();
    house.ports.http.pages.set(url, 'm 1\n');
    await house.register({ ...row, interval: '1m' });
    await house.pass(2 * minute);
    await house.unregister('node/a');
    await house.pass(3 * second);
    await house.register({ ...row, interval: '1m' });
    for (let passed = 0; passed < 4 * minute; passed += 5 * second) {
      await house.pass(5 * second);
      expect(await house.values('{__name__=~"m|up"}')).toEqual({ [`m{${own}}`]: '1', [`up{${own}}`]: '1' });
    }
  });

  test('ends where its row comes back as another source', async () => {
    const house = await running();
    house.ports.http.pages.set(url, 'm 1\n');
    await house.register(row);
    await house.pass(2 * minute);
    await house.unregister('node/a');
    await house.pass(3 * second);
    await house.register({ ...row, job: 'other' });
    await house.pass(2 * minute + 10 * second);
    expect(await house.values('m')).toEqual({ 'm{"instance":"node.example:9100","job":"other"}': '1' });
  });

  test('ends where its row changes its source, and goes on under the new one', async () => {
    const house = await running();
    house.ports.http.pages.set(url, 'm 1\n');
    await house.register(row);
    await house.pass(2 * minute);
    await house.register({ ...row, job: 'other' });
    await house.pass(2 * minute + 10 * second);
    expect(await house.values('m')).toEqual({ 'm{"instance":"node.example:9100","job":"other"}': '1' });
  });

  test('does not end what another target of the same source goes on to say', async () => {
    const house = await running();
    house.ports.http.pages.set(url, 'm 1\n');
    house.ports.http.pages.set(`${url}2`, 'n 1\n');
    await house.register(row);
    await house.register({ ...row, id: 'b', url: `${url}2` });
    await house.tick();
    await house.pass(2 * minute);
    expect(await house.values('{__name__=~"m|n"}')).toEqual({ [`m{${own}}`]: '1', [`n{${own}}`]: '1' });
    await house.unregister('node/a');
    await house.pass(2 * minute + 10 * second);
    expect(await house.values('n')).toEqual({ [`n{${own}}`]: '1' });
  });
});

describe('retries', () => {
  test.each([
    { retries: 0, failing: 1, up: '0', attempts: '1' },
    { retries: 2, failing: 1, up: '1', attempts: '2' },
    { retries: 2, failing: 2, up: '1', attempts: '3' },
    { retries: 2, failing: 3, up: '0', attempts: '3' },
  ])('$retries after $failing failures: up $up, $attempts attempts', async ({ retries, failing, up, attempts }) => {
    const house = await running();
    let tries = 0;
    listening(house, () => {
      tries += 1;
      return tries <= failing ? undefined : 'm 1\n';
    });
    await house.register({ ...row, interval: '1m', retries });
    await house.pass(59 * second);
    await house.pass(2 * second);
    await house.pass(10 * second);
    expect(await house.values('{__name__=~"up|up_reason|scrape_attempts"}')).toEqual({
      [`up{${own}}`]: up,
      ...(retries > 0 && { [`scrape_attempts{${own}}`]: attempts }),
      ...(up === '0' && {
        [`up_reason{${own.replace('"job":"node"', '"job":"node","reason":"SCRAPE_CONNECT"')}}`]: '1',
      }),
    });
  });
});

describe('credentials', () => {
  const secretly = async (auth: object, hosts: readonly string[], text = 's3cret') => {
    const house = await running();
    house.ports.secrets.texts.set('scrapes/shop', text);
    house.ports.parameters.texts.set('/scrapes/shop', text);
    house.ports.scrapeGrants.push(
      { kind: 'secret', name: 'scrapes/shop', hosts },
      { kind: 'parameter', name: '/scrapes/shop', hosts },
    );
    const asked = listening(house, ({ form }) =>
      form === undefined ? 'm 1\n' : '{"access_token":"t0ken","expires_in":3600}',
    );
    await house.register({ ...row, auth });
    await house.pass(40 * second);
    return { house, asked };
  };

  test.each<[name: string, auth: object, text: string, shown: object]>([
    [
      'basic',
      { type: 'basic', username: 'u', secret: 'scrapes/shop' },
      's3cret\n',
      { authorization: 'Basic dTpzM2NyZXQ=' },
    ],
    [
      'basic of a whole',
      { type: 'basic', parameter: '/scrapes/shop' },
      'u:s3cret',
      { authorization: 'Basic dTpzM2NyZXQ=' },
    ],
    ['bearer', { type: 'bearer', secret: 'scrapes/shop' }, 's3cret', { authorization: 'Bearer s3cret' }],
    [
      'a field',
      { type: 'bearer', secret: 'scrapes/shop', field: 'a' },
      '{"a":"s3cret"}',
      { authorization: 'Bearer s3cret' },
    ],
    ['a header', { type: 'header', name: 'X-Api-Key', secret: 'scrapes/shop' }, 's3cret', { 'x-api-key': 's3cret' }],
    [
      'oauth2',
      { type: 'oauth2', client_id: 'c', token_url: 'http://node.example/token', secret: 'scrapes/shop' },
      's3cret',
      { authorization: 'Bearer t0ken' },
    ],
  ])('%s is shown to its host', async (_, auth, text, shown) => {
    const { house, asked } = await secretly(auth, ['node.example'], text);
    expect(asked.findLast(({ form }) => form === undefined)).toMatchObject({ url, credentials: shown });
    expect(asked.filter(({ form }) => form !== undefined).length).toBeLessThanOrEqual(1);
    expect(await house.values('up')).toEqual({ [`up{${own}}`]: '1' });
  });

  test('a certificate goes into the handshake', async () => {
    const { asked } = await secretly(
      { type: 'mtls', secret: 'scrapes/shop' },
      ['*.example'],
      '{"cert":"C","key":"K","ca":"A"}',
    );
    expect(asked[0]).toMatchObject({ tls: { cert: 'C', key: 'K', ca: 'A' } });
  });

  test.each<[name: string, auth: object, hosts: readonly string[], text: string, detail: RegExp]>([
    [
      'another host',
      { type: 'bearer', secret: 'scrapes/shop' },
      ['other.example'],
      's3cret',
      /is not for node\.example:9100/,
    ],
    [
      'another port',
      { type: 'bearer', secret: 'scrapes/shop' },
      ['node.example:9101'],
      's3cret',
      /is not for node\.example:9100/,
    ],
    ['a suffix of its name', { type: 'bearer', secret: 'scrapes/shop' }, ['*.ode.example'], 's3cret', /is not for/],
    ['another secret', { type: 'bearer', secret: 'other' }, ['node.example'], 's3cret', /no secret other is granted/],
    ['another kind', { type: 'bearer', parameter: 'scrapes/other' }, ['node.example'], 's3cret', /no parameter/],
    [
      'a broken header',
      { type: 'bearer', secret: 'scrapes/shop' },
      ['node.example'],
      's3c\r\nret',
      /no header may have/,
    ],
    [
      'no such field',
      { type: 'bearer', secret: 'scrapes/shop', field: 'b' },
      ['node.example'],
      '{"a":"s3cret"}',
      /no text under b/,
    ],
    [
      'half a certificate',
      { type: 'mtls', secret: 'scrapes/shop' },
      ['node.example'],
      '{"cert":"s3cret"}',
      /is no JSON with/,
    ],
    [
      'tokens from elsewhere',
      { type: 'oauth2', client_id: 'c', token_url: 'http://other.example/token', secret: 'scrapes/shop' },
      ['node.example'],
      's3cret',
      /is not for other\.example/,
    ],
    ['a signature in the clear', { type: 'sigv4', region: 'eu-west-1' }, [], '', /https alone/],
  ])('nothing is asked and nothing shown: %s', async (_, auth, hosts, text, detail) => {
    const { house, asked } = await secretly(auth, hosts, text);
    expect(asked).toEqual([]);
    expect(await house.values('{__name__=~"up|up_reason"}')).toMatchObject({ [`up{${own}}`]: '0' });
    expect(Object.keys(await house.values('up_reason'))[0]).toContain('"reason":"SCRAPE_AUTH"');
    const { activeTargets } = (await house.get('/api/v1/targets')).data as { activeTargets: { lastError: string }[] };
    expect(activeTargets[0]?.lastError).toMatch(detail);
    const everything = JSON.stringify([
      house.ports.log.lines,
      house.ports.alarms.rung,
      [...house.ports.targets.rows.values()],
      activeTargets,
    ]);
    if (text !== '') expect(everything).not.toContain('s3c');
  });
});

describe('/api/v1/targets', () => {
  test('says how each target does, when it is next, and what is dropped or cannot be read', async () => {
    const house = await running();
    house.ports.http.pages.set(url, 'm 1\n');
    await house.register(row);
    await house.register({ ...row, id: 'node/b', url: 'http://other.example:9100/metrics?a=b' });
    await house.register({ id: 'gone', url, relabel: [{ action: 'drop', source_labels: ['__address__'] }] });
    await house.register({ id: 'bad', url: 'nonsense' });
    await house.pass(2 * minute);
    const { data } = await house.get('/api/v1/targets');
    const { activeTargets, ...rest } = data as { activeTargets: Record<string, unknown>[] };
    expect(activeTargets).toEqual([
      {
        discoveredLabels: {
          __address__: 'node.example:9100',
          __metrics_path__: '/metrics',
          __scheme__: 'http',
          __scrape_interval__: '15s',
          __scrape_timeout__: '10s',
          job: 'node',
        },
        labels: { instance: 'node.example:9100', job: 'node' },
        scrapePool: 'node',
        scrapeUrl: url,
        globalUrl: url,
        lastError: '',
        lastScrape: expect.stringMatching(/^2026-06-01T12:01:/),
        lastScrapeDuration: 0.001,
        health: 'up',
        scrapeInterval: '15s',
        scrapeTimeout: '10s',
        nextScrape: expect.stringMatching(/^2026-06-01T12:02:/),
      },
      expect.objectContaining({
        scrapeUrl: 'http://other.example:9100/metrics?a=b',
        health: 'down',
        lastError: 'SCRAPE_CONNECT: connect ECONNREFUSED',
      }),
    ]);
    expect(rest).toEqual({
      droppedTargets: [{ discoveredLabels: expect.objectContaining({ __address__: 'node.example:9100' }) }],
      droppedTargetCounts: { default: 1 },
      invalidTargets: [{ id: 'bad', problem: expect.stringContaining('expected an http or https URL') }],
    });
    expect((await house.get('/api/v1/targets?state=dropped')).data).toMatchObject({ activeTargets: [] });
    expect((await house.get('/api/v1/targets?state=active&scrapePool=no')).data).toMatchObject({
      activeTargets: [],
      droppedTargets: [],
    });
  });
});

test('a note on a row orders nothing again, a change of the row does', async () => {
  const house = await running();
  let orders = 0;
  const { send } = house.ports.scrapes;
  house.ports.scrapes.send = messages => {
    orders += messages.length;
    return send.call(house.ports.scrapes, messages);
  };
  house.ports.reach = { ...house.ports.reach, public: address => !address.startsWith('10.') };
  const forbidden = { ...row, url: 'http://10.0.0.1:9100/metrics' };
  await house.register(forbidden);
  expect(house.ports.targets.rows.get(row.id)?.['problem']).toMatch(/10\.0\.0\.1 is not a public address/);
  const before = orders;
  expect(before).toBeGreaterThan(0);
  await house.noted(forbidden);
  expect(orders).toBe(before);
  await house.register({ ...forbidden, interval: '10s' });
  expect(orders).toBeGreaterThan(before);
});
