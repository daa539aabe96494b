import { type Behaviour, openMetrics, page, text } from './behaviour.ts';

// What servers say on pages.

const seconds = (behind: number): string => String(Date.now() - 1_000 * behind);

/** A page that is made when it is asked for. */
const now =
  (body: () => string): Behaviour['serve'] =>
  (response, socket) =>
    page(body())(response, socket);

const labels = (count: number): string => Array.from({ length: count }, (_, index) => `l${index}="v"`).join(',');

export const pages: readonly Behaviour[] = [
  { name: 'good', serve: page('m 1\n'), stored: ['m 1'] },
  { name: 'nothing', serve: page(''), stored: [] },
  { name: 'comments alone', serve: page('# nothing\n# HELP m x\n'), stored: [] },
  { name: 'empty lines', serve: page('\n\n\nm 1\n\n'), stored: ['m 1'] },
  { name: 'no newline at the end', serve: page('m 1\nn 2'), stored: ['m 1', 'n 2'] },
  { name: 'CRLF', serve: page('m 1\r\nn 2\r\n'), reason: 'SCRAPE_PARSE' },
  { name: 'a byte order mark', serve: page('\ufeffm 1\n'), reason: 'SCRAPE_PARSE' },
  { name: 'UTF-16', serve: page(Buffer.from('m 1\n', 'utf16le')), reason: 'SCRAPE_PARSE' },
  { name: 'an HTML page that says 200', serve: page('<html><body>It works!</body></html>'), reason: 'SCRAPE_PARSE' },
  { name: 'JSON', serve: page('{"m": 1}', { 'content-type': 'application/json' }), reason: 'SCRAPE_CONTENT_TYPE' },
  {
    name: 'HTML as its type',
    serve: page('m 1\n', { 'content-type': 'text/html' }),
    reason: 'SCRAPE_CONTENT_TYPE',
    otherwise: 'takes any type for text; Prometheus 3 does not, and neither do we, but for fallback_scrape_protocol',
  },
  {
    name: 'no type',
    serve: page('m 1\n', { 'content-type': '' }),
    reason: 'SCRAPE_CONTENT_TYPE',
    otherwise: 'takes it for text; Prometheus 3 does not, and neither do we, but for fallback_scrape_protocol',
  },
  {
    name: 'no type, and a fallback',
    serve: page('m 1\n', { 'content-type': '' }),
    row: { fallback_scrape_protocol: 'PrometheusText0.0.4' },
    stored: ['m 1'],
  },
  {
    name: 'a type in capitals',
    serve: page('m 1\n', { 'content-type': 'Text/Plain; Version=0.0.4' }),
    stored: ['m 1'],
  },
  {
    name: 'OpenMetrics',
    serve: page('# TYPE m counter\nm_total 1\n# EOF\n', { 'content-type': openMetrics }),
    stored: ['m_total 1'],
  },
  {
    name: 'OpenMetrics without its end',
    serve: page('m 1\n', { 'content-type': openMetrics }),
    reason: 'SCRAPE_PARSE',
  },
  {
    name: 'OpenMetrics beyond its end',
    serve: page('m 1\n# EOF\nn 2\n', { 'content-type': openMetrics }),
    reason: 'SCRAPE_PARSE',
  },
  { name: 'OpenMetrics as text', serve: page('m 1\n# EOF\n', { 'content-type': text }), stored: ['m 1'] },
  { name: 'a series twice', serve: page('m 1\nm 2\n'), stored: ['m 1'] },
  {
    name: 'a series twice, in another order',
    serve: page('m{a="1",b="2"} 1\nm{b="2",a="1"} 2\n'),
    stored: ['m{a="1",b="2"} 1'],
  },
  {
    name: 'a label twice',
    serve: page('m{a="1",a="2"} 1\n'),
    reason: 'SCRAPE_PARSE',
    otherwise: 'counts the line as scraped before it refuses it; it is down there too',
  },
  { name: 'a time of a minute ago', serve: now(() => `m 1 ${seconds(60)}\n`), stored: ['m 1 @-60'] },
  { name: 'a time in five minutes', serve: now(() => `m 1 ${seconds(-300)}\nn 2\n`), stored: ['m 1 @300', 'n 2'] },
  { name: 'a time in an hour', serve: now(() => `m 1 ${seconds(-3_600)}\nn 2\n`), stored: ['n 2'] },
  {
    name: 'a time of two hours ago',
    serve: now(() => `m 1 ${seconds(7_200)}\nn 2\n`),
    stored: ['n 2'],
  },
  { name: 'a time of 1970', serve: page('m 1 1\nn 2\n'), stored: ['n 2'] },
  {
    name: 'a time before 1970',
    serve: page('m 1 -1\n'),
    stored: [],
    otherwise:
      'cannot read a negative time, though the format has them in its own example; the sample is out of the window, the page is good',
  },
  { name: 'a time with a fraction', serve: page('m 1 1.5\n'), reason: 'SCRAPE_PARSE' },
  {
    name: 'times not honored',
    serve: now(() => `m 1 ${seconds(-3_600)}\n`),
    row: { honor_timestamps: false },
    stored: ['m 1'],
  },
  {
    name: 'odd values',
    serve: page('a NaN\nb +Inf\nc -Inf\nd 1e3\ne -0\n'),
    stored: ['a NaN', 'b +Inf', 'c -Inf', 'd 1000', 'e -0'],
  },
  { name: 'a value too large', serve: page('m 1e400\n'), reason: 'SCRAPE_PARSE' },
  { name: 'a hexadecimal value', serve: page('m 0x10\n'), reason: 'SCRAPE_PARSE' },
  { name: 'no value', serve: page('m\n'), reason: 'SCRAPE_PARSE' },
  { name: 'a value that is none', serve: page('m one\n'), reason: 'SCRAPE_PARSE' },
  { name: 'a label without quotes', serve: page('m{a=b} 1\n'), reason: 'SCRAPE_PARSE' },
  { name: 'labels without an end', serve: page('m{a="b" 1\n'), reason: 'SCRAPE_PARSE' },
  { name: 'a value without an end', serve: page('m{a="b} 1\n'), reason: 'SCRAPE_PARSE' },
  { name: 'a comma too much', serve: page('m{a="b",} 1\n'), stored: ['m{a="b"} 1'] },
  { name: 'an unknown escape', serve: page('m{a="\\q"} 1\n'), stored: ['m{a="\\q"} 1'] },
  {
    name: 'a label with bytes that are no text',
    serve: page(Buffer.from('m{a="\xff"} 1\n', 'latin1')),
    reason: 'SCRAPE_PARSE',
  },
  { name: 'an empty label', serve: page('m{a=""} 1\n'), stored: ['m 1'] },
  { name: 'a name that begins with a digit', serve: page('1m 1\n'), reason: 'SCRAPE_PARSE' },
  { name: 'a name with a NUL', serve: page('m\0n 1\n'), reason: 'SCRAPE_PARSE' },
  { name: 'tabs', serve: page('m\t1\nn{\ta="b"\t}\t2\n'), stored: ['m 1', 'n{a="b"} 2'] },
  { name: 'a type that is none', serve: page('# TYPE m thing\nm 1\n'), reason: 'SCRAPE_PARSE' },
  { name: 'a type twice', serve: page('# TYPE m gauge\n# TYPE m counter\nm 1\n'), stored: ['m 1'] },
  { name: 'a good line before a bad one', serve: page('m 1\nn\n'), reason: 'SCRAPE_PARSE' },
  {
    name: 'a long line',
    serve: page(`m{a="${'x'.repeat(100_000)}"} 1\n`),
    reason: 'SCRAPE_PARSE',
    otherwise: 'has no limit; a line of 64 KiB is an accident, and its series would be written again with every change',
  },
  {
    name: 'many labels',
    serve: page(`m{${labels(40)}} 1\n`),
    reason: 'SCRAPE_PARSE',
    otherwise: 'has no limit of its own; here 30 labels are the limit for everybody, as in Mimir',
  },
  {
    name: 'a page that says it is up',
    serve: page('up 5\nm 1\n'),
    stored: ['m 1'],
    otherwise: 'lets the page say whether its target is up',
  },
  {
    name: 'labels that pass for another target',
    serve: page('m{job="other",instance="x"} 1\n'),
    stored: ['m{exported_instance="x",exported_job="other"} 1'],
  },
  {
    name: 'more samples than allowed',
    serve: page('m 1\nn 2\no 3\n'),
    row: { sample_limit: 2 },
    reason: 'SCRAPE_LIMIT',
  },
  { name: 'as many samples as allowed', serve: page('m 1\nn 2\n'), row: { sample_limit: 2 }, stored: ['m 1', 'n 2'] },
  {
    name: 'more labels than allowed',
    serve: page('m 1\nn{a="b"} 2\n'),
    row: { label_limit: 3 },
    reason: 'SCRAPE_LIMIT',
  },
  {
    name: 'a longer name of a label than allowed',
    serve: page('n{abcdefghi="b"} 2\n'),
    row: { label_name_length_limit: 8 },
    reason: 'SCRAPE_LIMIT',
  },
  {
    name: 'a longer value of a label than allowed',
    serve: page(`n{a="${'x'.repeat(70)}"} 2\n`),
    row: { label_value_length_limit: 60 },
    reason: 'SCRAPE_LIMIT',
  },
  {
    name: 'a longer page than allowed',
    serve: page('m 1\n'.repeat(1_000)),
    row: { body_size_limit: '1000B' },
    reason: 'SCRAPE_LIMIT',
  },
  { name: 'just as long a page', serve: page('m 1\n'), row: { body_size_limit: '4B' }, reason: 'SCRAPE_LIMIT' },
  {
    name: 'series that relabeling makes one',
    serve: page('m{a="1"} 1\nm{a="2"} 2\n'),
    row: { metric_relabel: [{ regex: 'a', action: 'labeldrop' }] },
    stored: ['m 1'],
  },
  {
    name: 'series that relabeling takes the name of',
    serve: page('m 1\n'),
    row: { metric_relabel: [{ regex: '__name__', action: 'labeldrop' }] },
    reason: 'SCRAPE_PARSE',
  },
];
