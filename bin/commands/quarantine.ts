import { Command } from 'commander';
import type { Batch } from '../../core/batch.ts';
import { countOf } from '../../core/columns.ts';
import { labelOf, metricNameLabel, metricNameOf } from '../../core/labels.ts';
import { limits } from '../../core/limits.ts';
import { textOfReject } from '../../core/reject.ts';
import { decodeBatch } from '../../core/segment/batch-message.ts';
import type { Quarantined } from '../../io/ports.ts';
import type { Collector, Connect } from './collector.ts';
import { Complaint } from './complaint.ts';
import { printable, show, told } from './show.ts';

/** Values of a message that are shown. */
const mostShown = 100;

export const quarantineCommand = (connect: Connect): Command => {
  const quarantine = new Command('quarantine').description(
    'accepted messages that could not be stored again and again and were put aside: nothing of them is lost',
  );

  quarantine
    .command('list')
    .description('what lies there')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  sluice quarantine list')
    .action(async (options: { json?: boolean }) => {
      const lying = await all(await connect());
      show(lying.map(rowOf), options, 'nothing is quarantined');
    });

  quarantine
    .command('show <name>')
    .description('what one message says')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  sluice quarantine show 3f9a1c')
    .action(async (name: string, options: { json?: boolean }) => {
      const message = await one(await connect(), name);
      const said = { ...rowOf(message), says: saysOf(message) };
      if (options.json) console.log(JSON.stringify(said, null, 2));
      else {
        for (const [title, value] of Object.entries(rowOf(message)))
          console.log(`${title.padEnd(10)}${printable(String(value))}`);
        for (const line of said.says) console.log(printable(line));
      }
    });

  quarantine
    .command('replay [name]')
    .description('hand a message, or all, to the collector once more; what was stored of it already stays as it is')
    .option('--all', 'all that can be read')
    .option('--unreadable', 'also what cannot be read by this version: it will come back')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  sluice quarantine replay --all')
    .action(async (name: string | undefined, options: { all?: true; unreadable?: true; json?: boolean }) => {
      if ((name === undefined) === (options.all === undefined))
        throw new Complaint('say which one by its name, or --all: `npx sluice quarantine list` shows them');
      const collector = await connect();
      const chosen = name === undefined ? await all(collector) : [await one(collector, name)];
      const ready = chosen.filter(({ body }) => options.unreadable || decodeBatch(body).ok);
      if (name !== undefined && ready.length === 0)
        throw new Complaint(
          `${name} cannot be read by this version and would come back; --unreadable replays it anyway`,
        );
      for (const message of ready) {
        // In this order: who is cut off in between sends it twice, which is stored once.
        await collector.ports.buffer.send([message.body]);
        await collector.ports.quarantine.remove(message);
        if (!options.json) console.log(`replayed ${message.name}`);
      }
      const left = chosen.length - ready.length;
      if (options.json) {
        console.log(JSON.stringify({ replayed: ready.map(message => message.name), left }, null, 2));
        return;
      }
      if (ready.length === 0 && left === 0) console.log('nothing is quarantined');
      if (left > 0) console.log(`left ${left} that cannot be read by this version`);
    });

  quarantine
    .command('remove <name>')
    .description('throw a message away, for good')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  sluice quarantine remove 3f9a1c')
    .action(async (name: string, options: { json?: boolean }) => {
      const collector = await connect();
      await collector.ports.quarantine.remove(await one(collector, name));
      told(options, `removed ${name}`, { name, removed: true });
    });

  return quarantine;
};

/** Whoever looked a moment ago hides what lies there for a few seconds: so an empty look is made once more. */
const looked = async (
  { ports: { quarantine, clock } }: Collector,
  isEnough: (names: ReadonlySet<string>) => boolean,
): Promise<readonly Quarantined[]> => {
  const first = await quarantine.look(isEnough);
  if (first.length > 0 && isEnough(new Set(first.map(({ name }) => name)))) return first;
  await clock.wait(limits.quarantineLookMs + 500);
  const again = await quarantine.look(isEnough);
  return again.length >= first.length ? again : first;
};

const all = async (collector: Collector): Promise<readonly Quarantined[]> => {
  const waiting = await collector.quarantined();
  return waiting === 0 ? [] : looked(collector, names => names.size >= waiting);
};

const one = async (collector: Collector, name: string): Promise<Quarantined> => {
  const found = (await looked(collector, names => names.has(name))).find(each => each.name === name);
  if (found === undefined)
    throw new Complaint(`nothing of the name ${name} is quarantined: \`npx sluice quarantine list\``);
  return found;
};

const rowOf = ({ name, body, sentAtMs }: Quarantined): Record<string, unknown> => {
  const read = decodeBatch(body);
  const since = { name, queued: new Date(sentAtMs).toISOString(), bytes: body.length };
  if (!read.ok) return { ...since, problem: textOfReject(read.reject) };
  const { source, columns, id, via } = read.batch;
  return {
    ...since,
    job: labelOf(source, 'job'),
    instance: labelOf(source, 'instance'),
    samples: countOf(columns),
    via,
    delivery: id,
    problem: 'could not be stored',
  };
};

/** The first values, as text; of what cannot be read the first characters. */
const saysOf = ({ body }: Quarantined): string[] => {
  const read = decodeBatch(body);
  return read.ok ? [...linesOf(read.batch)] : [`begins with ${JSON.stringify(body.slice(0, 200))}`];
};

function* linesOf({ columns: { timestampsMs, series } }: Batch): Generator<string> {
  let lines = 0;
  for (const { labels, column } of series) {
    const named = labels
      .filter(([name]) => name !== metricNameLabel)
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`);
    for (const [slot, timestampMs] of timestampsMs.entries()) {
      if (!column.has(slot)) continue;
      if (lines === mostShown) {
        yield '…';
        return;
      }
      lines += 1;
      const value = column.isStale(slot) ? 'ended' : column.values[slot];
      yield `${metricNameOf(labels)}{${named.join(',')}} ${value} ${new Date(timestampMs).toISOString()}`;
    }
  }
}
