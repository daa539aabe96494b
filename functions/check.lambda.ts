import { connectWithAlarms } from '../io/aws/connect-alarms.ts';
import { check } from './check.ts';

export const handler = check(connectWithAlarms());
