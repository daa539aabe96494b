import type { Units } from '../io/ports.ts';

/** What several ports have cost so far. */
export const usedBy = (...ports: readonly { used(): Units }[]): Units => {
  const sum = { readUnits: 0, writeUnits: 0, gets: 0, puts: 0 };
  for (const port of ports) for (const [unit, used] of Object.entries(port.used())) sum[unit as keyof Units] += used;
  return sum;
};

/** The difference of two such sums. */
export const unitsSince = (before: Units, now: Units): Units => ({
  readUnits: now.readUnits - before.readUnits,
  writeUnits: now.writeUnits - before.writeUnits,
  gets: now.gets - before.gets,
  puts: now.puts - before.puts,
});
