import { limits } from '../core/limits.ts';
import { textOfReject } from '../core/reject.ts';
import { type Listed, rowsOfFound, rowsOfList } from '../core/scrape/discovered.ts';
import {
  type AwsList,
  changesTo,
  type Discovery,
  type DiscoveryKind,
  discovererOf,
  type HttpList,
  isDue,
  kindOf,
  readDiscovery,
} from '../core/scrape/discovery.ts';
import { foundService } from '../core/scrape/found/cloud-map.ts';
import { foundInstance } from '../core/scrape/found/ec2.ts';
import { foundTask, isRunning } from '../core/scrape/found/ecs.ts';
import type { Found } from '../core/scrape/found/found.ts';
import type { Ports, Row } from '../io/ports.ts';
import { type CredentialPorts, Credentials, NoCredentials } from './credentials.ts';
import { inParallel } from './parallel.ts';
import { unreachableIn } from './reachable.ts';

export type ListPorts = Pick<Ports, 'targets' | 'log' | 'reach'> & CredentialPorts;

/** Who can be asked what runs in the account; the planner cannot. */
type AccountPorts = Partial<Pick<Ports, 'inventory'>>;

/**
 * Lists → rows of the registry. Looks at those lists of its own kinds that are due, that `always` names or that have no rows, and makes
 * the rows that each discovered those that it lists now; the table's stream then tells the planner of them, as of anybody's
 * rows. A list that cannot be had, or only in part, loses no row, as in Prometheus, and says so on itself; no other list notices.
 */
export const lookAtLists = async (
  ports: ListPorts & AccountPorts,
  kinds: ReadonlySet<DiscoveryKind>,
  lists: readonly Row[],
  rows: readonly Row[],
  always: ReadonlySet<string> = new Set(),
): Promise<void> => {
  const { clock, log } = ports;
  const nowMs = clock.nowMs();
  const byDiscoverer = Map.groupBy(rows, discovererOf);
  await inParallel(lists, limits.discoverParallel, async row => {
    const { value: discovery } = readDiscovery(row);
    if (discovery === undefined || !kinds.has(kindOf(discovery))) return;
    const there = byDiscoverer.get(discovery.id) ?? [];
    const isNew = there.length === 0 && discovery.kind !== 'http_sd';
    if (!isNew && !always.has(discovery.id) && !isDue(discovery, nowMs)) return;
    await noteOn(
      ports,
      row,
      await look(ports, discovery, there).catch((cause: Error) => {
        log.write('error', 'list not looked at', { id: discovery.id, cause: cause.message });
        return cause.message;
      }),
    );
  });
};

/** Answers what is wrong with the list, if anything is. */
const look = async (
  ports: ListPorts & AccountPorts,
  discovery: Discovery,
  there: readonly Row[],
): Promise<string | null> => {
  const { targets } = ports;
  const { value: wanted, rejects, isPart = false } = await listedBy(ports, discovery);
  const problems = rejects.map(({ reason }) => reason);
  if (wanted !== undefined) {
    const { puts, removes } = changesTo(there, wanted);
    await inParallel(puts, limits.sendParallel, row => targets.put(row));
    if (!isPart) await inParallel(removes, limits.sendParallel, async id => void (await targets.remove(id)));
    problems.push(...unreachableIn(ports.reach, wanted));
  }
  return problems.length === 0 ? null : problems.slice(0, limits.rejectsListed).join('; ');
};

const listedBy = async (ports: ListPorts & AccountPorts, discovery: Discovery): Promise<Listed> => {
  if (discovery.kind === 'http_sd') return askUrl(ports, discovery);
  const { inventory } = ports;
  if (inventory === undefined) throw new Error(`nobody here can look at ${discovery.kind}`);
  try {
    const { found, failures } = await foundBy(inventory, discovery);
    const { value, rejects } = rowsOfFound(discovery, found);
    const failed = failures.map(reason => ({ code: 'bad_list', reason }));
    return { value, rejects: [...failed, ...rejects], isPart: failures.length > 0 };
  } catch (error) {
    return { value: undefined, rejects: [{ code: 'bad_list', reason: (error as Error).message }] };
  }
};

/** What is there of what a list of the account asks for. */
const foundBy = async (
  inventory: Ports['inventory'],
  list: AwsList,
): Promise<{ readonly found: readonly Found[]; readonly failures: readonly string[] }> => {
  switch (list.kind) {
    case 'ecs': {
      const { all, failures } = await inventory.tasks(list);
      return { found: all.filter(isRunning).flatMap(each => foundTask(each, list) ?? []), failures };
    }
    case 'ec2': {
      const { all, failures } = await inventory.instances({ region: list.region, filters: filtersOf(list) });
      return { found: all.flatMap(each => foundInstance(each, list) ?? []), failures };
    }
    case 'cloud_map': {
      const { all, failures } = await inventory.services(list);
      return { found: all.flatMap(each => foundService(each, list) ?? []), failures };
    }
  }
};

/** EC2 looks for tags itself; other states than running are none of ours. */
const filtersOf = ({ filters, tags }: Extract<AwsList, { kind: 'ec2' }>) => [
  ...filters,
  { name: 'instance-state-name', values: ['running'] },
  ...Object.entries(tags).map(([name, value]) =>
    value === '*' ? { name: 'tag-key', values: [name] } : { name: `tag:${name}`, values: [value] },
  ),
];

const askUrl = async (ports: ListPorts, discovery: HttpList): Promise<Listed> => {
  const { url, auth, followRedirects, refreshMs } = discovery;
  const failed = (reason: string): Listed => ({
    value: undefined,
    rejects: [{ code: 'bad_list', reason: `${url}: ${reason}` }],
  });
  try {
    const untilMs = ports.clock.nowMs() + limits.discoverTimeoutMs;
    const shown = await new Credentials(ports).of({ url, ...(auth !== undefined && { auth }) }, untilMs);
    const answer = await ports.http.get({
      url,
      headers: {
        accept: 'application/json',
        'accept-encoding': 'gzip',
        'x-prometheus-refresh-interval-seconds': String(refreshMs / 1_000),
      },
      ...shown,
      timeoutMs: limits.discoverTimeoutMs,
      bodyBytes: limits.pageBytes,
      unpackedBytes: limits.pageUnpackedBytes,
      ...(followRedirects && { redirects: limits.redirects }),
    });
    return answer.ok ? rowsOfList(discovery, answer.body) : failed(answer.reason);
  } catch (error) {
    if (error instanceof NoCredentials) return failed(`${error.message}; for lists it says lists: true there`);
    throw error;
  }
};

/** Rows of lists that are gone go too, whoever looked at them. */
export const removeOrphans = async (
  { targets }: Pick<Ports, 'targets'>,
  lists: readonly Row[],
  rows: readonly Row[],
): Promise<void> => {
  const ids = new Set(lists.map(({ id }) => String(id)));
  const orphans = rows.filter(row => discovererOf(row) !== undefined && !ids.has(discovererOf(row)!));
  await inParallel(orphans, limits.sendParallel, async ({ id }) => void (await targets.remove(String(id))));
};

/** What to ask the Collector for, so that lists of a kind are looked at. */
const askedBy: Readonly<Record<DiscoveryKind, string>> = {
  http_sd: '',
  vpc_http_sd: 'discovery: { vpcLists: true }, beside vpcScraping',
  ecs: 'discovery: { ecs: true }',
  ec2: 'discovery: { ec2: true }',
  cloud_map: 'discovery: { cloudMap: true }',
};

/** Notes on lists what nobody else would: that they cannot be read, or that nobody looks at them. */
export const noteUnseen = async (
  ports: Pick<Ports, 'targets' | 'clock' | 'log' | 'discoveries'>,
  lists: readonly Row[],
): Promise<void> => {
  for (const row of lists) {
    const { value: discovery, rejects } = readDiscovery(row);
    if (discovery === undefined) await noteOn(ports, row, rejects.map(textOfReject).join('; '));
    else if (!ports.discoveries.has(kindOf(discovery)))
      await noteOn(
        ports,
        row,
        `kind: this collector does not look at ${discovery.kind}: set ${askedBy[kindOf(discovery)]} on the Collector`,
      );
  }
};

const noteOn = async (
  { targets, clock, log }: Pick<Ports, 'targets' | 'clock' | 'log'>,
  row: Row,
  problem: string | null,
): Promise<void> => {
  if (problem === (row['problem'] ?? null)) return;
  const id = String(row['id']);
  await targets
    .note(id, problem, clock.nowMs())
    .catch((cause: Error) => log.write('warn', 'row not noted', { id, cause: cause.message }));
};
