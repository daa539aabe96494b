import { connect } from '../io/aws/connect.ts';
import { ingest } from './ingest.ts';

export const handler = ingest(connect());
