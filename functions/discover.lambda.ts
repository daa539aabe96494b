import { connectWithInventory } from '../io/aws/connect-inventory.ts';
import { discover } from './discover.ts';

export const handler = discover(connectWithInventory());
