import { connect } from '../io/aws/connect.ts';
import { scrape } from './scrape.ts';

export const handler = scrape(connect());
