import { describe, expect, test } from 'vitest';
import type { Batch } from '../../../core/batch.ts';
import { merged } from '../../../core/labels.ts';
import { batchesOfScrape, endOf, type Outcome } from '../../../core/scrape/page.ts';
import { PageReaders } from '../../../core/scrape/page-readers.ts';
import type { Target } from '../../../core/scrape/target.ts';
import { WireWriter } from '../protocol/wire-writer.ts';
import { aTarget } from './a-target.ts';

const slotMs = 10_000_000;

/** Everything stored, as `name{labels} value@time`, in the order of the batches. */
const textsOf = (batches: readonly Batch[]): string[] =>
  batches.flatMap(({ source, columns: { timestampsMs, series } }) =>
    series.flatMap(({ labels, column }) =>
      timestampsMs.flatMap((timestampMs, slot) => {
        if (!column.has(slot)) return [];
        const { __name__: name, ...rest } = Object.fromEntries(merged(labels, source));
        const time = timestampMs === slotMs ? '' : `@${timestampMs - slotMs}`;
        return [`${name}${JSON.stringify(rest)} ${column.values[slot]}${time}`];
      }),
    ),
  );

const outcomeOf = (target: Target, page: string, readers = new PageReaders()): Outcome => {
  const read = readers.read(target, 'text/plain', Buffer.from(page))!;
  expect(read.rejects).toEqual([]);
  const places = read.places();
  const told = { durationMs: 12, attempts: 1, scraped: read.value.count, kept: places.kept };
  return { ok: true, columns: read.value.columns, places, families: read.value.families, ...told };
};

const stored = (row: Readonly<Record<string, unknown>>, page: string, shared = false): Batch[] => {
  const target = aTarget(row);
  return batchesOfScrape(target, outcomeOf(target, page), { slotMs, shared, families: [] });
};

const ofPage = (batches: readonly Batch[]): string[] => textsOf(batches).filter(text => !/^(up|scrape_)/.test(text));

test('a good scrape adds up and what it says of itself', () => {
  expect(textsOf(stored({ labels: { env: 'prod' } }, 'm 3\n'))).toEqual(
    [
      ['m', 3],
      ['up', 1],
      ['scrape_duration_seconds', 0.012],
      ['scrape_samples_scraped', 1],
      ['scrape_samples_post_metric_relabeling', 1],
      ['scrape_series_added', 1],
    ].map(([name, value]) => `${name}{"env":"prod","instance":"x:9100","job":"node"} ${value}`),
  );
});

test('a failed scrape stores up 0 and the reason, and no sample of the page', () => {
  const told = { durationMs: 1, attempts: 3, scraped: 7, kept: 5 };
  const outcome: Outcome = { ok: false, reason: 'SCRAPE_PARSE', detail: '', ...told };
  expect(textsOf(batchesOfScrape(aTarget({ retries: 2 }), outcome, { slotMs, shared: false, families: [] }))).toEqual([
    'up{"instance":"x:9100","job":"node"} 0',
    'scrape_duration_seconds{"instance":"x:9100","job":"node"} 0.001',
    'scrape_samples_scraped{"instance":"x:9100","job":"node"} 7',
    'scrape_samples_post_metric_relabeling{"instance":"x:9100","job":"node"} 5',
    'scrape_series_added{"instance":"x:9100","job":"node"} 0',
    'scrape_attempts{"instance":"x:9100","job":"node"} 3',
    'up_reason{"instance":"x:9100","job":"node","reason":"SCRAPE_PARSE"} 1',
  ]);
});

const own = '"instance":"x:9100","job":"node"';

test.each<[name: string, row: Record<string, unknown>, page: string, stored: string[]]>([
  ['labels that clash', {}, 'm{job="a"} 1\n', [`m{"exported_job":"a",${own}} 1`]],
  ['labels honored', { honor_labels: true }, 'm{job="a"} 1\n', ['m{"instance":"x:9100","job":"a"} 1']],
  ['the first of two', {}, 'm 1\nm 2\nm{a=""} 3\nn 4\n', [`m{${own}} 1`, `n{${own}} 4`]],
  [
    'the first of two that differ in their order',
    {},
    'm{a="1",b="2"} 1\nm{b="2",a="1"} 2\n',
    [`m{"a":"1","b":"2",${own}} 1`],
  ],
  ['nothing that passes for up', {}, 'up 1\nup{a="b"} 1\n', [`up{"a":"b",${own}} 1`]],
  ['times', {}, `m 1 ${slotMs - 5_000}\nm 2\nn 3\n`, [`m{${own}} 1@-5000`, `m{${own}} 2`, `n{${own}} 3`]],
  ['the first of two at a time', {}, `m 1 ${slotMs - 5_000}\nm 2 ${slotMs - 5_000}\n`, [`m{${own}} 1@-5000`]],
  ['times within the window', {}, `m 1 ${slotMs + 600_000}\nn 1 ${slotMs + 600_001}\no 1 1\n`, [`m{${own}} 1@600000`]],
  ['times not honored', { honor_timestamps: false }, 'm 1 5\nm 2 6\n', [`m{${own}} 1`]],
  [
    'what metric_relabel leaves',
    {
      metric_relabel: [
        { source_labels: ['__name__'], regex: 'go_.*', action: 'drop' },
        { source_labels: ['env'], regex: '(.).*', target_label: 'env' },
      ],
    },
    'go_x 1\nm{env="prod"} 2\n',
    [`m{"env":"p",${own}} 2`],
  ],
  [
    'the first of what metric_relabel makes one',
    { metric_relabel: [{ regex: 'a', action: 'labeldrop' }] },
    'm{a="1"} 1\nm{a="2"} 2\n',
    [`m{${own}} 1`],
  ],
])('a page stores %s', (_, row, page, expected) => {
  const texts = textsOf(stored(row, page)).filter(
    text => !/^(up|scrape_[a-z_]+)\{"instance":"x:9100","job":"node"\}/.test(text),
  );
  expect(texts).toEqual(expected);
});

describe('a whole page', () => {
  const pagesOf = (batches: readonly Batch[]) =>
    Object.fromEntries(
      batches.map(({ source, columns }) => [
        source.map(([, value]) => value).join(' '),
        [...columns.pages].map(slot => columns.timestampsMs[slot]),
      ]),
    );

  test.each([
    ['of the only target of its source', {}, 'm 1\n', false, { 'x:9100 node': [slotMs] }],
    ['not where targets share a source', {}, 'm 1\n', true, { 'x:9100 node': [] }],
    ['not where targets share a source, with times', {}, `m 1 ${slotMs - 1}\n`, true, { 'x:9100 node': [] }],
    [
      'of its own source alone',
      { honor_labels: true },
      'm{job="a"} 1\n',
      false,
      { 'x:9100 a': [], 'x:9100 node': [slotMs] },
    ],
  ])('is one %s', (_, row, page, shared, expected) => {
    expect(pagesOf(stored(row, page, shared))).toEqual(expected);
  });

  test('may be empty: the end of a source', () => {
    const end = endOf(aTarget(), 5_000);
    expect(end.source).toEqual(stored({}, '')[0]!.source);
    expect(end.columns).toEqual({ timestampsMs: [5_000], pages: new Set([0]), series: [] });
  });
});

describe('series added', () => {
  const addedBy = (row: Record<string, unknown>, ...pages: string[]): number[] => {
    const readers = new PageReaders();
    const target = aTarget(row);
    return pages.map(page => {
      const outcome = outcomeOf(target, page, readers);
      return outcome.ok ? outcome.places.added : -1;
    });
  };

  test.each([
    [
      ['a 1\nb 1\n', 'a 2\nb 2\n', 'a 3\nb 3\n'],
      [2, 0, 0],
    ],
    [
      ['a 1\n', 'a 1\nb 1\n', 'b 1\n', 'a 1\nb 1\n'],
      [1, 1, 0, 1],
    ],
    [
      ['a 1\na 2\n', 'a 1\n'],
      [1, 0],
    ],
    [
      ['', 'a 1\n'],
      [0, 1],
    ],
  ])('%j', (pages, added) => {
    expect(addedBy({}, ...pages)).toEqual(added);
    expect(addedBy({ metric_relabel: [{ regex: 'zzz', action: 'labeldrop' }] }, ...pages)).toEqual(added);
  });

  test('replicas are stored under one list, and each counts its own', () => {
    const readers = new PageReaders();
    const [one, two] = ['one', 'two'].map(id => aTarget({ id, instance: id }));
    const look = (target: Target, page: string) => {
      const outcome = outcomeOf(target, page, readers);
      return outcome.ok ? outcome.places : undefined;
    };
    const first = look(one!, 'a 1\nb 1\n');
    expect(look(two!, 'a 2\nb 2\n')).toMatchObject({ stored: first!.stored, added: 2 });
    const grown = look(one!, 'a 1\nb 1\nc 1\n');
    expect(grown!.added).toBe(1);
    const other = look(two!, 'a 1\nb 1\nc 1\n');
    expect(other!.stored).toBe(grown!.stored);
    expect(other!.added).toBe(1);
    expect(look(two!, 'a 1\nb 1\nc 1\n')!.added).toBe(0);
    // Who tries again tells one series more, and one that names its own source stands elsewhere for each.
    const trying = look(aTarget({ id: 'three', instance: 'three', retries: 1 }), 'a 1\nb 1\n');
    expect(trying!.stored).toHaveLength(first!.stored.length + 1);
    const named = ['four', 'five'].map(id => look(aTarget({ id, instance: id }), 'a{instance="x"} 1\n'));
    expect(named[0]!.stored).not.toBe(named[1]!.stored);
  });

  test('metric_relabel looks at each series once', () => {
    const target = aTarget();
    let looks = 0;
    const counting: Target = {
      ...target,
      metricRelabel: labels => {
        looks += 1;
        return labels;
      },
    };
    const readers = new PageReaders();
    for (let page = 0; page < 5; page += 1) outcomeOf(counting, `a ${page}\nb ${page}\n`, readers);
    expect(looks).toBe(2);
    outcomeOf(counting, 'a 1\nb 1\nc 1\n', readers);
    expect(looks).toBe(3);
  });
});

test.each([
  [{ label_limit: 3 }, 'm 1\n', undefined],
  [{ label_limit: 3 }, 'm 1\nm{a="b"} 1\n', 'label_limit: 4 labels on m, the limit is 3'],
  [{ label_name_length_limit: 8 }, 'm{abcdefgh="b"} 1\n', undefined],
  [
    { label_name_length_limit: 8 },
    'm{abcdefghi="b"} 1\n',
    'label_name_length_limit: abcdefghi on m has 9 bytes, the limit is 8',
  ],
  [{ label_value_length_limit: 6 }, 'm{a="äöü"} 1\n', undefined],
  [
    { label_value_length_limit: 6 },
    'm{a="äöüx"} 1\n',
    'label_value_length_limit: the value of a on m has 7 bytes, the limit is 6',
  ],
  [
    { metric_relabel: [{ target_label: 'y', replacement: 'y'.repeat(2_049) }] },
    'm 1\n',
    'metric_relabel: a value of y is over 2048 bytes',
  ],
  [
    { metric_relabel: [{ target_label: '__name__', replacement: '' }] },
    'm 1\n',
    'metric_relabel leaves a series without a name',
  ],
])('limits of labels: %j', (row, page, detail) => {
  const outcome = outcomeOf(aTarget(row), page);
  expect(outcome.ok && outcome.places.wrong?.detail).toBe(detail);
});

test('nothing of a page is left out of what it stores', () => {
  expect(ofPage(stored({}, 'a 1\nb 2\n'))).toHaveLength(2);
});

describe('a page in OpenMetrics or protobuf', () => {
  const columnsOf = (type: string, bytes: Uint8Array, target: Target): Outcome => {
    const read = new PageReaders().read(target, type, bytes)!;
    expect(read.rejects).toEqual([]);
    const places = read.places();
    const told = { durationMs: 12, attempts: 1, scraped: read.value.count, kept: places.kept };
    return { ok: true, columns: read.value.columns, places, families: read.value.families, ...told };
  };
  const openMetrics = (text: string, row: Readonly<Record<string, unknown>> = {}): readonly Batch[] => {
    const target = aTarget(row);
    const outcome = columnsOf('application/openmetrics-text; version=1.0.0', Buffer.from(`${text}# EOF\n`), target);
    return batchesOfScrape(target, outcome, { slotMs, shared: false, families: [] });
  };
  const exemplarsOf = (batches: readonly Batch[]) =>
    batches.flatMap(({ source, exemplars = [] }) =>
      exemplars.map(({ series, labels, value, timestampMs }) => [
        JSON.stringify(Object.fromEntries(merged(series, source))),
        labels.join(),
        value,
        timestampMs - slotMs,
      ]),
    );

  test.each<[string, string, Readonly<Record<string, unknown>>, unknown[][]]>([
    [
      'its exemplars, under the labels their series is stored under',
      'm_total 3 # {id="1"} 0.5 9999\n',
      { labels: { env: 'prod' } },
      [['{"__name__":"m_total","env":"prod","instance":"x:9100","job":"node"}', 'id,1', 0.5, -1_000]],
    ],
    [
      'the slot for those without a time, and the sample’s own time before that',
      'm_total{n="1"} 3 9998 # {id="1"} 0.5\nm_total{n="2"} 3 # {id="2"} 0.5\n',
      {},
      [
        ['{"__name__":"m_total","instance":"x:9100","job":"node","n":"1"}', 'id,1', 0.5, -2_000],
        ['{"__name__":"m_total","instance":"x:9100","job":"node","n":"2"}', 'id,2', 0.5, 0],
      ],
    ],
    [
      'none of what is dropped',
      'm_total 3 # {id="1"} 0.5\n',
      { metric_relabel: [{ source_labels: ['__name__'], regex: 'm.*', action: 'drop' }] },
      [],
    ],
    ['none from another age', 'm_total 3 # {id="1"} 0.5 99999\n', {}, []],
  ])('has %s', (_, text, row, wanted) => {
    expect(exemplarsOf(openMetrics(`# TYPE m counter\n${text}`, row))).toEqual(wanted);
  });

  test.each([
    ['since the scrape before', slotMs - 14_999, 'm_total{"instance":"x:9100","job":"node"} 0@-14999'],
    ['before the scrape before', slotMs - 15_000, undefined],
    ['at the scrape', slotMs, undefined],
  ])('says of a counter that began %s that it was zero there', (_, createdMs, wanted) => {
    const target = aTarget({ interval: '15s' });
    const created = new WireWriter()
      .varint(1, Math.floor(createdMs / 1_000))
      .varint(2, (createdMs % 1_000) * 1_000_000);
    const metric = new WireWriter().message(3, new WireWriter().double(1, 7).message(3, created));
    const family = new WireWriter().text(1, 'm_total').varint(3, 0).message(4, metric).done();
    const type = 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';
    const outcome = columnsOf(type, Buffer.concat([Buffer.from([family.length]), family]), target);
    const batches = batchesOfScrape(target, outcome, { slotMs, shared: false, families: [] });
    expect(ofPage(batches)).toEqual([
      'm_total{"instance":"x:9100","job":"node"} 7',
      ...(wanted === undefined ? [] : [wanted]),
    ]);
    expect(batches.map(({ id }) => id)).toEqual([
      `${target.id}@${slotMs}`,
      ...(wanted === undefined ? [] : [`${target.id}@${slotMs}/created`]),
    ]);
  });
});
