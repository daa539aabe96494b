import { type DynamoDBClient, UpdateItemCommand, type UpdateItemCommandInput } from '@aws-sdk/client-dynamodb';
import type { HeartbeatKey } from '../../core/heartbeat/heartbeat.ts';
import { type Attributes, attributesOf } from './attributes.ts';
import { calledIf } from './calls.ts';
import { tables } from './contract.ts';

const { partition, sort } = tables.heartbeats;

/** Names the item of a source. */
export const attributesOfKey = ({ job, instance }: HeartbeatKey): Attributes =>
  attributesOf({ [partition]: job, [sort]: instance });

/** One change to one item of the table. Tells whether it was made: not where its condition did not hold. */
export const updating =
  (client: DynamoDBClient, table: string) =>
  (place: string, key: HeartbeatKey, input: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>): Promise<boolean> =>
    calledIf(place, () =>
      client.send(new UpdateItemCommand({ TableName: table, Key: attributesOfKey(key), ...input })),
    );
