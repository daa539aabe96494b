import { limits } from '../core/limits.ts';
import { textOfReject } from '../core/reject.ts';
import {
  changesTo,
  type Discovery,
  discoveredRows,
  discovererOf,
  isDue,
  readDiscovery,
} from '../core/scrape/discovery.ts';
import type { Ports, Row } from '../io/ports.ts';
import { inParallel } from './parallel.ts';

type DiscoverPorts = Pick<Ports, 'clock' | 'http' | 'targets' | 'log'>;

/**
 * Lists → rows of the registry. Looks at those lists that are due, or all that `always` names, and makes the rows that each
 * discovered those that it lists now; the table's stream then tells the planner of them, as of anybody's rows. A list that
 * cannot be had leaves its rows as they are, as in Prometheus, and says so on itself; rows of a list that is gone go too.
 */
export const discover = async (
  ports: DiscoverPorts,
  discoveries: readonly Row[],
  rows: readonly Row[],
  always: ReadonlySet<string> = new Set(),
): Promise<void> => {
  const nowMs = ports.clock.nowMs();
  const byDiscoverer = Map.groupBy(rows, discovererOf);
  await inParallel(discoveries, limits.discoverParallel, async row => {
    const { value: discovery, rejects } = readDiscovery(row);
    if (discovery === undefined) await note(ports, row, rejects.map(textOfReject).join('; '));
    else if (always.has(discovery.id) || isDue(discovery, nowMs))
      await note(ports, row, await look(ports, discovery, byDiscoverer.get(discovery.id) ?? []));
  });
  const ids = new Set(discoveries.map(({ id }) => String(id)));
  const orphans = rows.filter(row => discovererOf(row) !== undefined && !ids.has(discovererOf(row)!));
  await inParallel(orphans, limits.sendParallel, async ({ id }) => void (await ports.targets.remove(String(id))));
};

/** Answers what is wrong with the list, if anything is. */
const look = async (
  { http, targets }: DiscoverPorts,
  discovery: Discovery,
  there: readonly Row[],
): Promise<string | null> => {
  const answer = await http.get({
    url: discovery.url,
    headers: {
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'x-prometheus-refresh-interval-seconds': String(discovery.refreshMs / 1_000),
    },
    timeoutMs: limits.discoverTimeoutMs,
    bodyBytes: limits.pageBytes,
    unpackedBytes: limits.pageUnpackedBytes,
  });
  if (!answer.ok) return `${discovery.url}: ${answer.reason}`;
  const { value: wanted, rejects } = discoveredRows(discovery, answer.body);
  if (wanted !== undefined) {
    const { puts, removes } = changesTo(there, wanted);
    await inParallel(puts, limits.sendParallel, row => targets.put(row));
    await inParallel(removes, limits.sendParallel, async id => void (await targets.remove(id)));
  }
  return rejects.length === 0 ? null : rejects.map(({ reason }) => reason).join('; ');
};

const note = async ({ targets, clock, log }: DiscoverPorts, row: Row, problem: string | null): Promise<void> => {
  if (problem === (row['problem'] ?? null)) return;
  const id = String(row['id']);
  await targets
    .note(id, problem, clock.nowMs())
    .catch((cause: Error) => log.write('warn', 'row not noted', { id, cause: cause.message }));
};
