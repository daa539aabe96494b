import type { Flip, Heartbeat, HeartbeatChange, HeartbeatKey } from '../core/heartbeat/heartbeat.ts';
import { anyInstance } from '../core/heartbeat/heartbeat.ts';
import { type LookAlike, lookAlikes, nameOfSource } from '../core/heartbeat/renamed.ts';
import { limits } from '../core/limits.ts';
import { isDiscovery } from '../core/scrape/discovery.ts';
import { scrapeHeaders } from '../core/scrape/request.ts';
import { readTarget, type Target } from '../core/scrape/target.ts';
import { decodeLabelSets } from '../core/segment/chunk.ts';
import { chunksNeeded, decodeHour } from '../core/segment/hour.ts';
import type { CatalogEntry } from '../core/segment/stored.ts';
import type { Ports } from '../io/ports.ts';

export type FallenPorts = Pick<Ports, 'clock' | 'log' | 'series' | 'targets' | 'http' | 'gateway'>;

const hour = 3_600_000;
const silent: ReadonlySet<Flip['reason']> = new Set(['NOT_HEARD', 'NEVER_SEEN']);

/**
 * What else can be known of those who fell silent in one look, said in their alarms: whether the process answers where it is
 * a target too, under which name it may have come back, and whether the gateway turned somebody away. Asked of few of them, and an alarm waits for no answer that
 * does not come.
 */
export class Fallen {
  readonly #ports: FallenPorts;
  #asked = 0;
  #targets: Promise<readonly Target[]> | undefined;
  readonly #catalogs = new Map<number, Promise<readonly CatalogEntry[]>>();

  constructor(ports: FallenPorts) {
    this.#ports = ports;
  }

  async explained({ key }: Heartbeat, change: HeartbeatChange): Promise<HeartbeatChange> {
    const { flip } = change;
    if (flip?.kind !== 'DOWN' || !silent.has(flip.reason) || this.#asked >= limits.explainedAtOnce) return change;
    this.#asked += 1;
    const late = this.#ports.clock.wait(limits.explainMs).then(() => undefined);
    const found = await Promise.all(
      [this.#probed(key), this.#renamed(key, flip.sinceMs), this.#turnedAway(flip.sinceMs)].map(asked =>
        Promise.race([asked, late]).catch((cause: Error) => {
          this.#ports.log.write('warn', 'fall not explained', { job: key.job, cause: cause.message });
          return undefined;
        }),
      ),
    );
    const detail = [flip.detail, ...found.filter(each => each !== undefined)].join('; ');
    return { ...change, flip: { ...flip, detail } };
  }

  /** Which half is broken, where it is a target as well: asked of the target itself, now. */
  async #probed({ job, instance }: HeartbeatKey): Promise<string | undefined> {
    this.#targets ??= this.#ports.targets
      .all()
      .then(rows => rows.filter(row => !isDiscovery(row)).flatMap(row => readTarget(row).value ?? []));
    const target = (await this.#targets).find(
      each => each.job === job && (instance === anyInstance || each.instance === instance) && each.network === 'public',
    );
    if (target === undefined) return undefined;
    const answer = await this.#ports.http.get({
      url: target.url,
      headers: scrapeHeaders(limits.probeMs),
      timeoutMs: limits.probeMs,
      bodyBytes: limits.pageBytes,
      unpackedBytes: limits.pageUnpackedBytes,
    });
    // Any answer is a sign of life: credentials are not shown here.
    return answer.ok || answer.status !== undefined
      ? `its target ${target.url} answers: it lives, and its pushes do not arrive`
      : `its target ${target.url} does not answer either: ${answer.reason}`;
  }

  /** Whether the gateway turned requests away since then: what it throttles, nobody else ever sees. Of whom they were is not known. */
  async #turnedAway(sinceMs: number): Promise<string | undefined> {
    const { gateway, clock } = this.#ports;
    const nowMs = clock.nowMs();
    if (gateway === undefined) return undefined;
    const { all, ours } = await gateway.refusals(Math.max(sinceMs, nowMs - limits.gatewayLookMs), nowMs);
    return all > ours
      ? `the gateway answered 4xx to ${all - ours} requests since then that push did not refuse: throttled, unsigned or unknown to it`
      : undefined;
  }

  /** Under which name it may have come back: a source that was not there before it fell, and has its metrics. */
  async #renamed(key: HeartbeatKey, sinceMs: number): Promise<string | undefined> {
    const dayOf = (atMs: number): number => Math.floor(atMs / limits.catalogSpanMs);
    const [fell, today] = [dayOf(sinceMs), dayOf(this.#ports.clock.nowMs())];
    const [before, around, now] = await Promise.all([fell - 1, fell, today].map(day => this.#catalogOn(day)));
    const alike = lookAlikes(key, fell === today ? around! : [...around!, ...now!], before!);
    for (const each of alike.slice(0, limits.lookAlikes))
      if (await this.#isNew(each, sinceMs)) return `looks renamed to ${nameOfSource(each.source)}`;
    return undefined;
  }

  #catalogOn(day: number): Promise<readonly CatalogEntry[]> {
    const catalog = this.#catalogs.get(day) ?? this.#ports.series.catalogOn(day);
    this.#catalogs.set(day, catalog);
    return catalog;
  }

  /** Whether it has no sample of before the fall, on the day of the fall: days before are known from their catalog. */
  async #isNew({ sourceId }: LookAlike, sinceMs: number): Promise<boolean> {
    const { series } = this.#ports;
    const dayMs = Math.floor(sinceMs / limits.catalogSpanMs) * limits.catalogSpanMs;
    const hourMs = Math.floor(sinceMs / hour) * hour;
    if (hourMs > dayMs && (await series.between(sourceId, dayMs, hourMs - 1)).length > 0) return false;
    const bytes = (await series.between(sourceId, hourMs, sinceMs)).map(segment => segment.bytes);
    const chunks = await series.chunks(chunksNeeded(bytes));
    const { columns } = decodeHour(bytes, id => {
      const chunk = chunks.get(id);
      const sets = chunk && decodeLabelSets(chunk);
      return sets?.ok ? sets.sets : undefined;
    });
    return !columns.some(({ timestampsMs }) => timestampsMs.some(atMs => atMs < sinceMs));
  }
}
