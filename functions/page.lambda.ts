import { connectPage } from '../io/aws/connect-page.ts';
import { page } from './page.ts';

export const handler = page(connectPage());
