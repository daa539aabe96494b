import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { readRetention, usualRetention } from '../../core/retention.ts';
import type { Ports } from '../ports.ts';
import { awsBlocks } from './blocks.ts';
import { connect, systemClock } from './connect.ts';
import { environment } from './contract.ts';
import { joined, namesIn, once } from './names.ts';

/** With what hours and days are merged into. */
export const connectWithBlocks = (env = process.env) => {
  const named = namesIn(env);
  const base = connect(env);
  const blocks = once(() => {
    const kept = env[environment.retention];
    const retention = kept === undefined ? usualRetention : readRetention(kept);
    const clients = { dynamo: new DynamoDBClient({}), s3: new S3Client({ forcePathStyle: true }), clock: systemClock };
    return awsBlocks(clients, named(environment.series), named(environment.blocks), retention);
  });
  const more: Pick<Ports, 'blocks'> = {
    get blocks() {
      return blocks();
    },
  };
  return joined(base, more);
};
