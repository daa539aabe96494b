import { load as parse } from 'js-yaml';
import { expect, test } from 'vitest';
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
  const { rows, notes } = importTargets(config);
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
    'shop: the password of basic_auth was not taken: put it into a secret named scrapes/shop, and that into scrapeSecrets',
    expect.stringMatching(/^probe it: ec2_sd_configs was not taken/),
    'probe it: the credentials was not taken: put it into a secret named scrapes/probe_it, and that into scrapeSecrets',
    expect.stringMatching(/^fast: x was not taken: interval: .*1 s is outside/),
    'tokens: the client_secret of oauth2 was not taken: put it into a secret named scrapes/tokens, and that into scrapeSecrets',
  ]);
  expect(JSON.stringify([rows, notes])).not.toContain('hunter2');
});

test.each([
  [[{ targets: ['a:1', 'b'], labels: { job: 'j', __metrics_path__: '/m' } }], ['http://a:1/m', 'http://b/m'], 0],
  [[{ targets: ['a:1'] }, { targets: ['a:1'] }], ['http://a:1/metrics', 'http://a:1/metrics'], 0],
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
