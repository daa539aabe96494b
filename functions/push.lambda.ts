import { connectWithUsage } from '../io/aws/connect-usage.ts';
import { push } from './push.ts';

export const handler = push(connectWithUsage());
