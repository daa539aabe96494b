import { SNSClient } from '@aws-sdk/client-sns';
import type { Ports } from '../ports.ts';
import { snsAlarms } from './alarms.ts';
import { connect } from './connect.ts';
import { environment } from './contract.ts';
import { joined, namesIn, once } from './names.ts';

/** With those who hear of it when somebody falls silent. */
export const connectWithAlarms = (env = process.env) => {
  const named = namesIn(env);
  const alarms = once(() => snsAlarms(new SNSClient({}), named(environment.alarms)));
  const more: Pick<Ports, 'alarms'> = {
    get alarms() {
      return alarms();
    },
  };
  return joined(connect(env), more);
};
