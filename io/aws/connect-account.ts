import { connectWithBlocks } from './connect-blocks.ts';
import { connectVitals } from './connect-vitals.ts';
import { joined } from './names.ts';

/** With what is merged, and what the collector said of itself. */
export const connectAccount = (env = process.env) => joined(connectWithBlocks(env), connectVitals(env));
