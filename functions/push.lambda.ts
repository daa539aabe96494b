import { connect } from '../io/aws/connect.ts';
import { push } from './push.ts';

export const handler = push(connect());
