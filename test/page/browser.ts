import { existsSync } from 'node:fs';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

/** Where Debian, Ubuntu, Fedora and Chrome's own packages put it; CHROMIUM says otherwise. */
const places = [
  process.env['CHROMIUM'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
];

export const browserAt: string | undefined = places.find(place => place !== '' && existsSync(place));

export const openBrowser = (): Promise<Browser> => {
  if (browserAt === undefined) throw new Error('no chromium: apt-get install chromium, or say where with CHROMIUM');
  return chromium.launch({
    executablePath: browserAt,
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
  });
};

export type Visit = {
  readonly page: Page;
  readonly context: BrowserContext;
  /** What the browser complained of: errors of the page, and what its content security policy kept it from. */
  readonly complaints: string[];
};

export const visit = async (
  browser: Browser,
  url: string,
  options: { width?: number; height?: number; colorScheme?: 'light' | 'dark' } = {},
): Promise<Visit> => {
  const { width = 1280, height = 800, colorScheme = 'light' } = options;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', error => complaints.push(error.message));
  page.on('console', message => {
    // Answers other than 2xx are the page's to show.
    if (message.type() === 'error' && !message.text().includes('Failed to load resource'))
      complaints.push(message.text());
  });
  await page.goto(url);
  return { page, context, complaints };
};
