import { connect } from '../io/aws/connect.ts';
import { declare } from './declare.ts';

export const handler = declare(connect());
