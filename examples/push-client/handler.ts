import { Metrics } from '../../client/metrics.ts';

// A function that tells what it did, with `import { Metrics } from 'sluice/client'` where Sluice is installed. It is told SLUICE_URL, and
// either SLUICE_KEY or the right to push (`collector.grantPush(fn)`); with neither it runs as well, and tells nobody.

const metrics = new Metrics();

type Order = { readonly country: string; readonly items: number };

export const handler = metrics.wrapped(async ({ country, items }: Order, _context: unknown) => {
  metrics.count('orders_total', 1, { country });
  metrics.observe('order_items', items);
  return metrics.timed('checkout_seconds', async () => ({ accepted: items > 0 }));
});
