import { limits } from '../limits.ts';
import type { Target } from './target.ts';

/** What Prometheus 3 sends by default (prometheus scrape/scrape.go, TestAcceptHeader): exporters are tuned to it. */
const accept = [
  'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6',
  'application/openmetrics-text;version=0.0.1;q=0.5',
  'text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4',
  'text/plain;version=0.0.4;q=0.3',
  '*/*;q=0.2',
].join(',');

export const scrapeHeaders = (timeoutMs: number): Readonly<Record<string, string>> => ({
  accept,
  'accept-encoding': 'gzip, zstd',
  'user-agent': 'sluice/0.1',
  'x-prometheus-scrape-timeout-seconds': String(timeoutMs / 1_000),
});

/** How long a page may be, unpacked, for a worker of so much memory. */
export const pageBytesOf = (memoryBytes: number): number =>
  Math.min(limits.pageUnpackedBytes, Math.floor(memoryBytes * limits.pageShare));

/** How long the page of a target may be, as received and unpacked. */
export const bodyBoundsOf = (
  { limits: own }: Target,
  pageBytes: number,
): { readonly bodyBytes: number; readonly unpackedBytes: number } => ({
  bodyBytes: limits.pageBytes,
  // At its limit a body is over it, as in Prometheus.
  unpackedBytes: own.bodyBytes === 0 ? pageBytes : Math.min(own.bodyBytes - 1, pageBytes),
});
