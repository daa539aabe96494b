import { defaultProvider } from '@aws-sdk/credential-provider-node';
import type { Ports } from '../ports.ts';
import { amazon } from './amazon.ts';
import { systemClock } from './connect.ts';
import { connectWithSecrets } from './connect-secrets.ts';
import { awsInventory } from './inventory.ts';
import { joined, once } from './names.ts';

/** With what runs in the account: for who discovers. */
export const connectWithInventory = (env = process.env) => {
  const region = env['AWS_REGION'] ?? 'us-east-1';
  const inventory = once(() =>
    awsInventory(
      amazon({
        clock: systemClock,
        chance: { next: () => Math.random() },
        credentials: defaultProvider(),
        region,
        endpointOf: service => env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ?? env['AWS_ENDPOINT_URL'],
      }),
      region,
    ),
  );
  const more: Pick<Ports, 'inventory'> = {
    get inventory() {
      return inventory();
    },
  };
  return joined(connectWithSecrets(env), more);
};
