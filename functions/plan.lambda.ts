import { connect } from '../io/aws/connect.ts';
import { plan } from './plan.ts';

export const handler = plan(connect());
