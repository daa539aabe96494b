import { connect } from '../io/aws/connect.ts';
import { compact } from './compact.ts';

export const handler = compact(connect());
