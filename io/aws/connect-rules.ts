import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Ports, Rules } from '../ports.ts';
import { systemClock } from './connect.ts';
import { connectWithAlarms } from './connect-alarms.ts';
import { connectWithBlocks } from './connect-blocks.ts';
import { environment } from './contract.ts';
import { joined, namesIn, once } from './names.ts';
import { dynamoRules } from './rules.ts';

/** With blocks, alarms, and the files of rules, which lib writes in front of the bundle. */
export const connectWithRules = (env = process.env) => {
  const named = namesIn(env);
  const { sluiceRules = [] } = globalThis as { readonly sluiceRules?: Rules['files'] };
  const rules = once(() => dynamoRules(new DynamoDBClient({}), systemClock, named(environment.series), sluiceRules));
  const more: Pick<Ports, 'rules'> = {
    get rules() {
      return rules();
    },
  };
  return joined(joined(connectWithBlocks(env), connectWithAlarms(env)), more);
};
