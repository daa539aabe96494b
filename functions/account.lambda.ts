import { connectAccount } from '../io/aws/connect-account.ts';
import { account } from './account.ts';

export const handler = account(connectAccount());
