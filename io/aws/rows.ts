import { type AttributeValue, type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import type { Row } from '../ports.ts';
import { called } from './calls.ts';

export type Attributes = Record<string, AttributeValue>;

export const attributesOf = (row: Row): Attributes => marshall(row, { removeUndefinedValues: true });

export const rowOf = (attributes: Attributes): Row => unmarshall(attributes);

/** Every row of a small table, strongly consistent. */
export const scanned = (client: DynamoDBClient, table: string, place: string): Promise<Row[]> =>
  called(place, async () => {
    const rows: Row[] = [];
    for await (const { Items = [] } of paginateScan({ client }, { TableName: table, ConsistentRead: true }))
      rows.push(...Items.map(rowOf));
    return rows;
  });
