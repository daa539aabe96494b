import { type DynamoDBClient, PutItemCommand, paginateQuery } from '@aws-sdk/client-dynamodb';
import { limits } from '../../core/limits.ts';
import type { RefusalPage } from '../../core/refusals.ts';
import type { Refusals } from '../ports.ts';
import { attributesOf, rowOf } from './attributes.ts';
import { called } from './calls.ts';
import { tables } from './contract.ts';

const { partition, sort, expires } = tables.usage;

// In the table of usage, by partition key; no key's id is so short:
//   refused   <hour, 13 digits>#<worker>   l: the lines
const key = 'refused';

const placeOf = (hourMs: number, worker = ''): string => `${String(hourMs).padStart(13, '0')}#${worker}`;

/** What workers refused: a row for each worker and hour, which only that worker writes. */
export const dynamoRefusals = (client: DynamoDBClient, table: string): Refusals => ({
  tell: async ({ worker, hourMs, lines }) => {
    const gone = Math.ceil((hourMs + limits.refusalsKeptMs) / 1_000);
    const Item = attributesOf({ [partition]: key, [sort]: placeOf(hourMs, worker), l: lines, [expires]: gone });
    await called('refusals.tell', () => client.send(new PutItemCommand({ TableName: table, Item })));
  },

  since: fromMs =>
    called('refusals.since', async () => {
      const pages: RefusalPage[] = [];
      const asked = paginateQuery(
        { client },
        {
          TableName: table,
          KeyConditionExpression: '#key = :key AND #place >= :first',
          ExpressionAttributeNames: { '#key': partition, '#place': sort },
          ExpressionAttributeValues: attributesOf({ ':key': key, ':first': placeOf(fromMs) }),
          ScanIndexForward: false,
        },
      );
      for await (const { Items = [] } of asked) {
        for (const row of Items.map(rowOf)) {
          const [hour = '', worker = ''] = String(row[sort]).split('#');
          pages.push({ worker, hourMs: Number(hour), lines: row['l'] as RefusalPage['lines'] });
        }
        if (pages.length >= limits.refusalPages) break;
      }
      return pages.slice(0, limits.refusalPages);
    }),
});
