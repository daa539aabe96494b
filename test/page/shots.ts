import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../paths/collector-process.ts';
import { openBrowser, visit } from './browser.ts';
import { smallPng } from './small-png.ts';

// Pictures of each view, light and dark, wide and narrow: `node test/page/shots.ts URL FOLDER`

const [url = 'http://127.0.0.1:9640', folder = 'shots'] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const query = 'sum by (route) (rate(http_requests_total[1m]))';
const views = {
  sources: '#/sources',
  source: process.env['SOURCE'] ?? '#/source?job=thumbnails&instance=*',
  heartbeats: '#/heartbeats',
  explore: `#/explore?${new URLSearchParams([
    ['q', query],
    ['as', 'chart'],
    ['q', 'topk(5, orders_total)'],
    ['as', 'table'],
    ['range', '900'],
  ])}`,
  alarms: '#/alarms',
  health: '#/health',
  job: '#/source?job=backup&instance=*',
};
/** What stands on each view once it has its answers. */
const answered: Readonly<Record<string, string>> = {
  sources: "document.querySelectorAll('.row').length > 3",
  source: "document.querySelector('.metrics') !== null",
  heartbeats: "document.querySelectorAll('tbody tr').length > 3",
  explore: "document.querySelectorAll('.panel').length === 2 && /series, [^]*series, /.test(document.body.innerText)",
  alarms: "document.querySelector('.open-alarms') !== null",
  health: "document.querySelector('.balance') !== null",
  job: "document.querySelector('.runs') !== null",
};
const only = process.env['ONLY'];
const browser = await openBrowser();
for (const [width, height, size] of [
  [1280, 800, 'wide'],
  [390, 844, 'narrow'],
] as const) {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [name, hash] of Object.entries(views)) {
      if (only !== undefined && !`${name}-${size}-${colorScheme}`.includes(only)) continue;
      const { page, context, complaints } = await visit(browser, `${url}/${hash}`, { width, height, colorScheme });
      const isReady = `${answered[name]} && !/asking/i.test(document.body.innerText)`;
      await page.waitForTimeout(1_500);
      // Not by waitForFunction: between its looks the page's own policy forbids it to evaluate anything.
      await eventually(60_000, () => page.evaluate<boolean>(isReady), Boolean);
      writeFileSync(join(folder, `${name}-${size}-${colorScheme}.png`), smallPng(await page.screenshot()));
      for (const complaint of complaints) console.log(`${name} ${size} ${colorScheme}: ${complaint}`);
      await context.close();
    }
  }
}
await browser.close();
