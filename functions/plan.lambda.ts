import { connectWithSecrets } from '../io/aws/connect-secrets.ts';
import { plan } from './plan.ts';

export const handler = plan(connectWithSecrets());
