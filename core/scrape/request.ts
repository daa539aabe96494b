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
