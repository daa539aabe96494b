import { bytesType, varintType, type Wire, WireError } from '../exposition/wire.ts';
import { limits } from '../limits.ts';
import { textOfAny } from './otlp-model.ts';
import { readDouble, readInside, readString, readUint } from './wire-values.ts';

/** A KeyValue. */
export const readAttribute = (wire: Wire): [name: string, value: string] => {
  let name = '';
  let value: unknown = '';
  while (wire.next()) {
    if (wire.field === 1) name = readString(wire, 'an attribute name');
    else if (wire.field === 2) value = readAny(readInside(wire, 'an attribute value'), 0);
    else wire.skip();
  }
  return [name, textOfAny(value)];
};

/** An AnyValue as JSON would hold it. */
const readAny = (wire: Wire, depth: number): unknown => {
  if (depth > limits.jsonDepth)
    throw new WireError(`expected at most ${limits.jsonDepth} values inside each other, found more`, wire.at);
  let value: unknown = '';
  while (wire.next()) {
    if (wire.field === 1) value = readString(wire, 'a text value');
    else if (wire.field === 2) value = readUint(wire, 'a truth value') !== 0;
    else if (wire.field === 3) {
      wire.expect(varintType, 'a whole value');
      value = wire.varint();
    } else if (wire.field === 4) value = readDouble(wire, 'a double value');
    else if (wire.field === 5) value = readList(readInside(wire, 'a list'), depth);
    else if (wire.field === 6) value = readMap(readInside(wire, 'a map'), depth);
    else if (wire.field === 7) {
      wire.expect(bytesType, 'bytes');
      const { bytes, at, end } = wire.inside();
      value = Buffer.from(bytes.subarray(at, end)).toString('base64');
    } else wire.skip();
  }
  return value;
};

const readList = (wire: Wire, depth: number): unknown[] => {
  const values: unknown[] = [];
  while (wire.next()) {
    if (wire.field === 1) values.push(readAny(readInside(wire, 'a list value'), depth + 1));
    else wire.skip();
  }
  return values;
};

const readMap = (wire: Wire, depth: number): unknown => {
  const entries: [string, unknown][] = [];
  while (wire.next()) {
    if (wire.field !== 1) {
      wire.skip();
      continue;
    }
    const pair = readInside(wire, 'a map entry');
    let name = '';
    let value: unknown = '';
    while (pair.next()) {
      if (pair.field === 1) name = readString(pair, 'a map key');
      else if (pair.field === 2) value = readAny(readInside(pair, 'a map value'), depth + 1);
      else pair.skip();
    }
    entries.push([name, value]);
  }
  return Object.fromEntries(entries);
};
