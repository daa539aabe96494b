import { connectWithBlocks } from '../io/aws/connect-blocks.ts';
import { query } from './query.ts';

export const handler = query(connectWithBlocks());
