import { connectWithSecrets } from '../io/aws/connect-secrets.ts';
import { scrape } from './scrape.ts';

export const handler = scrape(connectWithSecrets());
