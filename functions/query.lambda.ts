import { connect } from '../io/aws/connect.ts';
import { query } from './query.ts';

export const handler = query(connect());
