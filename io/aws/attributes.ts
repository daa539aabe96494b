import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Row } from '../ports.ts';

export type Attributes = Record<string, AttributeValue>;

/** A row as DynamoDB has it; what is undefined is left out. */
export const attributesOf = (row: Row): Attributes => {
  const attributes: Attributes = {};
  for (const name of Object.keys(row)) if (row[name] !== undefined) attributes[name] = attributeOf(row[name]);
  return attributes;
};

const attributeOf = (value: unknown): AttributeValue => {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return { N: String(value) };
    throw new Error(`DynamoDB has no number ${value}`);
  }
  if (typeof value === 'boolean') return { BOOL: value };
  if (value === null) return { NULL: true };
  if (value instanceof Uint8Array) return { B: value };
  if (Array.isArray(value)) return { L: value.filter(each => each !== undefined).map(attributeOf) };
  if (typeof value === 'object') return { M: attributesOf(value as Row) };
  throw new Error(`DynamoDB has no ${typeof value}`);
};

/** What somebody wrote, by whatever means: numbers as near as a double comes, sets as Sets. */
export const rowOf = (attributes: Attributes): Row => {
  const row: Record<string, unknown> = {};
  for (const name of Object.keys(attributes)) put(row, name, readAttribute(attributes[name]!));
  return row;
};

/** An attribute may have any name, and `__proto__` is one. */
const put = (row: Record<string, unknown>, name: string, value: unknown): void => {
  if (name === '__proto__') Object.defineProperty(row, name, { value, enumerable: true, writable: true });
  else row[name] = value;
};

const readAttribute = (attribute: AttributeValue): unknown => {
  if (attribute.S !== undefined) return attribute.S;
  if (attribute.B !== undefined) return attribute.B;
  if (attribute.N !== undefined) return Number(attribute.N);
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.NULL !== undefined) return null;
  if (attribute.L !== undefined) return attribute.L.map(readAttribute);
  if (attribute.M !== undefined) return rowOf(attribute.M);
  if (attribute.SS !== undefined) return new Set(attribute.SS);
  if (attribute.NS !== undefined) return new Set(attribute.NS.map(Number));
  if (attribute.BS !== undefined) return new Set(attribute.BS);
  throw new Error(`DynamoDB gave an attribute of kinds ${Object.keys(attribute).join(', ')}`);
};
