import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CollectorProcess, eventually, Receiver } from '../paths/collector-process.ts';
import { browserAt, openBrowser, type Visit, visit } from './browser.ts';
import { Shop } from './town.ts';

// The page, as a person uses it: headless Chromium against the real local collector, which asks for keys.

if (browserAt === undefined)
  console.warn('SKIPPED: the page is not tested, there is no Chromium here. `apt-get install chromium`, or CHROMIUM=…');

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

type Finding = {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly target: readonly string[] }[];
};

/** What axe finds that keeps somebody from using the page. */
const seriousIn = async ({ page }: Visit): Promise<string[]> => {
  await page.evaluate(axe);
  const found = (await page.evaluate('axe.run().then(({ violations }) => violations)')) as readonly Finding[];
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, target }) => `${html.slice(0, 160)} at ${target.join(' ')}`).join(' | ')}`,
    );
};

describe.skipIf(browserAt === undefined)('the page', { timeout: 240_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-page-'));
  let collector: CollectorProcess;
  let receiver: Receiver;
  let shop: Shop;
  let browser: Browser;
  let key: string;
  let pushKey: string;

  /** A visit of somebody whose tab has the key. */
  const entered = async (hash: string, options: Parameters<typeof visit>[2] = {}): Promise<Visit> => {
    const visited = await visit(browser, `${collector.url}/`, options);
    await visited.page.evaluate(`sessionStorage.setItem('sluice-key', '${key}')`);
    await visited.page.goto(`${collector.url}/${hash}`);
    await visited.page.reload();
    return visited;
  };

  const push = async (): Promise<void> => {
    const headers = { authorization: `Bearer ${pushKey}` };
    const address = `${collector.url}/v1/push?job=nightly`;
    const answer = await fetch(address, { method: 'POST', headers, body: 'report_rows 7\n' });
    expect(answer.status).toBe(200);
  };

  beforeAll(async () => {
    receiver = await Receiver.start();
    collector = await CollectorProcess.on(folder, { SLUICE_KEYS: 'everything', SLUICE_SUBSCRIBE: receiver.url });
    await collector.start();
    [key, pushKey] = (
      await Promise.all([collector.sluice('keys', 'create', '--operate'), collector.sluice('keys', 'create')])
    ).map(text => text.trim()) as [string, string];
    shop = await Shop.open();
    await collector.sluice('targets', 'add', shop.url, '--job', 'shop', '--interval', '5s');
    await collector.sluice('heartbeats', 'add', '--job', 'nightly', '--interval', '24h', '--grace', '30m');
    await push();
    browser = await openBrowser();
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await collector?.end('SIGTERM');
    await shop?.down();
    await receiver?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test('asks for a key, says that a wrong one is wrong, opens with a right one and keeps it for the tab', async () => {
    const { page, context, complaints } = await visit(browser, `${collector.url}/`);
    await page.getByRole('dialog').waitFor();
    await page.getByLabel('Key', { exact: true }).fill('A'.repeat(64));
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByText('That key does not open this').waitFor();
    await page.getByRole('dialog').getByText('not known here').waitFor();
    // One to push with opens nothing either.
    await page.getByLabel('Key', { exact: true }).fill(pushKey);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('dialog').getByText('this key may push, and not read').waitFor();
    await page.getByLabel('Key', { exact: true }).fill(key);
    await page.getByRole('button', { name: 'Open' }).click();
    await page.getByRole('link', { name: 'nightly' }).waitFor();
    expect(await page.getByRole('dialog').isVisible()).toBe(false);
    await page.reload();
    await page.getByRole('link', { name: 'nightly' }).waitFor();
    // Another tab knows nothing of it.
    const other = await context.newPage();
    await other.goto(`${collector.url}/`);
    await other.getByRole('dialog').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('a heartbeat is paused and resumed', async () => {
    const { page, context, complaints } = await entered('#/heartbeats');
    const row = page.getByRole('row').filter({ hasText: 'nightly' });
    await row.getByText('up', { exact: true }).waitFor();
    await row.getByRole('button', { name: 'pause nightly' }).click();
    await row.getByText('paused', { exact: true }).first().waitFor();
    const told = JSON.parse(await collector.sluice('heartbeats', 'list', '--json')) as { job: string; state: string }[];
    expect(told.find(({ job }) => job === 'nightly')?.state).toBe('paused');
    await row.getByRole('button', { name: 'resume nightly' }).click();
    await row.getByText('up', { exact: true }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('runs of a job are told with how long they took, and it is snoozed and woken by the keyboard', async () => {
    const ping = async (path: string): Promise<void> => {
      const answer = await fetch(`${collector.url}/ping/${path}`, { headers: { authorization: `Bearer ${pushKey}` } });
      expect(answer.status).toBe(200);
    };
    await collector.sluice('heartbeats', 'add', '--job', 'invoices', '--interval', '1h', '--grace', '5m');
    for (const path of ['invoices/start', 'invoices/3', 'invoices/start', 'invoices']) await ping(path);
    const { page, context, complaints } = await entered('#/heartbeats');
    const row = page.getByRole('row').filter({ hasText: 'invoices' });
    await row.getByText('2, 1 failed').waitFor({ timeout: 60_000 });
    await row.getByRole('button', { name: 'snooze invoices' }).focus();
    await page.keyboard.press('Enter');
    await row.getByRole('group', { name: 'snooze invoices for' }).waitFor();
    await page.keyboard.press('Escape');
    await row.getByRole('group', { name: 'snooze invoices for' }).waitFor({ state: 'detached' });
    await page.keyboard.press('Enter');
    await row.getByRole('button', { name: '1 hour' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await seriousIn({ page, context, complaints })).toEqual([]);
    await page.keyboard.press('Enter');
    await row.getByText('snoozed until').waitFor();
    await row.getByRole('button', { name: 'wake invoices' }).click();
    await row.getByText('snoozed until').waitFor({ state: 'detached' });
    await row.getByRole('link', { name: 'invoices' }).click();
    const runs = page.getByRole('region', { name: 'Runs' });
    await runs.getByText('1 ok, 1 failed, 0 missed').waitFor({ timeout: 30_000 });
    const failed = runs.getByRole('row').filter({ hasText: 'failed' });
    await failed.getByRole('cell', { name: '3', exact: true }).waitFor();
    expect(await seriousIn({ page, context, complaints })).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  test('a question is typed, completed, charted, and stands in the address', async () => {
    const { page, context, complaints } = await entered('#/explore');
    const editor = page.getByRole('textbox', { name: 'PromQL expression' });
    await editor.click();
    await eventually(
      60_000,
      async () => {
        await editor.press('Control+a');
        await editor.pressSequentially('orders_to', { delay: 30 });
        const offered = page.getByRole('option', { name: 'orders_total' });
        return offered.waitFor({ timeout: 5_000 }).then(
          () => true,
          () => false,
        );
      },
      isOffered => isOffered,
    );
    await page.waitForTimeout(200);
    await editor.press('Enter');
    expect(await editor.textContent()).toContain('orders_total');
    await eventually(
      60_000,
      async () => {
        await editor.press('Control+Enter');
        await page.waitForTimeout(1_500);
        return page.locator('.legend').getByText('orders_total{').count();
      },
      count => count > 0,
    );
    expect(await page.locator('.chart canvas').count()).toBe(1);
    expect(new URL(page.url()).hash).toContain('q=orders_total');
    await page.getByRole('button', { name: 'Table' }).click();
    await page.getByRole('cell', { name: /^orders_total\{/ }).waitFor();
    // Who is sent the address sees the same.
    const other = await entered(new URL(page.url()).hash);
    await other.page.getByRole('cell', { name: /^orders_total\{/ }).waitFor();
    await editor.press('Control+a');
    await editor.pressSequentially('sum(', { delay: 30 });
    await editor.press('Control+Enter');
    await page.getByRole('alert').waitFor();
    expect([...complaints, ...other.complaints]).toEqual([]);
    await context.close();
    await other.context.close();
  });

  test('a target dies, and whoever looks sees it without doing anything', async () => {
    const { page, context, complaints } = await entered('#/sources');
    const row = page.getByRole('row').filter({ hasText: 'shop' });
    await row.getByText('up', { exact: true }).waitFor({ timeout: 60_000 });
    await shop.down();
    await eventually(
      90_000,
      async () => receiver.alarms.length,
      count => count > 0,
    );
    const rangAtMs = Date.now();
    await row.getByText('down', { exact: true }).waitFor({ timeout: 30_000 });
    console.log(`the page showed it ${((Date.now() - rangAtMs) / 1_000).toFixed(1)} s after the alarm`);
    await row.getByText('SCRAPE_CONNECT').waitFor();
    await page.getByRole('link', { name: 'Alarms' }).click();
    await page.getByRole('list', { name: 'Open alarms' }).getByText('ECONNREFUSED').waitFor();
    await page.getByText('DOWN: shop').first().waitFor();
    await shop.up();
    expect(complaints).toEqual([]);
    await context.close();
  });

  test.each([
    ['#/sources', 'light', 1280],
    ['#/sources', 'dark', 390],
    ['#/source?job=shop', 'light', 1280],
    ['#/heartbeats', 'dark', 1280],
    ['#/explore?q=orders_total&as=chart&q=up&as=table', 'light', 1280],
    ['#/explore?q=orders_total', 'dark', 390],
    ['#/alarms', 'light', 1280],
    ['#/health', 'dark', 1280],
    ['#/health', 'light', 390],
  ] as const)('axe finds nothing serious at %s, %s, %i wide', async (hash, colorScheme, width) => {
    const visited = await entered(hash, { colorScheme, width });
    await visited.page.waitForTimeout(1_500);
    await eventually(30_000, () => visited.page.evaluate<boolean>('!/asking/i.test(document.body.innerText)'), Boolean);
    expect(await seriousIn(visited)).toEqual([]);
    expect(visited.complaints).toEqual([]);
    await visited.context.close();
  });

  test('says what to do while the collector is away, and goes on by itself', async () => {
    const { page, context } = await entered('#/sources');
    await page.getByRole('link', { name: 'nightly' }).waitFor();
    await page.route('**/v1/sources', route => route.abort());
    await page.getByText('the collector does not answer').waitFor({ timeout: 30_000 });
    // What was known stays.
    expect(await page.getByRole('link', { name: 'nightly' }).isVisible()).toBe(true);
    await page.unroute('**/v1/sources');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('the collector does not answer').waitFor({ state: 'detached', timeout: 30_000 });
    await context.close();
  });
});
