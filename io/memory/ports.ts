import type { Alarm } from '../../core/heartbeat/alarm.ts';
import { limits } from '../../core/limits.ts';
import type { Measure, Told } from '../../core/measures.ts';
import type { Mirrored, Reflection } from '../../core/onward/mirror.ts';
import { usualBackfillMs, usualRetention } from '../../core/retention.ts';
import type { DiscoveryKind } from '../../core/scrape/discovery.ts';
import type {
  Alarms,
  Canary,
  Deployment,
  DeploymentAnswer,
  Gateway,
  Http,
  HttpAnswer,
  Log,
  Measures,
  Mirror,
  Onward,
  Ports,
  PushedBy,
  Reach,
  Refusal,
  ScrapeGrant,
  Scrapes,
  Signatures,
  Watchdog,
} from '../ports.ts';
import { MemoryBlocks, MemoryLate } from './blocks.ts';
import { VirtualClock } from './clock.ts';
import { MemoryExemplars } from './exemplars.ts';
import { MemoryFamilies } from './families.ts';
import { type Faults, noFaults, struck } from './faults.ts';
import { MemoryHeartbeats } from './heartbeats.ts';
import { MemoryHistory } from './history.ts';
import { MemoryInventory } from './inventory.ts';
import { MemoryKeys, MemorySecrets } from './keys.ts';
import { MemoryQuarantine } from './quarantine.ts';
import { MemoryQueue } from './queue.ts';
import { MemoryRefusals } from './refusals.ts';
import { MemoryRules } from './rules.ts';
import { MemorySeries } from './series.ts';
import { MemoryTargets } from './targets.ts';
import { MemoryUsage } from './usage.ts';

export class MemoryAlarms implements Alarms {
  readonly #faults: Faults;
  readonly rung: Alarm[] = [];

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  ring(alarm: Alarm): Promise<void> {
    return struck(this.#faults, 'alarms.ring', () => {
      this.rung.push(alarm);
    });
  }
}

export class MemoryDeployment implements Deployment {
  readonly #faults: Faults;
  readonly answers: DeploymentAnswer[] = [];

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  answer(_responseUrl: string, answer: DeploymentAnswer): Promise<void> {
    return struck(this.#faults, 'deployment.answer', () => {
      this.answers.push(answer);
    });
  }
}

/** Pages by URL, given as text or as whole answers; anything else cannot be connected to. */
class MemoryHttp implements Http {
  readonly pages = new Map<string, string | HttpAnswer>();

  async get({ url }: { readonly url: string }): Promise<HttpAnswer> {
    const page = this.pages.get(url);
    if (page === undefined) return { ok: false, problem: 'connect', reason: 'connect ECONNREFUSED', durationMs: 1 };
    if (typeof page !== 'string') return page;
    return {
      ok: true,
      status: 200,
      contentType: 'text/plain; version=0.0.4',
      body: new TextEncoder().encode(page),
      durationMs: 1,
    };
  }
}

class MemoryLog implements Log {
  readonly lines: string[] = [];

  write(level: string, message: string, details: Readonly<Record<string, string | number | boolean>> = {}): void {
    this.lines.push(`${level} ${message} ${JSON.stringify(details)}`);
  }
}

export class MemoryMeasures implements Measures {
  readonly told: Told[] = [];

  tell(told: Told): void {
    this.told.push(told);
  }

  readonly abouts: PushedBy[] = [];

  about(about: PushedBy): void {
    this.abouts.push(about);
  }

  flush(): void {}

  /** Everything told of one measure, added up. */
  sum(name: Measure): number {
    return this.told.reduce((sum, told) => sum + (told[name] ?? 0), 0);
  }
}

/** Another collector that remembers what it was sent, and refuses what it is told to. */
export class MemoryOnward implements Onward {
  readonly #faults: Faults;
  readonly bodies: Uint8Array[] = [];
  refusal: Refusal | undefined;

  constructor(faults: Faults) {
    this.#faults = faults;
  }

  write(body: Uint8Array): Promise<Refusal | undefined> {
    return struck(this.#faults, 'onward.write', () => {
      if (this.refusal === undefined) this.bodies.push(body);
      return this.refusal;
    });
  }
}

export class MemoryMirror implements Mirror {
  chosen: readonly Mirrored[] = [];
  readonly shown: Reflection[] = [];

  show(reflections: readonly Reflection[]): void {
    this.shown.push(...reflections);
  }
}

/** The whole house in Maps, on a clock that is moved by hand, failing on demand. */
export const memoryPorts = ({ startMs, faults = noFaults }: { readonly startMs: number; readonly faults?: Faults }) => {
  const clock = new VirtualClock(startMs);
  const late = new MemoryLate();
  return {
    clock,
    chance: { next: () => 0.5 },
    log: new MemoryLog(),
    measures: new MemoryMeasures(),
    buffer: new MemoryQueue('buffer', clock, faults),
    quarantine: new MemoryQuarantine(faults),
    scrapes: new MemoryQueue('scrapes', clock, faults),
    vpcScrapes: undefined as Scrapes | undefined,
    deadlines: new MemoryQueue('deadlines', clock, faults),
    passedOn: undefined as MemoryQueue | undefined,
    onward: new MemoryOnward(faults),
    mirror: new MemoryMirror(),
    retention: usualRetention,
    backfillMs: usualBackfillMs(usualRetention),
    includesOlderEnd: false as boolean,
    memoryBytes: 512 * 2 ** 20,
    freshnessMs: limits.freshnessDefaultMs as number,
    families: new MemoryFamilies(clock, faults),
    exemplars: new MemoryExemplars(clock, faults),
    series: new MemorySeries(clock, faults, late),
    blocks: new MemoryBlocks(late, faults),
    rules: new MemoryRules(faults),
    targets: new MemoryTargets(faults),
    keys: new MemoryKeys(faults),
    usage: new MemoryUsage(faults),
    refusals: new MemoryRefusals(faults),
    secrets: new MemorySecrets(),
    parameters: new MemorySecrets(),
    signatures: {
      sign: async ({ url, service, region }) => ({ authorization: `signed ${service} ${region} ${url}` }),
    } as Signatures,
    scrapeGrants: [] as ScrapeGrant[],
    heartbeats: new MemoryHeartbeats(faults),
    canary: undefined as Canary | undefined,
    gateway: undefined as Gateway | undefined,
    watchdog: undefined as Watchdog | undefined,
    alarms: new MemoryAlarms(faults),
    history: new MemoryHistory(clock, faults),
    vitals: { told: async () => ({}), buffered: async () => 0 },
    pageFiles: [],
    deployment: new MemoryDeployment(faults),
    http: new MemoryHttp(),
    reach: { public: () => true, vpc: undefined } as Reach,
    inventory: new MemoryInventory(faults),
    discoveries: new Set<DiscoveryKind>(['http_sd']),
  } satisfies Ports;
};
