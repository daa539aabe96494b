import { load as parse } from 'js-yaml';
import { describe, expect, test } from 'vitest';
import { readDiscovery } from '../../../core/scrape/discovery.ts';
import { importTargets } from '../../../core/scrape/import.ts';
import { readTarget } from '../../../core/scrape/target.ts';

const config = parse(`
global:
  scrape_interval: 15s
  scrape_timeout: 5s
  external_labels: { region: eu }
rule_files: [a.yml]
scrape_configs:
  - job_name: node
    static_configs:
      - targets: ['10.0.0.1:9100', '10.0.0.2:9100']
        labels: { env: prod, rack: 7 }
      - targets: ['10.0.0.1:9100']
        labels: { instance: one, job: other }
  - job_name: shop
    scheme: https
    metrics_path: /internal/metrics
    scrape_interval: 30s
    honor_labels: true
    sample_limit: 1000
    body_size_limit: 10MB
    follow_redirects: false
    params: { module: [a, b] }
    basic_auth: { username: u, password: hunter2 }
    metric_relabel_configs:
      - { source_labels: [__name__], regex: 'go_.*', action: drop }
    static_configs: [{ targets: [shop.example.com] }]
    tls_config: { insecure_skip_verify: true }
  - job_name: probe it
    metrics_path: /probe
    params: { module: [http_2xx] }
    authorization: { type: Token, credentials: hunter2 }
    relabel_configs:
      - { source_labels: [__address__], target_label: __param_target }
      - { source_labels: [__param_target], target_label: instance }
      - { target_label: __address__, replacement: '127.0.0.1:9115' }
    static_configs: [{ targets: ['https://example.com', 'https://drop.example'] }]
    ec2_sd_configs: [{ region: eu-west-1 }]
  - job_name: fast
    scrape_interval: 1s
    static_configs: [{ targets: [x] }]
  - job_name: tokens
    oauth2: { client_id: c, client_secret: hunter2, token_url: 'https://id.example/token', scopes: [a] }
    static_configs: [{ targets: [y] }]
`) as unknown;

test('a prometheus.yml becomes rows, and says what was not taken', () => {
  const { rows: all, notes } = importTargets(config);
  const rows = all.filter(({ kind }) => kind === undefined);
  expect(all.filter(({ kind }) => kind !== undefined)).toMatchObject([{ id: 'probe it/ec2_sd', region: 'eu-west-1' }]);
  const targets = rows.map(row => readTarget(row).value!);
  expect(
    targets.map(({ id, url, job, instance, intervalMs, timeoutMs }) => [id, url, job, instance, intervalMs, timeoutMs]),
  ).toEqual([
    ['node/10.0.0.1:9100', 'http://10.0.0.1:9100/metrics', 'node', '10.0.0.1:9100', 15_000, 5_000],
    ['node/10.0.0.2:9100', 'http://10.0.0.2:9100/metrics', 'node', '10.0.0.2:9100', 15_000, 5_000],
    ['other/10.0.0.1:9100', 'http://10.0.0.1:9100/metrics', 'other', 'one', 15_000, 5_000],
    [
      'shop/shop.example.com',
      'https://shop.example.com/internal/metrics?module=a&module=b',
      'shop',
      'shop.example.com:443',
      30_000,
      5_000,
    ],
    [
      'probe it/https://example.com',
      'http://127.0.0.1:9115/probe?module=http_2xx&target=https%3A%2F%2Fexample.com',
      'probe it',
      'https://example.com',
      15_000,
      5_000,
    ],
    [
      'probe it/https://drop.example',
      'http://127.0.0.1:9115/probe?module=http_2xx&target=https%3A%2F%2Fdrop.example',
      'probe it',
      'https://drop.example',
      15_000,
      5_000,
    ],
    ['tokens/y', 'http://y/metrics', 'tokens', 'y:80', 15_000, 5_000],
  ]);
  expect(targets[0]).toMatchObject({
    labels: [
      ['env', 'prod'],
      ['rack', '7'],
    ],
    followRedirects: true,
  });
  expect(targets[3]).toMatchObject({
    honorLabels: true,
    followRedirects: false,
    limits: { samples: 1_000, bodyBytes: 10 * 1_024 * 1_024 },
    metricRelabel: expect.any(Function),
    auth: { type: 'basic', username: 'u', from: { kind: 'secret', name: 'scrapes/shop' } },
  });
  expect(targets[4]?.auth).toEqual({
    type: 'bearer',
    scheme: 'Token',
    from: { kind: 'secret', name: 'scrapes/probe_it' },
  });
  expect(targets[6]?.auth).toMatchObject({ type: 'oauth2', clientId: 'c', scopes: ['a'] });
  expect(notes).toEqual([
    'rule_files: is not about targets',
    'global.external_labels: are not put on anything here',
    'shop: tls_config was not taken: a certificate goes into auth {"type": "mtls"}, by the name of a secret',
    'shop: the password of basic_auth was not taken: put it into a secret named scrapes/shop, and name that in scrapeSecrets',
    'probe it: the credentials were not taken: put them into a secret named scrapes/probe_it, and name that in scrapeSecrets',
    expect.stringMatching(/^fast: x was not taken: interval: .*1 s is outside/),
    'tokens: the client_secret of oauth2 was not taken: put it into a secret named scrapes/tokens, and name that in scrapeSecrets',
  ]);
  expect(JSON.stringify([all, notes])).not.toContain('hunter2');
});

test.each([
  [[{ targets: ['a:1', 'b'], labels: { job: 'j', __metrics_path__: '/m' } }], ['http://a:1/m', 'http://b/m'], 0],
  [[{ targets: ['a:1'] }, { targets: ['a:1'] }], ['http://a:1/metrics'], 0],
  [[{ targets: ['a:1'] }, { targets: ['a:1'], labels: { x: 'y' } }], ['http://a:1/metrics', 'http://a:1/metrics'], 0],
  [[{ targets: ['a b'] }, { labels: {} }, 'x'], [], 3],
  ['text', [], 1],
  [null, [], 1],
  [{ scrape_configs: ['x', { job_name: 'j', static_configs: 'y' }] }, [], 1],
])('%j', (input, urls, notes) => {
  const imported = importTargets(input, { job: 'file' });
  expect(imported.rows.map(row => readTarget(row).value?.url)).toEqual(urls);
  expect(imported.notes).toHaveLength(notes);
  expect(new Set(imported.rows.map(({ id }) => id)).size).toBe(urls.length);
});

test.each([
  ['text', false],
  [{ jobs: [] }, false],
  [{ scrape_configs: { job_name: 'j' } }, false],
  [['a:1', 'b:1'], false],
  [[], true],
  [[{ targets: ['a b'] }, 'x'], true],
  [{ global: {}, rule_files: [] }, true],
  [{ scrape_configs: null }, true],
])('%j is understood: %s', (input, isUnderstood) => {
  expect(importTargets(input).isUnderstood).toBe(isUnderstood);
});

test('a map where jobs are listed is said', () => {
  expect(importTargets({ scrape_configs: { job_name: 'j' } }).notes).toEqual([
    'scrape_configs: is no list, each of which begins with "- job_name"',
  ]);
});

test.each(['user:hunter2@a:1', 'https://user:hunter2@a', 'user:a/hunter2@a:1'])(
  'a password in %s is repeated nowhere',
  address => {
    const { rows, notes } = importTargets([{ targets: [address] }]);
    expect(rows).toEqual([]);
    expect(notes).toEqual([expect.stringContaining('…@a')]);
    expect(notes.join()).not.toContain('hunter2');
  },
);

describe('discovery of Prometheus', () => {
  const imported = (job: object, options = {}) =>
    importTargets({ scrape_configs: [{ job_name: 'j', scrape_interval: '15s', ...job }] }, {}, {}, options);
  const base = { job: 'j', interval: '15s', follow_redirects: true };

  test('of EC2 becomes a list, in the name of the collector', () => {
    const { rows, notes } = imported({
      ec2_sd_configs: [
        {
          region: 'us-east-1',
          access_key: 'AKIAEXAMPLE',
          secret_key: 'hunter2',
          endpoint: '',
          refresh_interval: '10s',
          filters: [{ name: 'tag:env', values: ['prod'] }],
        },
        { port: 9100, role_arn: 'arn:role', refresh_interval: '5m', filters: [] },
      ],
      relabel_configs: [{ source_labels: ['__meta_ec2_tag_Name'], regex: 'web', action: 'keep' }],
    });
    const relabel = [{ source_labels: ['__meta_ec2_tag_Name'], regex: 'web', action: 'keep' }];
    expect(rows).toEqual([
      {
        ...base,
        relabel,
        id: 'j/ec2_sd',
        kind: 'ec2',
        region: 'us-east-1',
        port: 80,
        refresh_interval: '1m',
        filters: [{ name: 'tag:env', values: ['prod'] }],
      },
      { ...base, relabel, id: 'j/ec2_sd2', kind: 'ec2', port: 9100, refresh_interval: '5m', filters: [] },
    ]);
    expect(notes).toEqual(
      ['access_key', 'secret_key', 'role_arn'].map(
        word =>
          `j: ec2_sd_configs.${word} was not taken: the collector asks in its own name, which discovery on the Collector grants`,
      ),
    );
    expect(rows.map(row => readDiscovery(row).rejects)).toEqual([[], []]);
  });

  test('of ECS, and by HTTP with credentials that stay behind', () => {
    const { rows, notes } = imported({
      aws_sd_configs: [
        { role: 'ecs', clusters: ['prod'], port: 9102 },
        { role: 'lightsail', region: 'us-east-1' },
      ],
      http_sd_configs: [
        { url: 'https://sd.example/t', basic_auth: { username: 'u', password: 'hunter2' }, proxy_url: 'x' },
      ],
    });
    expect(rows).toEqual([
      {
        ...base,
        id: 'j/http_sd',
        kind: 'http_sd',
        url: 'https://sd.example/t',
        list_auth: { type: 'basic', username: 'u', secret: 'scrapes/j/http_sd' },
      },
      { ...base, id: 'j/aws_sd', kind: 'ecs', clusters: ['prod'], port: 9102 },
    ]);
    expect(notes).toEqual([
      'j/http_sd: the password of basic_auth was not taken: put it into a secret named scrapes/j/http_sd, and name that in scrapeSecrets, granted with lists: true',
      'j: http_sd_configs.proxy_url was not taken',
      'j: aws_sd_configs of role lightsail was not taken: only ec2 and ecs are known here',
    ]);
    expect(JSON.stringify([rows, notes])).not.toContain('hunter2');
  });

  test('of a section that nobody can read is said', () => {
    const { rows, notes } = imported({
      http_sd_configs: ['x', { url: 'file:///etc/passwd' }],
      ec2_sd_configs: [{ port: 0 }],
    });
    expect(rows).toEqual([]);
    expect(notes.filter(note => note.includes('was not taken'))).toHaveLength(3);
  });

  test('by files is read where they can be, and otherwise said', () => {
    const files = { 'a/*.json': [{ path: '/etc/a/1.json', content: [{ targets: ['a:1'], labels: { x: 'y' } }] }] };
    const filesOf = (pattern: string) => files[pattern as keyof typeof files] ?? [];
    const job = { file_sd_configs: [{ files: ['a/*.json', 'b/*.json'] }] };
    expect(imported(job, { filesOf })).toMatchObject({
      rows: [{ address: 'a:1', labels: { x: 'y', __meta_filepath: '/etc/a/1.json' } }],
      notes: ['j: file_sd_configs: b/*.json: there is no such file'],
    });
    expect(imported(job).notes).toEqual([
      'j: file_sd_configs: a/*.json was not taken: its files can be imported by themselves',
      'j: file_sd_configs: b/*.json was not taken: its files can be imported by themselves',
    ]);
    const more = importTargets(
      { scrape_config_files: ['more.yml'] },
      {},
      {},
      {
        filesOf: () => [
          {
            path: 'more.yml',
            content: { scrape_configs: [{ job_name: 'm', static_configs: [{ targets: ['m:1'] }] }] },
          },
        ],
      },
    );
    expect(more).toMatchObject({ rows: [{ id: 'm/m:1', job: 'm' }], notes: [] });
  });
});

test('values that YAML makes something else of are texts, and limits of all jobs are taken', () => {
  const { rows, notes } = importTargets({
    global: { sample_limit: 1000, label_limit: 20, body_size_limit: '1MB' },
    scrape_configs: [
      {
        job_name: 'j',
        sample_limit: 5,
        static_configs: [{ targets: ['a:1'], labels: { __meta_scrape: 'true' } }],
        http_headers: { 'x-scope': { values: ['one'] }, 'x-key': { files: ['/run/key'] } },
        relabel_configs: [
          { source_labels: ['__meta_scrape'], regex: true, action: 'keep' },
          { target_label: 'port', replacement: 9100 },
          { regex: null, separator: null, target_label: 'abc', replacement: 'x' },
          { source_labels: ['__address__'], modulus: 2, action: 'hashmod', target_label: '__tmp' },
        ],
      },
    ],
  });
  expect(rows).toMatchObject([
    { sample_limit: 5, label_limit: 20, body_size_limit: '1MB', headers: { 'x-scope': 'one' } },
  ]);
  expect(readTarget(rows[0]).value?.labels).toEqual([
    ['abc', 'x'],
    ['port', '9100'],
  ]);
  expect(notes).toEqual([
    'j: http_headers.x-key was not taken: one value can go into headers, a secret into auth {"type": "header"}',
  ]);
});

describe('an address that stands more than once', () => {
  const one = { targets: ['a:9100', 'b:9100'], labels: { rack: '1', env: 'x' } };
  const two = { targets: ['a:9100'], labels: { rack: '2' } };
  const idsOf = (groups: readonly unknown[]) =>
    importTargets(groups)
      .rows.map(({ id, labels }) => [id, (labels as { rack: string }).rack])
      .sort();

  test('with the same labels is one target', () => {
    const again = { targets: ['b:9100', 'b:9100'], labels: { env: 'x', rack: '1' } };
    expect(idsOf([one, again])).toEqual(idsOf([one]));
    expect(importTargets({ scrape_configs: [{ job_name: 'j', static_configs: [one, one] }] }).rows).toHaveLength(2);
  });

  test('with other labels is named by them, in whatever order they come', () => {
    const ids = idsOf([one, two]);
    expect(ids).toEqual([
      ['default/a:9100#J51eAcLo', '1'],
      ['default/a:9100#fGaLOzl6', '2'],
      ['default/b:9100', '1'],
    ]);
    expect(idsOf([two, one, two])).toEqual(ids);
  });

  test('in two jobs of one name is two targets', () => {
    const job = { job_name: 'j', static_configs: [{ targets: ['a:9100'] }] };
    const { rows } = importTargets({ scrape_configs: [job, { ...job, metrics_path: '/other' }] });
    expect(new Set(rows.map(({ id }) => id)).size).toBe(2);
  });

  test('is refused where its name has no room for that', () => {
    const job = 'x'.repeat(2_040);
    const groups = ['1', '2'].map(rack => ({ targets: ['a:9'], labels: { rack, job } }));
    const { rows, notes } = importTargets(groups);
    expect(rows).toEqual([]);
    expect(notes).toHaveLength(2);
    expect(notes[0]).toMatch(/a:9 was not taken: id: bad_row: is longer than 2048 bytes/);
  });
});

test('a list follows redirects unless its section says otherwise', () => {
  const { rows } = importTargets({
    scrape_configs: [
      {
        job_name: 'j',
        follow_redirects: false,
        http_sd_configs: [
          { url: 'http://sd/1' },
          { url: 'http://sd/2', follow_redirects: false },
          // As a file has it.
          { url: 'http://sd/3', follow_redirects: 'no' },
        ],
      },
    ],
  });
  const followed = rows.map(row => readDiscovery(row).value);
  expect(followed.map(list => (list as { followRedirects: boolean }).followRedirects)).toEqual([true, false, false]);
  expect(rows.map(row => row['follow_redirects'])).toEqual([false, false, false]);
});

test.each([
  [{ scrape_timeout: '30s' }, { scrape_interval: '15s' }, '15s'],
  [{ scrape_timeout: '30s', scrape_interval: '15s' }, {}, '15s'],
  [{ scrape_timeout: '30s' }, {}, '30s'],
  [{ scrape_timeout: '30s' }, { scrape_interval: '1m', scrape_timeout: '5s' }, '5s'],
  [{}, { scrape_interval: '15s' }, undefined],
])('the timeout of %j and %j is %s', (global, job, timeout) => {
  const config = { global, scrape_configs: [{ job_name: 'j', static_configs: [{ targets: ['a:1'] }], ...job }] };
  const { rows, notes } = importTargets(config);
  expect(notes).toEqual([]);
  expect(rows[0]?.['timeout']).toBe(timeout);
});
