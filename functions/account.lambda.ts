import { connectWithBlocks } from '../io/aws/connect-blocks.ts';
import { account } from './account.ts';

export const handler = account(connectWithBlocks());
