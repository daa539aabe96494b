import type { Chance } from './chance.ts';
import { gridMs, type Happening, onGrid } from './plan.ts';

const second = 1_000;

/** Some worlds have targets that are scraped slot by slot. */
export const scrapesOf = (chance: Chance, startMs: number, calmMs: number): Happening[] => {
  const scrapes: Happening[] = [];
  for (let number = 0; number < chance.between(0, 2); number += 1) {
    const intervalMs = chance.pick([15, 30]) * second;
    const target = {
      id: `target-${number}`,
      job: 'scraped',
      instance: `10.0.0.${number}:9100`,
      intervalMs,
      series: chance.between(3, 20),
    };
    for (
      let slotMs = onGrid(startMs + chance.between(10_000, intervalMs + 10_000));
      slotMs < calmMs;
      slotMs += intervalMs
    )
      scrapes.push({ kind: 'scrape', atMs: slotMs - chance.between(0, 2_000), target, slotMs });
  }
  return scrapes;
};

/** Some worlds have a few targets that are scraped in spans, whose orders come a moment before or after they begin. */
export const loopsOf = (chance: Chance, startMs: number, calmMs: number): Happening[] => {
  if (chance.is(0.7)) return [];
  const targets = Array.from({ length: chance.between(1, 3) }, (_, number) => ({
    id: `looped-${number}`,
    job: 'looped',
    instance: `10.0.1.${number}:9100`,
    intervalMs: chance.pick([15, 30]) * second,
    series: chance.between(3, 20),
  }));
  const loops: Happening[] = [];
  for (let fromMs = onGrid(startMs + chance.between(5_000, 30_000)); fromMs < calmMs; ) {
    const untilMs = Math.min(calmMs, fromMs + chance.between(2, 24) * gridMs);
    loops.push({ kind: 'loop', atMs: fromMs + chance.between(-2_000, 3_000), targets, fromMs, untilMs });
    fromMs = untilMs;
  }
  return loops;
};
