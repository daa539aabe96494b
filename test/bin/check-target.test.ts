import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkTarget } from '../../bin/commands/check-target.ts';

// A target is checked as the collector scrapes it: what is too long there is too long here.

const page = `# ${'x'.repeat(900)}\na 1\n`;
const long = `${`# ${'x'.repeat(1_021)}\n`.repeat(6 * 1_024)}a 1\n`;

let server: Server;
let origin: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(request.url === '/long' ? long : page);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise(resolve => server.close(resolve)));

test.each([
  ['/metrics', {}, /^up: 1 samples/],
  ['/metrics', { body_size_limit: '10KB' }, /^up: 1 samples/],
  ['/metrics', { body_size_limit: 500 }, /^SCRAPE_LIMIT: body is over 499 bytes$/],
  ['/metrics', { body_size_limit: page.length }, /^SCRAPE_LIMIT: /],
  ['/long', {}, /^SCRAPE_LIMIT: body is over 5242880 bytes, the most for a scraper of 160 MiB \(scrapeMemoryMiB\)$/],
])('%s with %j', async (path, row, verdict) => {
  const checked = await checkTarget({ id: 'a', url: `${origin}${path}`, ...row });
  expect(checked.verdict).toMatch(verdict);
  expect(checked.isGood).toBe(checked.verdict.startsWith('up'));
});
