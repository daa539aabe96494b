import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { filesBeside, readTexts } from '../../bin/commands/yaml.ts';
import { readDiscovery } from '../../core/scrape/discovery.ts';
import { importTargets } from '../../core/scrape/import.ts';
import { readTarget } from '../../core/scrape/target.ts';

// Files as they are on a disk: what YAML would make numbers, truths and nothing of.

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-import-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const imported = (text: string) => {
  const file = join(folder, 'prometheus.yml');
  writeFileSync(file, text);
  return importTargets(readTexts(file), { job: 'file' }, {}, { filesOf: filesBeside(file) });
};

/** The labels of a group's only target. */
const labelsOf = (text: string) => Object.fromEntries(readTarget(imported(text).rows[0]).value!.labels);

test('what a label says stays as it is written', () => {
  const labels = labelsOf(`
- targets: [a:1]
  labels: { version: 1.10, account: 012345678901, id: 12345678901234567890, hex: 0x1F, exp: 1e3, flag: True, off: no, day: 2024-01-01 }
`);
  expect(labels).toEqual({
    version: '1.10',
    account: '012345678901',
    id: '12345678901234567890',
    hex: '0x1F',
    exp: '1e3',
    flag: 'True',
    off: 'no',
    day: '2024-01-01',
  });
});

test('nothing is no label, and a quoted tilde is one', () => {
  expect(
    labelsOf('[{ targets: [a:1], labels: { env: , zone: ~, rack: null, home: "~", job: , instance: ~ } }]'),
  ).toEqual({ home: '~' });
});

test('a file of JSON is read as well', () => {
  writeFileSync(
    join(folder, 'more.json'),
    '[\n{"targets": ["b:1"], "labels": {"v": "1.10", "n": 7, "e": "\\u00e9\\/"}}\n]',
  );
  const { rows, notes } = imported('scrape_configs: [{ job_name: 007, file_sd_configs: [{ files: [more.json] }] }]');
  expect(notes).toEqual([]);
  expect(rows).toMatchObject([{ id: '007/b:1', job: '007', labels: { v: '1.10', n: '7', e: 'é/' } }]);
});

test('numbers and truths are read where they are asked for, and texts where not', () => {
  const { rows, notes } = imported(`
x-common: &common
  honor_labels: yes
  follow_redirects: No
scrape_configs:
  - <<: *common
    job_name: 7
    honor_timestamps: off
    sample_limit: 1_000
    label_limit:
    body_size_limit: 1.5MB
    metrics_path: plain
    params: { port: [9100, 010], flag: [true], module: }
    oauth2: { client_id: 123, token_url: 'https://id.example/t', endpoint_params: { tenant: 042 } }
    static_configs: [{ targets: [a:1] }]
    tls_config:
    relabel_configs:
      - { target_label: port, replacement: 1.10 }
      - { target_label: none, replacement: }
      - { source_labels: [__address__], modulus: 1, action: hashmod, target_label: shard }
  - job_name: vms
    ec2_sd_configs: [{ port: 9100, filters: [{ name: tag:n, values: [012, true] }], region: }]
`);
  expect(notes.filter(note => note.includes('was not taken') && !note.includes('secret'))).toEqual([]);
  expect(rows.map(({ id }) => id)).toEqual(['7/a:1', 'vms/ec2_sd']);
  expect(readTarget(rows[0]).value).toMatchObject({
    url: 'http://a:1/plain?port=9100&port=010&flag=true',
    honorLabels: true,
    honorTimestamps: false,
    followRedirects: false,
    limits: { samples: 1_000, labels: 0, bodyBytes: 1.5 * 1_024 * 1_024 },
    auth: { type: 'oauth2', clientId: '123', endpointParams: { tenant: '042' } },
    labels: [
      ['port', '1.10'],
      ['shard', '0'],
    ],
  });
  expect(readDiscovery(rows[1]!).value).toMatchObject({
    port: 9_100,
    filters: [{ name: 'tag:n', values: ['012', 'true'] }],
  });
});
