import { connectWithRules } from '../io/aws/connect-rules.ts';
import { rules } from './rules.ts';

export const handler = rules(connectWithRules());
