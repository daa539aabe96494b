import { connect } from '../io/aws/connect.ts';
import { forward } from './forward.ts';

export const handler = forward(connect());
