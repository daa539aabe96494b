import { connect } from '../io/aws/connect.ts';
import { check } from './check.ts';

export const handler = check(connect());
