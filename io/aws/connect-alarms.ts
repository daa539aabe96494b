import { SNSClient } from '@aws-sdk/client-sns';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { Ports } from '../ports.ts';
import { snsAlarms } from './alarms.ts';
import { apiCanary, httpWatchdog } from './canary.ts';
import { connect } from './connect.ts';
import { environment } from './contract.ts';
import { joined, namesIn, once } from './names.ts';

/** With those who hear of it when somebody falls silent, and those who watch the watcher. */
export const connectWithAlarms = (env = process.env) => {
  const named = namesIn(env);
  const alarms = once(() => snsAlarms(new SNSClient({}), named(environment.alarms)));
  const canary = (url: string) => apiCanary(new URL(url), env['AWS_REGION'] ?? '', defaultProvider());
  const more: Pick<Ports, 'alarms' | 'canary' | 'watchdog'> = {
    get alarms() {
      return alarms();
    },
    get canary() {
      const url = env[environment.canaryUrl];
      return url === undefined ? undefined : canary(url);
    },
    get watchdog() {
      const url = env[environment.watchdogUrl];
      return url === undefined ? undefined : httpWatchdog(url);
    },
  };
  return joined(connect(env), more);
};
