import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limits } from '../../../core/limits.ts';
import { acceptedAtMs, readAt } from './requests.ts';

const v2 = (body: string, query = '') => readAt(`/api/v2/write?org=o&bucket=b${query}`, body);
const seconds = acceptedAtMs / 1_000;

test.each([
  ['cpu,host=a usage=1.5,idle=2i 1700000000000000000', ['cpu_usage{host="a"} 1.5 @0', 'cpu_idle{host="a"} 2 @0']],
  ['cpu usage=-1e3', ['cpu_usage -1000']],
  ['cpu a=5u,b=t,c=FALSE', ['cpu_a 5', 'cpu_b 1', 'cpu_c 0']],
  ['a value=1\nb value=2\n', ['a_value 1', 'b_value 2']],
  ['\n# a remark\n\n  a value=1', ['a_value 1']],
  ['a value=1 \r\nb value=2\r\n', ['a_value 1', 'b_value 2']],
  ['m,t=x text="one, two = \\"three\\"\nand four",v=1', ['m_v{t="x"} 1']],
  ['m text="only"', []],
  ['my\\ m\\,x,ta\\ g=v\\=a\\ l,b=c\\d f\\ 1=2', ['my_m_x_f_1{b="c\\d",ta_g="v=a l"} 2']],
  ['m,job=j,instance=i v=1', ['m_v{instance="i",job="j"} 1']],
  ['', []],
])('%j', (body, lines) => {
  const answer = v2(body);
  expect([answer.status, answer.text, answer.lines]).toEqual([204, '', lines]);
});

test.each([
  ['', `${seconds}000000000`],
  ['&precision=ns', `${seconds}000000000`],
  ['&precision=us', `${seconds}000000`],
  ['&precision=ms', `${seconds}000`],
  ['&precision=s', `${seconds}`],
])('%j says what a time is', (query, time) => {
  expect(v2(`m v=1 ${time}`, query).lines).toEqual(['m_v 1 @0']);
});

describe('a malformed line refuses all of them', () => {
  test.each([
    ['m', 'missing fields'],
    [',t=1 v=1', 'missing measurement'],
    ['m,t v=1', 'expected a tag name and ='],
    ['m,t= v=1', 'missing value of tag \\"t\\"'],
    ['m v', 'expected a field name and ='],
    ['m v=', 'bad value of field \\"v\\"'],
    ['m v=1x', 'bad value'],
    ['m v=1.5i', 'bad value'],
    ['m v=-1u', 'bad value'],
    ['m v=0x10', 'bad value'],
    ['m v=1e400', 'bad value'],
    ['m v="open', 'unbalanced quotes'],
    ['m v="a"b', 'unexpected \\"b\\"'],
    ['m v=1 12x', 'bad timestamp'],
    ['m v=1 1 2', 'bad timestamp'],
    ['m v=1,', 'expected a field name'],
  ])('%j', (line, reason) => {
    const answer = v2(`good v=1\n${line}\n`);
    expect(answer).toMatchObject({ status: 400, samples: [] });
    expect(JSON.parse(answer.text)).toMatchObject({ code: 'invalid' });
    expect(answer.text).toContain(reason);
    expect(answer.text).toContain('line 2');
  });

  test('version 1 says it in its own form', () => {
    const answer = readAt('/write?db=d', 'm');
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      400,
      { error: 'line 1: unable to parse: missing fields' },
    ]);
    expect(readAt('/write?db=d&precision=m', `m v=1 ${Math.floor(seconds / 60)}`).status).toBe(204);
  });

  test('so does a precision that is none, and text that is none', () => {
    expect(v2('m v=1', '&precision=year').text).toContain('is none of ns');
    expect(readAt('/api/v2/write', Uint8Array.of(0x6d, 0xff)).text).toContain('bad_utf8');
  });
});

test('a point that cannot be stored is refused by itself, with 422', () => {
  const answer = v2(`good v=1\nold v=1,w=2 5\nlong,t=${'x'.repeat(limits.labelValueBytes + 1)} v=1\n`);
  expect([answer.status, answer.lines, answer.refused]).toEqual([422, ['good_v 1'], 3]);
  const { code, message } = JSON.parse(answer.text);
  expect(code).toBe('unprocessable entity');
  expect(message).toMatch(/^partial write, 2 refused: line 2: timestamp_out_of_bounds.*; line 3: label_value_limit/);
  expect(readAt('/write', 'old v=1 5')).toMatchObject({ status: 400 });
});

test('any text is taken or refused', () => {
  const pieces = fc.constantFrom('m', ',', '=', ' ', '"', '\\', '\n', '1', 'i', 't', '#', '\r', 'ü', '5u', '.');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 25 }), parts => {
      expect([204, 400, 422]).toContain(v2(parts.join('')).status);
    }),
    { numRuns: 3_000 },
  );
});
