import type { AttributeValue } from '@aws-sdk/client-dynamodb';

// DynamoDB's rules (Developer Guide, "DynamoDB Item sizes and formats", read 2025-11): an item is the sum of its attribute
// names and values in UTF-8 bytes; a number about 1 byte for two digits and 1 more; binary its raw length; a list or map
// 3 bytes and 1 for each element beside the elements; null and booleans 1. A write unit is 1 KB, begun ones count whole.

const bytesOf = (text: string): number => Buffer.byteLength(text);

const numberBytes = (text: string): number => {
  const digits = text.replace(/[^0-9]/g, '').replace(/^0+|0+$/g, '').length;
  return Math.ceil(digits / 2) + (text.startsWith('-') ? 2 : 1);
};

const valueBytes = (value: AttributeValue): number => {
  if (value.S !== undefined) return bytesOf(value.S);
  if (value.N !== undefined) return numberBytes(value.N);
  if (value.B !== undefined) return value.B.length;
  if (value.L !== undefined) return value.L.reduce((sum, each) => sum + 1 + valueBytes(each), 3);
  if (value.M !== undefined)
    return Object.entries(value.M).reduce((sum, [name, each]) => sum + 1 + bytesOf(name) + valueBytes(each), 3);
  return 1;
};

export const itemBytes = (item: Readonly<Record<string, AttributeValue>>): number =>
  Object.entries(item).reduce((sum, [name, value]) => sum + bytesOf(name) + valueBytes(value), 0);

export const writeUnitsOf = (bytes: number): number => Math.ceil(bytes / 1_024);
