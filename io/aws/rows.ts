import { type DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import type { Row } from '../ports.ts';
import { rowOf } from './attributes.ts';
import { called } from './calls.ts';

/** Every row of a small table, strongly consistent. */
export const scanned = (client: DynamoDBClient, table: string, place: string): Promise<Row[]> =>
  called(place, async () => {
    const rows: Row[] = [];
    for await (const { Items = [] } of paginateScan({ client }, { TableName: table, ConsistentRead: true }))
      rows.push(...Items.map(rowOf));
    return rows;
  });
