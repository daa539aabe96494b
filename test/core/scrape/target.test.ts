import { describe, expect, test } from 'vitest';
import { limits } from '../../../core/limits.ts';
import { textOfReject } from '../../../core/reject.ts';
import { readTarget, readTargetRow } from '../../../core/scrape/target.ts';

test('a row with a URL alone gets the defaults of the field', () => {
  expect(readTarget({ id: 'a', url: 'http://example.com:9100' }).value).toMatchObject({
    url: 'http://example.com:9100/metrics',
    job: 'default',
    instance: 'example.com:9100',
    intervalMs: 60_000,
    timeoutMs: 10_000,
  });
});

test('a timeout fits into a short interval by itself', () => {
  expect(readTarget({ id: 'a', url: 'https://example.com/m', interval: '5s' }).value).toMatchObject({
    timeoutMs: 5_000,
    instance: 'example.com:443',
  });
});

/** Rules of which each makes thirty of what the one before it made. */
const multiplying = [
  { target_label: 'x', replacement: 'ab' },
  ...new Array<object>(10).fill({ source_labels: new Array<string>(30).fill('x'), separator: '', target_label: 'x' }),
];

describe('a bad row says what is wrong', () => {
  test.each([
    [{ id: 'a' }, /^url: /],
    [{ id: 'a', url: 'ftp://x' }, /url: bad_row: expected an http or https URL, found "ftp:\/\/x"/],
    [{ id: 'a', url: 'file:///proc/self/environ' }, /http or https/],
    [{ id: 'a', url: 'http://u:p@x/' }, /must not carry a password/],
    [{ id: 'a', url: 'http://x', interval: '4s' }, /interval: bad_row: 4 s is outside 5 s/],
    [{ id: 'a', url: 'http://x', interval: '10s', timeout: '11s' }, /timeout 11 s is longer than the interval 10 s/],
    [{ id: 'a', url: 'http://x', labels: { job: 'b' } }, /labels\.job/],
    [{ id: 'a', url: 'http://x', labels: { '1a': 'b' } }, /label name/],
    [{ id: '', url: 'http://x' }, /^id/],
    ['nonsense', /row/],
    [{ id: 'a', url: 'http://x', address: 'x' }, /address: .*beside a url/],
    [{ id: 'a', address: 'x/y' }, /address: .*is no host and port/],
    [{ id: 'a', address: 'u:p@x' }, /address: .*"…@x" is no host and port/],
    [{ id: 'a', url: 'ftp://u:p@x' }, /expected an http or https URL, found "ftp:\/\/…@x"/],
    [{ id: 'a', url: 'http://x:0/metrics' }, /^url: .*"x:0" has port 0, at which nobody can listen/],
    [{ id: 'a', address: 'x:00' }, /^address: .*"x:00" has port 0/],
    [
      { id: 'a', url: 'http://x', relabel: [{ target_label: '__address__', replacement: '[::1]:0' }] },
      /^relabel: .*"\[::1\]:0" has port 0/,
    ],
    [{ id: 'a', address: 'x', path: 'metrics' }, /path: .*begins with/],
    [
      { id: 'a', url: 'http://x', headers: { Authorization: 'Bearer abc' } },
      /headers\.Authorization: .*a secret does not belong/,
    ],
    [{ id: 'a', url: 'http://x', headers: { 'X-Api-Key': 'abc' } }, /X-Api-Key: .*a secret does not belong/],
    [{ id: 'a', url: 'http://x', headers: { Host: 'y' } }, /host is set by the scrape itself/],
    [{ id: 'a', url: 'http://x', headers: { 'X-A': 'b\r\nX-C: d' } }, /no header may have/],
    [
      { id: 'a', url: 'http://x', basic_auth: { username: 'a', password: 'b' } },
      /basic_auth: .*a secret does not belong/,
    ],
    [
      { id: 'a', url: 'http://x', auth: { type: 'basic', password: 'b' } },
      /auth\.password: .*a secret does not belong/,
    ],
    [{ id: 'a', url: 'http://x', auth: { type: 'bearer', token: 'b' } }, /auth\.token: .*a secret does not belong/],
    [{ id: 'a', url: 'http://x', auth: { type: 'bearer', secret: 'Bearer abc' } }, /is no name or ARN of a secret/],
    [{ id: 'a', url: 'http://x', auth: { type: 'bearer' } }, /names a "secret" or a "parameter", and not both/],
    [{ id: 'a', url: 'http://x', auth: { type: 'bearer', secret: 'a', parameter: '/b' } }, /and not both/],
    [{ id: 'a', url: 'http://x', auth: { type: 'kerberos' } }, /auth\.type/],
    [{ id: 'a', url: 'http://x', sample_limit: -1 }, /sample_limit/],
    [{ id: 'a', url: 'http://x', retries: 100 }, /retries/],
    [{ id: 'a', url: 'http://x', body_size_limit: '10 apples' }, /expected bytes such as 10MB/],
    [{ id: 'a', url: 'http://x', relabel: [{ action: 'invent' }] }, /relabel\.0\.action/],
    [
      { id: 'a', url: 'http://x', relabel: [{ target_label: '__scheme__', replacement: 'ftp' }] },
      /makes "ftp" of __scheme__/,
    ],
    [
      { id: 'a', url: 'http://x', relabel: [{ target_label: '__address__', replacement: 'a/b' }] },
      /is no host and port/,
    ],
    [
      { id: 'a', url: 'http://x', relabel: [{ target_label: '__scrape_interval__', replacement: '1s' }] },
      /__scrape_interval__/,
    ],
    [
      { id: 'a', url: 'http://x', relabel: [{ target_label: '__scrape_timeout__', replacement: '2m' }] },
      /__scrape_timeout__/,
    ],
    [{ id: 'a', url: 'http://x', relabel: [{ target_label: 'job', replacement: '' }] }, /leaves no job/],
    [{ id: 'a', url: 'http://x', relabel: multiplying }, /relabel: .*makes source_labels of over 65536 characters/],
    [
      {
        id: 'a',
        url: 'http://x',
        relabel: [{ target_label: 'y', replacement: '$0'.repeat(1_000), source_labels: ['x'] }],
        labels: { x: 'x'.repeat(2_000) },
      },
      /makes a text of over 65536 characters/,
    ],
    [
      { id: 'a', url: 'http://x', relabel: [{ target_label: 'y', replacement: 'y'.repeat(2_049) }] },
      /labels: .*2049 bytes in y, the limit is 2048/,
    ],
    [
      { id: 'a', url: 'http://x', labels: Object.fromEntries(Array.from({ length: 28 }, (_, at) => [`l${at}`, 'v'])) },
      /labels: .*31 labels on up, the limit is 30/,
    ],
    [
      { id: 'a', url: 'http://x', relabel: [{ target_label: 'job', replacement: '__sluice' }] },
      /makes "__sluice" of job: names that begin with __ are reserved/,
    ],
    [
      {
        id: 'a',
        url: 'http://x',
        labels: {
          a: 'x'.repeat(2_000),
          ...Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`l${n}`, 'x'.repeat(2_000)])),
        },
      },
      /row: .*the limit is 262144/,
    ],
  ])('%j', (row, text) => {
    const { value, rejects } = readTarget(row);
    expect(value).toBeUndefined();
    expect(rejects.map(textOfReject).join('\n')).toMatch(text);
  });
});

test('a row asks for everything by the names that Prometheus has', () => {
  const row = {
    id: 'a',
    address: 'x:9100',
    scheme: 'https',
    path: '/a?b',
    params: { module: ['http', 'dns'], 'collect[]': 'cpu' },
    headers: { 'X-Scope': 'tenant' },
    retries: 2,
    honor_labels: true,
    honor_timestamps: false,
    follow_redirects: true,
    fallback_scrape_protocol: 'PrometheusText0.0.4',
    sample_limit: 10,
    label_limit: 11,
    label_name_length_limit: 12,
    label_value_length_limit: 13,
    body_size_limit: '10MB',
    auth: { type: 'basic', username: 'u', secret: 'scrapes/x' },
  };
  expect(readTarget(row).value).toEqual({
    id: 'a',
    url: 'https://x:9100/a%3Fb?module=http&module=dns&collect%5B%5D=cpu',
    job: 'default',
    instance: 'x:9100',
    labels: [],
    intervalMs: 60_000,
    timeoutMs: 10_000,
    retries: 2,
    network: 'public',
    headers: { 'X-Scope': 'tenant' },
    auth: { type: 'basic', username: 'u', from: { kind: 'secret', name: 'scrapes/x' } },
    honorLabels: true,
    honorTimestamps: false,
    followRedirects: true,
    fallbackType: 'text/plain; version=0.0.4',
    limits: { samples: 10, labels: 11, labelNameBytes: 12, labelValueBytes: 13, bodyBytes: 10 * 1_024 * 1_024 },
  });
});

test.each([
  ['LocalHost:19801', 'http', 'LocalHost:19801'],
  ['127.1:19801', 'http', '127.1:19801'],
  ['010.0.0.1:9100', 'http', '010.0.0.1:9100'],
  ['Node_A:80', 'http', 'Node_A:80'],
  ['Node_A', 'http', 'Node_A:80'],
  ['Node_A', 'https', 'Node_A:443'],
  ['a:80', 'https', 'a:80'],
  ['[0:0::1]:9100', 'http', '[0:0::1]:9100'],
  ['[0:0::1]', 'http', '[0:0::1]:80'],
])('the instance of %s by %s is %s', (address, scheme, instance) => {
  expect(readTarget({ id: 'a', address, scheme }).value?.instance).toBe(instance);
});

test('a deployment says numbers and truths as texts', () => {
  const row = {
    id: 'a',
    url: 'http://x',
    retries: '1',
    sample_limit: '7',
    honor_labels: 'true',
    honor_timestamps: 'false',
  };
  expect(readTarget(row).value).toMatchObject({
    retries: 1,
    limits: { samples: 7 },
    honorLabels: true,
    honorTimestamps: false,
  });
});

describe('relabeling', () => {
  const probe = [
    { source_labels: ['__address__'], target_label: '__param_target' },
    { source_labels: ['__param_target'], target_label: 'instance' },
    { target_label: '__address__', replacement: 'blackbox:9115' },
  ];
  test('makes the URL again: the idiom of blackbox_exporter', () => {
    const row = {
      id: 'a',
      address: 'https://example.com/x',
      path: '/probe',
      params: { module: 'http_2xx' },
      relabel: probe,
    };
    expect(readTarget(row).value).toMatchObject({
      url: 'http://blackbox:9115/probe?module=http_2xx&target=https%3A%2F%2Fexample.com%2Fx',
      instance: 'https://example.com/x',
      labels: [],
    });
  });

  test('begins with what Prometheus begins with', () => {
    const row = {
      id: 'a',
      url: 'https://x:1/m?a=b',
      job: 'j',
      interval: '90s',
      labels: { env: 'prod', __meta_zone: 'a' },
    };
    expect(Object.fromEntries(readTargetRow(row).value!.discovered)).toEqual({
      __address__: 'x:1',
      __meta_zone: 'a',
      __metrics_path__: '/m',
      __param_a: 'b',
      __scheme__: 'https',
      __scrape_interval__: '1m30s',
      __scrape_timeout__: '10s',
      env: 'prod',
      job: 'j',
    });
  });

  test.each([
    [[{ target_label: '__scrape_interval__', replacement: '30s' }], { intervalMs: 30_000 }],
    [[{ target_label: '__scrape_timeout__', replacement: '5s' }], { timeoutMs: 5_000 }],
    [[{ target_label: '__metrics_path__', replacement: '/other' }], { url: 'http://x:9100/other?a=1' }],
    [[{ target_label: '__param_a', replacement: '2' }], { url: 'http://x:9100/metrics?a=2' }],
    [[{ target_label: '__scheme__', replacement: 'https' }], { url: 'https://x:9100/metrics?a=1' }],
    [[{ target_label: '__address__', replacement: 'y' }], { url: 'http://y/metrics?a=1', instance: 'y:80' }],
    [[{ target_label: 'job', replacement: 'other' }], { job: 'other' }],
    [[{ target_label: '__tmp', replacement: 'x' }], { labels: [] }],
    [[{ regex: '__address__', replacement: 'host', action: 'labelmap' }], { labels: [['host', 'x:9100']] }],
  ])('%j', (relabel, made) => {
    expect(readTarget({ id: 'a', url: 'http://x:9100/metrics?a=1', relabel }).value).toMatchObject(made);
  });

  test('that drops a target is no mistake', () => {
    const row = { id: 'a', url: 'http://x', relabel: [{ source_labels: ['__address__'], regex: 'x', action: 'drop' }] };
    expect(readTarget(row)).toEqual({ value: undefined, rejects: [] });
    expect(readTargetRow(row).value?.target).toBeUndefined();
  });
});

test('no limit of a row is beyond the bounds of the collector', () => {
  expect(limits.targetRowBytes).toBeLessThan(limits.messageBytes / 3);
});
