import { connectWithSecrets } from '../io/aws/connect-secrets.ts';
import { declare } from './declare.ts';

export const handler = declare(connectWithSecrets());
