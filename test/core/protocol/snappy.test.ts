import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SnappyError, unpackSnappy } from '../../../core/protocol/snappy.ts';
import { packSnappy } from './snappy-writer.ts';

const unpacked = (bytes: readonly number[], maxOutputLength = 1_000) =>
  unpackSnappy(Uint8Array.from(bytes), { maxOutputLength });

test.each([
  ['nothing', [0], ''],
  ['a literal', [3, 2 << 2, 97, 98, 99], 'abc'],
  ['a literal with its length in a byte', [3, 60 << 2, 2, 97, 98, 99], 'abc'],
  ['a literal with its length in four bytes', [3, 63 << 2, 2, 0, 0, 0, 97, 98, 99], 'abc'],
  ['a copy with one byte of offset', [7, 2 << 2, 97, 98, 99, (0 << 2) | 1, 3], 'abcabca'],
  ['a copy with two', [6, 2 << 2, 97, 98, 99, (2 << 2) | 2, 3, 0], 'abcabc'],
  ['a copy with four', [6, 2 << 2, 97, 98, 99, (2 << 2) | 3, 3, 0, 0, 0], 'abcabc'],
  ['a copy that repeats what it makes', [6, 0 << 2, 97, (4 << 2) | 2, 1, 0], 'aaaaaa'],
])('%s', (_, bytes, text) => {
  expect(Buffer.from(unpacked(bytes)).toString()).toBe(text);
});

test.each([
  ['no size', [], 'ends inside its size'],
  ['a size without end', [0x80, 0x80, 0x80, 0x80, 0x80, 1], 'more than 32 bits'],
  ['a literal past the end', [3, 2 << 2, 97], 'ends after the block'],
  ['more than was declared', [2, 2 << 2, 97, 98, 99], 'more than the declared 2'],
  ['less than was declared', [4, 2 << 2, 97, 98, 99], '3 bytes instead of the declared 4'],
  ['a copy from before the beginning', [6, 0 << 2, 97, (4 << 2) | 2, 2, 0], '2 bytes back at 1'],
  ['a copy from nowhere', [6, 0 << 2, 97, (4 << 2) | 2, 0, 0], '0 bytes back at 1'],
  ['a copy that makes too much', [3, 0 << 2, 97, (4 << 2) | 2, 1, 0], 'more than the declared 3'],
  ['an offset that is cut off', [6, 0 << 2, 97, (4 << 2) | 2, 1], 'ends inside an element'],
  ['a lie about the size', [0xe0, 7, 0 << 2, 97], 'declared by a block of 4'],
])('%s is refused', (_, bytes, reason) => {
  expect(() => unpacked(bytes)).toThrow(reason);
});

test('what would be too much is refused before it is made', () => {
  expect(() => unpacked([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 97])).toThrow(
    expect.objectContaining({ code: 'ERR_BUFFER_TOO_LARGE' }),
  );
  expect(unpacked([3, 2 << 2, 97, 98, 99], 3)).toHaveLength(3);
  expect(() => unpacked([3, 2 << 2, 97, 98, 99], 2)).toThrow('the limit is 2');
});

describe('whatever is packed', () => {
  const bytes = fc
    .array(fc.oneof(fc.constantFrom('abcd', 'abcdefgh', 'x', '\u0000'), fc.string()), { maxLength: 60 })
    .map(parts => new Uint8Array(Buffer.from(parts.join(''))));

  test('comes out again', () => {
    fc.assert(
      fc.property(bytes, each => {
        expect(unpackSnappy(packSnappy(each), { maxOutputLength: 1e6 })).toEqual(Buffer.from(each));
      }),
    );
  });

  test('and broken is refused or something else, never a crash', () => {
    fc.assert(
      fc.property(bytes, fc.nat(), fc.nat(255), (each, at, byte) => {
        const packed = packSnappy(each);
        packed[at % packed.length] = byte;
        try {
          expect(unpackSnappy(packed, { maxOutputLength: 5_000 }).length).toBeLessThanOrEqual(5_000);
        } catch (error) {
          expect(error).toBeInstanceOf(SnappyError);
        }
      }),
    );
  });
});
