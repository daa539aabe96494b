import { expect, test } from 'vitest';
import { limits } from '../../core/limits.ts';
import { memoryBuilding } from './building.ts';
import { everyProtocol } from './every-protocol.ts';
import { badByte, type Datum, say } from './say.ts';

// Every bad datum in every protocol that can say it, beside a good one: what is answered, whether the good one is stored,
// and that the answer names the reason.

const startMs = Date.UTC(2026, 5, 1, 12, 30);
const day = 86_400_000;
const long = (bytes: number): string => 'x'.repeat(bytes);
const manyLabels = Array.from({ length: limits.labelCount }, (_, at) => [`l${at}`, 'v'] as const);

const bad = {
  noName: [{ name: '' }, /name|missing fields|name:value|expected a number/],
  longName: [{ name: long(limits.labelValueBytes + 1) }, new RegExp(`the limit is ${limits.labelValueBytes}`)],
  badName: [{ name: `n${badByte}` }, /UTF-8|expected a number/],
  badLabel: [{ name: 'n', labels: [['l', `a${badByte}`]] }, /UTF-8/],
  noLabelName: [{ name: 'n', labels: [['', 'v']] }, /name|tag=value/],
  longLabelName: [
    { name: 'n', labels: [[long(limits.labelNameBytes + 1), 'v']] },
    new RegExp(`the limit is ${limits.labelNameBytes}`),
  ],
  longLabel: [
    { name: 'n', labels: [['l', long(limits.labelValueBytes + 1)]] },
    new RegExp(`the limit is ${limits.labelValueBytes}`),
  ],
  manyLabels: [{ name: 'n', labels: manyLabels }, new RegExp(`the limit is ${limits.labelCount}`)],
  labelTwice: [
    {
      name: 'n',
      labels: [
        ['l', 'a'],
        ['l', 'b'],
      ],
    },
    /stands twice/,
  ],
  noNumber: [{ name: 'n', value: 'one' }, /number|bad value|records\[1\]\.value|expected a (timestamp and a )?value/],
  ahead: [{ name: 'n', timeMs: startMs + day }, new RegExp(`the limit is ${limits.timestampAheadMs / 1_000} s`)],
  past: [{ name: 'n', timeMs: startMs - 500 * day }, /behind the accept time, the limit is/],
} as const satisfies Readonly<Record<string, readonly [Datum, RegExp]>>;

type Bad = keyof typeof bad;

/**
 * What is answered: the status, `+` where the good sample was stored, `n` where the bad one was (what the protocol's own
 * servers do with it), `-` where the protocol cannot say it.
 */
type Row = Readonly<Record<Bad, string>>;
const each = (cell: string, others: Partial<Row> = {}): Row =>
  ({ ...Object.fromEntries(Object.keys(bad).map(key => [key, cell])), ...others }) as Row;

const table: Readonly<Record<string, Row>> = {
  text: each('400'),
  JSON: each('400', { labelTwice: '-' }),
  Pushgateway: each('400', { ahead: '-', past: '-' }),
  'remote write 1.0': each('400 +', { noNumber: '-' }),
  'remote write 2.0': each('400 +', { noNumber: '-' }),
  // A text that is no JSON, or a number that is none, leaves nothing that could be read. Names that come to one are joined, as by Prometheus.
  'OTLP as JSON': each('200 +', { badName: '400', badLabel: '400', noNumber: '400', labelTwice: '200 + n' }),
  // Of a name is kept what can stand in one.
  'OTLP as protobuf': each('200 +', { badName: '200 + n', noNumber: '-', labelTwice: '200 + n' }),
  // Tags without a name are left out, of one name the last counts, and a time out of bounds is the time of accept: as statsd_exporter does.
  StatsD: each('200 +', { noLabelName: '200 + n', labelTwice: '200 + n', ahead: '200 + n', past: '200 + n' }),
  // What InfluxDB cannot parse it refuses whole, in both versions; what it will not store costs nobody else anything.
  'InfluxDB 2': each('422 +', {
    noName: '400',
    badName: '400',
    badLabel: '400',
    noLabelName: '400',
    noNumber: '400',
    labelTwice: '204 + n',
  }),
  'InfluxDB 1': each('400 +', {
    noName: '400',
    badName: '400',
    badLabel: '400',
    noLabelName: '400',
    noNumber: '400',
    labelTwice: '204 + n',
  }),
  Graphite: each('200 +', { labelTwice: '200 + n' }),
  Datadog: each('202 +', { badName: '400', badLabel: '400', noLabelName: '202 + n', labelTwice: '202 + n' }),
  // A dimension without a name is left out.
  Firehose: each('400 +', { labelTwice: '-', noLabelName: '200 + n' }),
};

test('every protocol is in the table', () => {
  expect(Object.keys(table).sort()).toEqual(
    everyProtocol(startMs)
      .map(({ title }) => title)
      .sort(),
  );
});

test.each(everyProtocol(startMs).map(spoken => [spoken.title, spoken] as const))('%s', async (title, spoken) => {
  const cells: Partial<Record<Bad, string>> = {};
  for (const [what, [datum, reason]] of Object.entries(bad) as [Bad, readonly [Datum, RegExp]][]) {
    const body = say[title]!([{ name: 'm' }, datum], startMs);
    if (body === undefined) {
      cells[what] = '-';
      continue;
    }
    const house = memoryBuilding({ startMs });
    const answer = await house.push(spoken.path, spoken.pack?.(body) ?? body, spoken.headers, spoken.method);
    await house.pass(1_000);
    const stored = Object.keys(await house.values('{__name__=~".+",__name__!~"push_.*|up"}'));
    const isGood = stored.some(series => /^(ns_)?m(_|\{)/.test(series));
    const isBad = stored.some(series => !/^(ns_)?m(_|\{)/.test(series));
    cells[what] = [answer.statusCode, ...(isGood ? ['+'] : []), ...(isBad ? ['n'] : [])].join(' ');
    if (isBad) continue;
    const told = Buffer.from(String(answer.body ?? ''), answer.isBase64Encoded ? 'base64' : 'utf8').toString();
    expect(told, `${title}, ${what}`).toMatch(reason);
  }
  expect(cells).toEqual(table[title]);
});
