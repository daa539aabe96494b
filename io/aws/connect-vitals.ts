import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Ports } from '../ports.ts';
import { environment } from './contract.ts';
import { namesIn, once } from './names.ts';
import { awsVitals } from './vitals.ts';

/** What the collector said of itself. */
export const connectVitals = (env = process.env): Pick<Ports, 'vitals'> => {
  const named = namesIn(env);
  const vitals = once(() =>
    awsVitals(new CloudWatchClient({}), new SQSClient({}), named(environment.collector), named(environment.buffer)),
  );
  return {
    get vitals() {
      return vitals();
    },
  };
};
