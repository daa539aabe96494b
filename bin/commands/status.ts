import { Command } from 'commander';
import { countOf } from '../../core/columns.ts';
import { costOf } from '../../core/cost.ts';
import { lastHeardMs } from '../../core/heartbeat/heartbeat.ts';
import { readHeartbeat } from '../../core/heartbeat/row.ts';
import { limits } from '../../core/limits.ts';
import { isDiscovery } from '../../core/scrape/discovery.ts';
import { readTarget } from '../../core/scrape/target.ts';
import { decodeBatch } from '../../core/segment/batch-message.ts';
import type { SourceLine } from '../../core/view/sources.ts';
import type { Row } from '../../io/ports.ts';
import type { Collector, Connect, Counted } from './collector.ts';
import { Complaint } from './complaint.ts';
import { instantQuery } from './query.ts';
import { printable } from './show.ts';

/** Names of those in trouble that are listed; the others are only counted. */
const mostNamed = 10;

type Section = { readonly text: string; readonly troubled: readonly string[] };

export const statusCommand = (connect: Connect): Command =>
  new Command('status')
    .description('what is up, what is late, what was refused, what waits, and what it cost')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const collector = await connect();
      const { ports } = collector;
      const [targets, heartbeats, counted, buffered, quarantined] = await Promise.all([
        ports.targets.all().then(rows => targetsOf(collector, rows)),
        ports.heartbeats.all().then(rows => heartbeatsOf(rows, ports.clock.nowMs())),
        collector.counted(),
        collector.buffered(),
        quarantinedIn(collector),
      ]);
      const values = { ...counted.values, Quarantined: quarantined.samples };
      const report = {
        collector: collector.name,
        url: collector.url,
        targets,
        heartbeats,
        buffered,
        quarantinedMessages: quarantined.messages,
        ...values,
        ...(counted.pushed && { pushed: counted.pushed }),
      };
      if (options.json) console.log(JSON.stringify({ ...report, costUsd: costOf(values).usd }, null, 2));
      else
        for (const line of linesOf(collector, targets, heartbeats, { ...counted, values }, buffered, quarantined))
          console.log(line);
      if (targets.troubled.length + heartbeats.troubled.length + quarantined.messages > 0) process.exitCode = 2;
    });

const linesOf = (
  { name, url }: Collector,
  targets: Section,
  heartbeats: Section,
  { since, values, pushed = {} }: Counted,
  buffered: number,
  quarantined: Lying,
): string[] => {
  const { Accepted = 0, Stored = 0, Merged = 0, Quarantined = 0, Refused = 0, Limited = 0, ScrapesMissed = 0 } = values;
  const waiting = Accepted - Stored - Merged - Quarantined;
  const { usd, parts } = costOf(values);
  const list = ({ troubled }: Section): string[] => [
    ...troubled.slice(0, mostNamed).map(each => `            ${printable(each)}`),
    ...(troubled.length > mostNamed ? [`            and ${troubled.length - mostNamed} more`] : []),
  ];
  return [
    `collector   ${name}, ${url}`,
    `targets     ${targets.text}`,
    ...list(targets),
    `heartbeats  ${heartbeats.text}`,
    ...list(heartbeats),
    `samples     ${count(Accepted)} accepted ${since} = ${count(Stored)} stored + ${count(Merged)} merged + ` +
      `${count(Quarantined)} quarantined + ${count(Math.max(0, waiting))} on their way`,
    `refused     ${count(Refused)} pushes, ${count(Limited)} of them by a limit of their key; ${count(ScrapesMissed)} scrapes missed`,
    `waiting     ${count(buffered)} messages in the buffer`,
    ...pushedLines(pushed),
    ...(quarantined.messages === 0
      ? []
      : [`put aside   ${count(quarantined.messages)} messages: \`npx sluice quarantine list\``]),
    `late        scrapes ${ms(values['ScrapeLateness'])}, alarms ${ms(values['DetectionDelay'])} at most`,
    `cost        $${usd.toFixed(4)} ${since}: ${parts}`,
  ];
};

/** The most of them, by protocol and job. */
const pushedLines = (pushed: NonNullable<Counted['pushed']>): string[] => {
  const all = Object.entries(pushed).sort(([, a], [, b]) => (b['Accepted'] ?? 0) - (a['Accepted'] ?? 0));
  const lines = all.slice(0, mostNamed).map(([name, { Pushes = 0, Refused = 0, Accepted = 0, refusedSamples = 0 }]) => {
    const refused = `refused ${count(Refused)} pushes and ${count(refusedSamples)} samples`;
    return `            ${printable(name)}: ${count(Accepted)} samples in ${count(Pushes)} pushes, ${refused}`;
  });
  if (lines.length === 0) return [];
  return ['pushed', ...lines, ...(all.length > mostNamed ? [`            and ${all.length - mostNamed} more`] : [])];
};

type Lying = { readonly messages: number; readonly samples: number };

/** What lies in the dead letters; of messages that nobody can read the samples are not known. */
const quarantinedIn = async ({ quarantined, ports }: Collector): Promise<Lying> => {
  const messages = await quarantined();
  if (messages === 0) return { messages, samples: 0 };
  const lying = await ports.quarantine.look(names => names.size >= messages);
  const samples = lying.reduce((sum, { body, handles }) => {
    const read = decodeBatch(body);
    return read.ok ? sum + countOf(read.batch.columns) * handles.length : sum;
  }, 0);
  return { messages, samples };
};

const count = (value: number): string => value.toLocaleString('en-US');

const ms = (value: number | undefined): string => (value === undefined ? 'unknown' : `${Math.round(value)} ms`);

/** How a target does, by its job and instance; one that nobody knows anything of is missing. */
type Known = ReadonlyMap<string, 'up' | 'down'>;

const sourceOf = (job: unknown, instance: unknown): string => `${job}/${instance}`;

/** As the last scrapes say. Reads all that each target stored in the hour. */
const byScrapes = async (collector: Collector): Promise<Known> => {
  const vector = await instantQuery(collector, 'up');
  return new Map(
    vector.map(({ metric, value }) => [sourceOf(metric['job'], metric['instance']), value[1] === '1' ? 'up' : 'down']),
  );
};

/** As the records and the catalog say: who failed twice in a row is down. Reads no samples. */
const byRecords = async ({ get }: Collector): Promise<Known> => {
  const { sources, error } = (await get('/v1/sources')) as { sources?: readonly Seen[]; error?: string };
  if (sources === undefined) throw new Complaint(error ?? 'the collector does not list its sources');
  return new Map(
    sources
      .filter(({ kind, state }) => kind === 'target' && state !== 'new' && state !== 'expected')
      .map(({ job, instance, state }) => [
        sourceOf(job, instance),
        state === 'down' || state === 'recovering' ? 'down' : 'up',
      ]),
  );
};

const orComplaint = <T>(asked: Promise<T>): Promise<T | Complaint> =>
  asked.catch((error: Error) => {
    if (error instanceof Complaint) return error;
    throw error;
  });

type Seen = Pick<SourceLine, 'kind' | 'job' | 'instance' | 'state'>;

const targetsOf = async (collector: Collector, rows: readonly Row[]): Promise<Section> => {
  if (rows.length === 0) return { text: 'none', troubled: [] };
  const isFew = rows.length <= limits.statusTargetsRead;
  const read = isFew ? await orComplaint(byScrapes(collector)) : undefined;
  const isRead = read !== undefined && !(read instanceof Complaint);
  const known = isRead ? read : await orComplaint(byRecords(collector));
  // Whoever asks how a collector is that has too much to do is to hear the rest all the same.
  if (known instanceof Complaint)
    return { text: `${rows.length}, of which it cannot be said who is up`, troubled: [known.message] };
  const troubled: string[] = [];
  let good = 0;
  for (const row of rows.filter(each => !isDiscovery(each))) {
    const { value: target } = readTarget(row);
    const name = target === undefined ? '' : sourceOf(target.job, target.instance);
    const state = known.get(name);
    if (target === undefined || row['problem'] !== undefined)
      troubled.push(`${row['id']}: ${row['problem'] ?? 'invalid'}`);
    else if (state === 'up') good += 1;
    else troubled.push(`${name}: ${state ?? 'not scraped yet'}`);
  }
  return { text: `${good} of ${rows.length} up${isRead ? '' : ', by their records'}`, troubled };
};

const heartbeatsOf = (rows: readonly Row[], nowMs: number): Section => {
  const troubled: string[] = [];
  let good = 0;
  for (const row of rows) {
    const { value: heartbeat } = readHeartbeat(row);
    const name = `${row['job']}/${row['instance']}`;
    if (heartbeat === undefined) troubled.push(`${name}: ${row['problem'] ?? 'invalid'}`);
    else if (heartbeat.state === 'down') {
      const heardMs = lastHeardMs(heartbeat);
      const ago = heardMs === undefined ? 'never heard' : `heard ${Math.round((nowMs - heardMs) / 1_000)} s ago`;
      troubled.push(`${name}: down, ${ago}`);
    } else good += 1;
  }
  return { text: rows.length === 0 ? 'none' : `${good} of ${rows.length} as expected`, troubled };
};
