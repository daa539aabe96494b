import { parseArgs } from 'node:util';
import { mutants } from './mutants.ts';
import { canBePlanted } from './plant.ts';
import { runSeeds, type Told } from './threads.ts';

// npm run simulate:mutants [-- --seeds 100] [--only 'part of a name']

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '100' }, only: { type: 'string', default: '' } },
});
const to = Number(values.seeds) + 1;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const chosen = mutants.filter(({ name }) => name.includes(values.only));
let found = 0;
for (const mutant of chosen) {
  if ('planted' in mutant && !canBePlanted(mutant.planted)) {
    say(`GONE    ${mutant.name}: ${mutant.planted.in} no longer has ${JSON.stringify(mutant.planted.from)}`);
    continue;
  }
  let first: Told | undefined;
  let ran = 0;
  await runSeeds({ from: 1, to, threads: 1, data: { mutant } }, told => {
    ran += 1;
    if (told.breaches.length > 0) first ??= told;
    return first !== undefined;
  }).catch((error: Error) => say(`BROKEN  ${mutant.name}: ${error.message}`));
  if (first === undefined) say(`ALIVE   ${mutant.name}: not found in ${ran} seeds`);
  else {
    found += 1;
    const { kind, what } = first.breaches[0]!;
    say(`found   ${mutant.name}: seed ${first.seed}, ${kind}: ${what.slice(0, 140)}`);
  }
}
say(`${found} of ${chosen.length} found`);
process.exitCode = found === chosen.length ? 0 : 1;
