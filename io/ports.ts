import type { Retention } from '../core/retention.ts';
import type { DiscoveryKind } from '../core/scrape/discovery.ts';
import type { PageFile } from './aws/contract.ts';
import type { Deployment, Gateway, Inventory, Vitals } from './ports/account.ts';
import type { Http, Onward, Reach, ScrapeGrant, Secrets, Signatures } from './ports/hosts.ts';
import type { Alarms, Canary, Heartbeats, History, Watchdog } from './ports/liveness.ts';
import type { Chance, Clock, Log, Measures, Mirror } from './ports/machine.ts';
import type { Buffer, Deadlines, Quarantine, Scrapes } from './ports/queues.ts';
import type { Keys, Refusals, Targets, Usage } from './ports/registry.ts';
import type { Blocks, Exemplars, Families, Rules, Series } from './ports/storage.ts';

// Every effect, behind one set of ports. A port either does what it says or throws a Fault; a call may have taken effect
// although it threw, and every call may be made again.

export type * from './ports/account.ts';
export type * from './ports/hosts.ts';
export type * from './ports/liveness.ts';
export type * from './ports/machine.ts';
export type * from './ports/queues.ts';
export type * from './ports/registry.ts';
export type * from './ports/storage.ts';

export type Ports = {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly log: Log;
  readonly measures: Measures;
  readonly buffer: Buffer;
  readonly quarantine: Quarantine;
  readonly scrapes: Scrapes;
  /** Orders for the scraper inside the VPC; undefined where there is none. */
  readonly vpcScrapes: Scrapes | undefined;
  readonly deadlines: Deadlines;
  /** What was stored, on its way to another collector; undefined where there is none. */
  readonly passedOn: Buffer | undefined;
  readonly onward: Onward;
  readonly mirror: Mirror;
  readonly series: Series;
  readonly retention: Retention;
  /** How old pushed samples may be where the protocol brings what could not be sent before. */
  readonly backfillMs: number;
  /** Whether ranges and lookback have their older end, as before Prometheus 3. */
  readonly includesOlderEnd: boolean;
  /** How old a looped target's samples may be when they are handed over; 0 for each at once. */
  readonly freshnessMs: number;
  /** What the function has for everything. */
  readonly memoryBytes: number;
  readonly families: Families;
  readonly exemplars: Exemplars;
  readonly blocks: Blocks;
  readonly rules: Rules;
  readonly targets: Targets;
  readonly keys: Keys;
  readonly usage: Usage;
  readonly refusals: Refusals;
  readonly secrets: Secrets;
  /** The same for parameters of Systems Manager. */
  readonly parameters: Secrets;
  readonly signatures: Signatures;
  readonly scrapeGrants: readonly ScrapeGrant[];
  readonly heartbeats: Heartbeats;
  /** Undefined where none are sent: then silence is measured up to now. */
  readonly canary: Canary | undefined;
  /** Undefined where nothing stands before them. */
  readonly gateway: Gateway | undefined;
  /** Undefined where nobody outside watches. */
  readonly watchdog: Watchdog | undefined;
  readonly alarms: Alarms;
  readonly history: History;
  readonly vitals: Vitals;
  readonly pageFiles: readonly PageFile[];
  readonly deployment: Deployment;
  readonly http: Http;
  readonly reach: Reach;
  readonly inventory: Inventory;
  /** Kinds of lists that somebody in this collector looks at. */
  readonly discoveries: ReadonlySet<DiscoveryKind>;
};
