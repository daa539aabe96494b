import { readTarget, type Target } from '../core/scrape/target.ts';
import type { Reach, Row } from '../io/ports.ts';

/** The host of a URL where that is an address and no name. */
const addressIn = ({ url }: Target): string | undefined => {
  const { hostname } = new URL(url);
  if (hostname.startsWith('[')) return hostname.slice(1, -1);
  return /^\d+\.\d+\.\d+\.\d+$/.test(hostname) ? hostname : undefined;
};

/** What to set so that a scraper of that network may reach an address. */
const allowedBy = { public: 'scrapeAllowCidrs', vpc: 'vpcScraping.allowCidrs' } as const;

/**
 * Why nobody may scrape a target: its address is not public, and the list of allowed blocks does not name it. Undefined where
 * somebody may, or where its name tells no address before it is looked up.
 */
export const unreachable = (reach: Reach, target: Target): string | undefined => {
  const { network } = target;
  const address = addressIn(target);
  const may = reach[network];
  if (address === undefined || may === undefined || may(address)) return undefined;
  const inside =
    network === 'public' && reach.vpc === undefined
      ? `name its block in ${allowedBy.public}, or set vpcScraping and network: "vpc"`
      : network === 'public'
        ? `say network: "vpc", or name its block in ${allowedBy.public}`
        : `name its block in ${allowedBy.vpc}`;
  return `${address} is not a public address, and this collector may not scrape it: ${inside} on the Collector`;
};

/** The same of what a list found, told once for all of them. */
export const unreachableIn = (reach: Reach, rows: readonly Row[]): string[] => {
  const reasons = rows.flatMap(row => {
    const { value: target } = readTarget(row);
    return target === undefined ? [] : (unreachable(reach, target) ?? []);
  });
  const [first] = reasons;
  if (first === undefined) return [];
  return [reasons.length === 1 ? first : `${first}; so are ${reasons.length - 1} more of ${rows.length}`];
};
