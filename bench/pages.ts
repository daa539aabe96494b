import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { histogramPage } from './histogram-page.ts';
import { unpack } from './pages/pages.ts';

/** Pages of one target, one scrape after another. */
export type Pages = { readonly name: string; readonly pages: readonly Buffer[] };

const recordedPages = 24;

/** The first pages of what pages/record.ts kept of an exporter, 15 seconds apart. */
export const recorded = (name: string): Pages => {
  const packed = readFileSync(join(import.meta.dirname, 'pages', `${name}.pages.br`));
  const pages = unpack(packed).slice(0, recordedPages);
  return { name, pages: pages.map(({ text }) => Buffer.from(text)) };
};

export const histograms = (): Pages => ({
  name: 'histograms',
  pages: Array.from({ length: 30 }, (_, step) => Buffer.from(histogramPage(step))),
});

/** The same numbers each time: a bench must not depend on luck. */
export const dice = (seed: number) => {
  let state = seed;
  return (sides: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return (state >>> 8) % sides;
  };
};

const linesOf = (page: Buffer): string[] => page.toString().trimEnd().split('\n');
const pageOf = (lines: readonly string[]): Buffer => Buffer.from(`${lines.join('\n')}\n`);

/** Shapes that a prediction is bad at, made of an exporter's pages. */
export const unsteady = ({ pages }: Pages): Pages[] => {
  const roll = dice(1);
  const shuffled = (lines: string[]): string[] => {
    for (let at = lines.length - 1; at > 0; at -= 1) {
      const other = roll(at + 1);
      [lines[at], lines[other]] = [lines[other]!, lines[at]!];
    }
    return lines;
  };
  const samples = (page: Buffer): string[] => linesOf(page).filter(line => !line.startsWith('#'));
  return [
    {
      name: 'one line in ten comes or goes',
      pages: pages.map(page => pageOf(linesOf(page).filter(line => line.startsWith('#') || roll(10) > 0))),
    },
    {
      name: 'every second line comes or goes',
      pages: pages.map(page => pageOf(samples(page).filter(() => roll(2) > 0))),
    },
    { name: 'shuffled each time', pages: pages.map(page => pageOf(shuffled(samples(page)))) },
    {
      name: 'reversed each time',
      pages: pages.map((page, at) => pageOf(at % 2 === 0 ? samples(page) : samples(page).reverse())),
    },
    {
      name: 'two pages in turn',
      pages: pages.map((page, at) => pageOf(samples(page).map(line => (at % 2 === 0 ? line : `other_${line}`)))),
    },
    {
      name: 'series never seen before',
      pages: pages.map((page, at) => pageOf(samples(page).map(line => `page_${at}_${line}`))),
    },
    { name: 'a growing page', pages: pages.map((page, at) => pageOf(samples(page).slice(0, 20 * (at + 1)))) },
    {
      name: 'with times that move on',
      pages: pages.map((page, at) => pageOf(samples(page).map(line => `${line} ${1_700_000_000_000 + 10_000 * at}`))),
    },
    { name: 'the very same page', pages: pages.map(() => pages[0]!) },
  ];
};
