import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Ports } from '../ports.ts';
import { type BasePorts, connect } from './connect.ts';
import { environment } from './contract.ts';
import { type Environment, joined, namesIn, once } from './names.ts';
import { dynamoRefusals } from './refusals.ts';
import { dynamoUsage } from './usage.ts';

/** What is needed by who holds keys to their limits, and tells whom it refused. */
export const connectWithUsage = (env: Environment = process.env): BasePorts & Pick<Ports, 'usage' | 'refusals'> => {
  const usage = once(() => dynamoUsage(new DynamoDBClient({}), namesIn(env)(environment.usage)));
  const refusals = once(() => dynamoRefusals(new DynamoDBClient({}), namesIn(env)(environment.usage)));
  return joined(connect(env), {
    get usage() {
      return usage();
    },
    get refusals() {
      return refusals();
    },
  });
};
