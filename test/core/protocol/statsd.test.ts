import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { labelSetOf } from '../../../core/labels.ts';
import { limits } from '../../../core/limits.ts';
import { readStatsdLine } from '../../../core/protocol/statsd-line.ts';
import { acceptedAtMs, readAt } from './requests.ts';

const read = (body: string, path = '/v1/statsd') => readAt(path, body);
const seconds = acceptedAtMs / 1_000;

describe('lines', () => {
  test.each([
    ['a:2|c', ['a 2']],
    ['a:2|c\na:3|c\n', ['a 5']],
    ['a:2|c:3|c', ['a 5']],
    ['a:1|c|@0.1', ['a 10']],
    ['a:-3|c', ['a -3']],
    ['a.b/c d:1|c', ['a_b_c_d 1']],
    ['a:1|c|#x:1,y:2', ['a{x="1",y="2"} 1']],
    ['a:1|c|#x:1\na:1|c|#x:2', ['a{x="1"} 1', 'a{x="2"} 1']],
    [`a:1|c|T${seconds - 30}`, ['a 1 @-30']],
    ['a:1|c|T5', ['a 1']],
    ['a:7|g', ['a 7']],
    ['a:7|g\na:9|g', ['a 9']],
    ['a:7|g\na:+2|g\na:-4|g', ['a 5']],
    ['a:+2|g\na:7|g', ['a 7']],
    ['a:+2|g\na:-5|g', ['a -3']],
    ['a:x|s\na:y|s\na:x|s', ['a 2']],
    [
      '_sc|nightly|0|h:host-1|#zone:a|m:fine, all: of it|#no',
      ['service_check_status{check="nightly",host="host-1",zone="a"} 0'],
    ],
    ['a:1|c\r\nb:1|c\r\n', ['a 1', 'b 1']],
  ])('%j', (body, lines) => {
    const answer = read(body);
    expect([answer.status, answer.lines]).toEqual([200, lines]);
  });

  test('count as increments, and what only moves a gauge as well', () => {
    const kinds = read('a:1|c\nb:1|g\nc:+1|g\nd:x|s\n').samples.map(({ labels, increment }) => [
      labels[0]?.[1],
      increment,
    ]);
    expect(kinds).toEqual([
      ['a', {}],
      ['b', undefined],
      ['c', {}],
      ['d', undefined],
    ]);
  });

  test('of timers are one histogram in seconds, sampled ones as often as they stand for', () => {
    const { lines, samples } = read('t:200|ms|@0.5\nt:3:0.4|ms\nt:30000000|ms');
    expect(lines).toHaveLength(31);
    expect(lines.filter((_, at) => [0, 1, 2, 6, 7, 27, 28, 29, 30].includes(at))).toEqual([
      't_bucket{le="0.001"} 1',
      't_bucket{le="0.0025"} 1',
      't_bucket{le="0.005"} 2',
      't_bucket{le="0.1"} 2',
      't_bucket{le="0.25"} 4',
      't_bucket{le="1000000"} 5',
      't_bucket{le="+Inf"} 5',
      't_sum 30000.4034',
      't_count 5',
    ]);
    expect(samples.every(({ increment }) => increment !== undefined)).toBe(true);
    expect(read('t:200|h').lines.at(-2)).toBe('t_sum 200');
  });

  test('that are bad harm no others and are named', () => {
    const answer = read('a:1|c\nnonsense\nb:2|c\n_e{1,1}:a|b\n_sc|x|7\n');
    expect([answer.status, answer.lines]).toEqual([200, ['a 1', 'b 2']]);
    expect(JSON.parse(answer.text)).toEqual({
      accepted: 2,
      receipt: 'r1',
      rejected: 3,
      problems: [
        'line 2: bad_line: expected name:value|type',
        'line 4: bad_line: events are not stored here',
        'line 5: bad_line: a service check\'s status is 0, 1, 2 or 3, not "7"',
      ],
    });
  });

  test.each([
    ['a:1|c|#x:\xff', 'bad_utf8'],
    [`a:1|c|#x:${'y'.repeat(limits.labelValueBytes + 1)}`, 'label_value_limit'],
    [`a:1|c|#x:${'y'.repeat(limits.lineBytes)}`, 'line_limit'],
    ['', 'the body has no lines'],
  ])('none of which is good are refused: %#', (body, reason) => {
    const answer = readAt('/v1/statsd', Buffer.from(body, 'latin1'));
    expect(answer).toMatchObject({ status: 400, samples: [], text: expect.stringContaining(reason) });
  });

  test('an empty push of somebody who has a name is a sign of life', () => {
    expect(read('', '/v1/statsd?job=j')).toMatchObject({ status: 200, sourceLabels: labelSetOf([['job', 'j']]) });
  });

  test('any text is taken or refused', () => {
    const pieces = fc.constantFrom(
      'a',
      ':',
      '|',
      'c',
      'ms',
      '@',
      '#',
      '1',
      '.',
      ',',
      '=',
      '[',
      ']',
      '_sc|',
      '_e{',
      '\n',
      'T',
      '-',
      's',
      'ü',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 25 }), parts => {
        expect([200, 400]).toContain(read(parts.join('')).status);
      }),
      { numRuns: 2_000 },
    );
  });
});

const suite = join(
  process.env['SUITES_DIR'] ?? join(import.meta.dirname, '../../../../shared/suites'),
  'statsd-cases.json',
);

describe('what others accept', () => {
  if (!existsSync(suite)) {
    test.skip(`${suite} is not there: the reference lines were not compared`, () => {});
    return;
  }
  type Event = {
    readonly kind: string;
    readonly name: string;
    readonly value: number;
    readonly labels: Record<string, string>;
    readonly relative?: boolean;
  };
  type Case = {
    readonly name: string;
    readonly input_base64: string;
    readonly valid: boolean;
    readonly events?: readonly Event[];
  };
  const cases = JSON.parse(readFileSync(suite, 'utf8')) as readonly Case[];
  /** Refused there because DogStatsD was switched off; here it never is, and packed values may have any name. */
  const isSwitchedOff = ({ name }: Case): boolean => name.includes('Influx no tags with invalid Datadog style');

  test.each(cases.filter(each => !isSwitchedOff(each)))('$name', ({ input_base64: input, valid, events }) => {
    const bytes = Buffer.from(input, 'base64');
    expect(readAt('/v1/statsd', bytes).status).toBe(valid ? 200 : 400);
    if (!valid || events === undefined) return;
    const found = readStatsdLine(bytes.toString('utf8'));
    if (typeof found === 'string') throw new Error(found);
    const kindOf: Readonly<Record<string, string>> = { counter: 'counter', gauge: 'gauge', observe: 'observation' };
    const expected = events.map(({ kind, name, value, labels }) => [
      kindOf[kind],
      name.replace(/[^a-zA-Z0-9_:]/g, '_'),
      value,
      labels,
    ]);
    const told = found.flatMap(({ kind, name, value, tags, times }) =>
      Array.from({ length: times }, () => [
        kind,
        name,
        value,
        Object.fromEntries(
          tags.map(([tag, text]) => [tag.replace(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_'), text]),
        ),
      ]),
    );
    expect(told).toEqual(expected);
  });

  test('are all compared but the two that depend on a switch', () => {
    expect(cases.filter(isSwitchedOff)).toHaveLength(2);
  });
});
