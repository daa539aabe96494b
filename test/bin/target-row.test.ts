import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AddOptions, rowOf, withRowOptions } from '../../bin/commands/target-row.ts';
import { readTarget } from '../../core/scrape/target.ts';

const url = 'http://shop.example:9102/metrics';
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-row-'));
  writeFileSync(join(folder, 'rules.yml'), '- source_labels: [__address__]\n  target_label: from\n');
  writeFileSync(join(folder, 'drop.json'), '[{"action": "drop", "regex": ".*"}]');
  writeFileSync(join(folder, 'texts.yml'), '- target_label: v\n  replacement: 1.10\n');
  writeFileSync(join(folder, 'none.yml'), 'relabel_configs: []\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** As the shell hands it over. */
const rowFrom = (words: string, address = url): Record<string, unknown> => {
  let row: Record<string, unknown> = {};
  const command = withRowOptions(new Command('add').argument('<url>').exitOverride()).action(
    (given: string, options: AddOptions) => {
      row = rowOf(given, options);
    },
  );
  const args = words.split(' ').filter(word => word !== '');
  command.parse([address, ...args.map(word => word.replace('@', `${folder}/`))], { from: 'user' });
  return row;
};

test.each([
  ['', {}],
  ['--id mine --job shop --instance a', { id: 'mine', job: 'shop', instance: 'a' }],
  ['--interval 15s --timeout 5s --retries 2', { interval: '15s', timeout: '5s', retries: 2 }],
  ['--network vpc', { network: 'vpc' }],
  ['--label env=prod rack=7=b', { labels: { env: 'prod', rack: '7=b' } }],
  ['--param module=http_2xx --param target=x', { params: { module: 'http_2xx', target: 'x' } }],
  ['--param match[]=a match[]=b --param match[]=c x=y', { params: { 'match[]': ['a', 'b', 'c'], x: 'y' } }],
  ['--header x-scope=one', { headers: { 'x-scope': 'one' } }],
  [
    '--honor-labels --no-honor-timestamps --follow-redirects',
    { honor_labels: true, honor_timestamps: false, follow_redirects: true },
  ],
  ['--fallback PrometheusText0.0.4', { fallback_scrape_protocol: 'PrometheusText0.0.4' }],
  ['--sample-limit 5 --label-limit 6', { sample_limit: 5, label_limit: 6 }],
  [
    '--label-name-length-limit 7 --label-value-length-limit 8',
    { label_name_length_limit: 7, label_value_length_limit: 8 },
  ],
  ['--body-size-limit 10MB', { body_size_limit: '10MB' }],
  ['--relabel @rules.yml', { relabel: [{ source_labels: ['__address__'], target_label: 'from' }] }],
  ['--relabel @texts.yml', { relabel: [{ target_label: 'v', replacement: '1.10' }] }],
  ['--metric-relabel @drop.json', { metric_relabel: [{ action: 'drop', regex: '.*' }] }],
  ['--auth bearer:scrapes/shop', { auth: { type: 'bearer', secret: 'scrapes/shop' } }],
  [
    '--auth bearer:/scrapes/shop --auth-option scheme=Token',
    { auth: { type: 'bearer', parameter: '/scrapes/shop', scheme: 'Token' } },
  ],
  [
    '--auth basic:s --auth-option username=u field=password',
    { auth: { type: 'basic', secret: 's', username: 'u', field: 'password' } },
  ],
  ['--auth header:s --auth-option name=X-Api-Key', { auth: { type: 'header', secret: 's', name: 'X-Api-Key' } }],
  [
    '--auth mtls:arn:aws:secretsmanager:eu-west-1:1:secret:a-b',
    { auth: { type: 'mtls', secret: 'arn:aws:secretsmanager:eu-west-1:1:secret:a-b' } },
  ],
  [
    '--auth oauth2:s --auth-option client_id=c token_url=https://id.example/t scopes=a,b',
    { auth: { type: 'oauth2', secret: 's', client_id: 'c', token_url: 'https://id.example/t', scopes: ['a', 'b'] } },
  ],
  [
    '--auth sigv4 --auth-option region=eu-west-1 service=es',
    { auth: { type: 'sigv4', region: 'eu-west-1', service: 'es' } },
  ],
])('%s', (words, expected) => {
  const row = rowFrom(words);
  expect(row).toEqual({ id: row['id'], url, ...expected });
  expect(readTarget(row)).toMatchObject({ value: { url: expect.any(String) }, rejects: [] });
});

test('a bare host means its metrics, and names the target', () => {
  expect(rowFrom('', 'http://shop.example:9102')).toEqual({ id: 'default/shop.example:9102', url });
  expect(rowFrom('--param a=b', 'http://shop.example/probe')).toMatchObject({
    id: 'default/shop.example:80/probe?a=b',
    url: 'http://shop.example/probe',
  });
});

describe('what is wrong is said by what to write', () => {
  test.each([
    ['--interval 1s', /^interval: 1 s is outside 5 s … 86400 s$/],
    ['--interval often', /^interval: expected a duration such as 15s or 1m30s, found "often"$/],
    ['--interval 5s --timeout 10s', /^timeout: timeout 10 s is longer than the interval 5 s$/],
    ['--retries many', /^--retries takes a whole number, found many$/],
    ['--sample-limit -1', /--sample-limit|argument missing/],
    ['--label env', /^--label takes name=value, found env$/],
    ['--label 1a=b', /^labels\.1a: a label name has letters/],
    ['--header Authorization=x', /^headers\.Authorization: a secret does not belong into a row: .*"type": "header"/],
    ['--label env=prod env=test', /^--label env is given twice, and has one value$/],
    ['--header x-a=1 --header X-A=2', /^--header X-A is given twice/],
    ['--auth basic:s --auth-option username=a username=b', /^--auth-option username is given twice/],
    ['--auth bearer', /^--auth takes a type and the name of a secret, as bearer:scrapes\/shop/],
    ['--auth kerberos:x', /^auth\.type: /],
    ['--auth-option a=b', /^--auth-option stands without --auth/],
    ['--auth basic:s --auth-option password=x', /^auth\.password: a secret does not belong into a row/],
    ['--relabel @none.yml', /none\.yml is no list of rules/],
    ['--relabel @gone.yml', /gone\.yml cannot be read/],
    ['--relabel @drop.json', /^relabel: the rules drop .*: nothing would be scraped$/],
    ['--network lan', /^network: /],
  ])('%s', (words, message) => {
    expect(() => rowFrom(words)).toThrow(message);
  });
  test('a URL', () => {
    expect(() => rowFrom('', 'shop.example')).toThrow(/^url: expected an http or https URL, found "shop.example"$/);
    const long = `https://shop.example/${'x'.repeat(3_000)}`;
    expect(() => rowFrom('', long)).toThrow(/^id: is longer than 2048 bytes; --id gives it a shorter one$/);
    expect(rowFrom('--id short', long)).toMatchObject({ id: 'short', url: long });
    expect(() => rowFrom('', 'https://u:p@shop.example')).toThrow(/^url: a URL must not carry a password/);
  });
});
