import { SNSClient } from '@aws-sdk/client-sns';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { Ports } from '../ports.ts';
import { snsAlarms } from './alarms.ts';
import { amazon } from './amazon.ts';
import { apiCanary, httpWatchdog } from './canary.ts';
import { connect, systemClock } from './connect.ts';
import { environment } from './contract.ts';
import { apiGateway } from './gateway.ts';
import { joined, namesIn, once } from './names.ts';
import { alertmanagerAlarms, eventBusAlarms, ringingAlso } from './ringing.ts';

/** With those who hear of it when somebody falls silent, and those who watch the watcher. */
export const connectWithAlarms = (env = process.env) => {
  const named = namesIn(env);
  const base = connect(env);
  const alarms = once(() => {
    const [url, bus] = [env[environment.alertmanagerUrl], env[environment.eventBus]];
    const others = {
      ...(url !== undefined && { alertmanager: alertmanagerAlarms(url) }),
      ...(bus !== undefined && { bus: eventBusAlarms(bus, env['AWS_REGION'] ?? '', defaultProvider()) }),
    };
    return ringingAlso(snsAlarms(new SNSClient({}), named(environment.alarms)), others, base.log);
  });
  const canary = (url: string) => apiCanary(new URL(url), env['AWS_REGION'] ?? '', defaultProvider());
  const gateway = (ids: string) =>
    apiGateway(
      amazon({
        clock: systemClock,
        chance: { next: () => Math.random() },
        credentials: defaultProvider(),
        region: env['AWS_REGION'] ?? '',
        endpointOf: () => env['AWS_ENDPOINT_URL_CLOUDWATCH'] ?? env['AWS_ENDPOINT_URL'],
      }),
      named(environment.collector),
      ids.split(','),
    );
  const more: Pick<Ports, 'alarms' | 'canary' | 'gateway' | 'watchdog'> = {
    get alarms() {
      return alarms();
    },
    get canary() {
      const url = env[environment.canaryUrl];
      return url === undefined ? undefined : canary(url);
    },
    get gateway() {
      const ids = env[environment.gateways];
      return ids === undefined ? undefined : gateway(ids);
    },
    get watchdog() {
      const url = env[environment.watchdogUrl];
      return url === undefined ? undefined : httpWatchdog(url);
    },
  };
  return joined(base, more);
};
