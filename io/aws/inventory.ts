import type { Inventory } from '../ports.ts';
import type { Amazon } from './amazon.ts';
import { cloudMapInventory } from './inventory-cloud-map.ts';
import { instancesWhere } from './inventory-ec2.ts';
import { ecsInventory } from './inventory-ecs.ts';

/** What runs in the account, asked of AWS. */
export const awsInventory = (amazon: Amazon, region: string): Inventory => ({
  ...ecsInventory(amazon, region),
  ...cloudMapInventory(amazon, region),
  instances: async ({ region: where = region, filters }) => ({
    all: await instancesWhere(amazon, where, filters),
    failures: [],
  }),
});
