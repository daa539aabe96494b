import { expect, test } from 'vitest';
import { judged } from '../../../core/scrape/judge.ts';
import { PageReaders } from '../../../core/scrape/page-readers.ts';
import { WireWriter } from '../protocol/wire-writer.ts';
import { aTarget } from './a-target.ts';

const protobuf = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

const family = (): Uint8Array => {
  const metric = new WireWriter().message(2, new WireWriter().double(1, 7));
  const one = new WireWriter().text(1, 'm').text(2, 'Jobs as m{job=""}').varint(3, 1).message(4, metric).done();
  return Buffer.concat([Buffer.from([one.length]), one]);
};

test.each([
  ['protobuf by its type', {}, protobuf, family()],
  ['protobuf by the row', { fallback_scrape_protocol: 'PrometheusProto' }, '', family()],
  ['text', {}, 'text/plain', Buffer.from('# HELP m Jobs as m{job=""}\n# TYPE m gauge\nm 7\n')],
])('what a page says of itself stays as it is where labels are honored: %s', (_, row, contentType, body) => {
  const target = aTarget({ honor_labels: true, ...row });
  const outcome = judged(new PageReaders(), target, { ok: true, contentType, body });
  expect(outcome).toMatchObject({ ok: true, kept: 1 });
  expect(outcome.ok && outcome.families).toEqual([{ name: 'm', type: 'gauge', help: 'Jobs as m{job=""}' }]);
});
