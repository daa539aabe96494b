import { connectWithSecrets } from '../io/aws/connect-secrets.ts';
import { forward } from './forward.ts';

export const handler = forward(connectWithSecrets());
