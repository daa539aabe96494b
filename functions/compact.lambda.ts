import { connectWithBlocks } from '../io/aws/connect-blocks.ts';
import { compact } from './compact.ts';

export const handler = compact(connectWithBlocks());
