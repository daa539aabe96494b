import type { Ports } from '../ports.ts';
import { connectWithUsage } from './connect-usage.ts';
import { connectVitals } from './connect-vitals.ts';
import type { PageFile } from './contract.ts';
import { joined } from './names.ts';

/** The files of the page: the bundler puts them here, see lib/page.ts. */
declare const __PAGE__: readonly PageFile[];

/** With the page, and what the collector said of itself and of whom it refused. */
export const connectPage = (env = process.env) => {
  const files: Pick<Ports, 'pageFiles'> = { pageFiles: __PAGE__ };
  return joined(joined(connectWithUsage(env), connectVitals(env)), files);
};
