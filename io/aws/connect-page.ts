import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { SQSClient } from '@aws-sdk/client-sqs';
import type { Ports } from '../ports.ts';
import { connectWithUsage } from './connect-usage.ts';
import { environment, type PageFile } from './contract.ts';
import { joined, namesIn, once } from './names.ts';
import { awsVitals } from './vitals.ts';

/** The files of the page: the bundler puts them here, see lib/page.ts. */
declare const __PAGE__: readonly PageFile[];

/** With the page, and what the collector said of itself and of whom it refused. */
export const connectPage = (env = process.env) => {
  const named = namesIn(env);
  const vitals = once(() =>
    awsVitals(new CloudWatchClient({}), new SQSClient({}), named(environment.collector), named(environment.buffer)),
  );
  const more: Pick<Ports, 'vitals' | 'pageFiles'> = {
    pageFiles: __PAGE__,
    get vitals() {
      return vitals();
    },
  };
  return joined(connectWithUsage(env), more);
};
