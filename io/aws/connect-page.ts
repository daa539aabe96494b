import type { Ports } from '../ports.ts';
import { connect } from './connect.ts';
import { connectVitals } from './connect-vitals.ts';
import type { PageFile } from './contract.ts';
import { joined } from './names.ts';

/** The files of the page: the bundler puts them here, see lib/page.ts. */
declare const __PAGE__: readonly PageFile[];

/** With the page, and what the collector said of itself. */
export const connectPage = (env = process.env) => {
  const files: Pick<Ports, 'pageFiles'> = { pageFiles: __PAGE__ };
  return joined(joined(connect(env), connectVitals(env)), files);
};
