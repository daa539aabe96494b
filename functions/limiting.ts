import type { KeyRow } from '../core/key/key.ts';
import { KeyUse } from '../core/key/key-use.ts';
import type { Quota } from '../core/key/quota.ts';
import { hashOf } from '../core/key/series-count.ts';
import { type LabelSet, labelOf, metricNameOf, noLabels } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import type { GatheredSample } from '../core/protocol/gather.ts';
import type { Pushed } from '../core/protocol/pushed.ts';
import type { Reject } from '../core/reject.ts';
import type { Ports } from '../io/ports.ts';

type LimitingPorts = Pick<Ports, 'clock' | 'chance' | 'log' | 'usage'>;
type Key = Pick<KeyRow, 'id' | 'quota'>;

/** Why a push is not let in now, or at all. `retryAfterMs` where it is worth coming again. */
export type Limited = { readonly status: number; readonly reject: Reject; readonly retryAfterMs?: number };

const rateLimited = (what: string, limit: number, waitMs: number): Limited => ({
  status: 503,
  reject: { code: 'rate_limit', reason: `more ${what} a second than this key’s limit of ${limit}, please come again` },
  retryAfterMs: Math.min(waitMs, limits.keyRetryAfterMaxMs),
});

/**
 * The limits of keys, at one worker. Each worker has buckets of its own; where a key comes near a limit, workers tell each other
 * how much they are offered, every limits.keyShareMs, and each lets in its share. What is told may be lost: then a worker goes on by itself.
 */
export class Limiting {
  readonly #ports: LimitingPorts;
  readonly #worker: string;
  readonly #uses = new Map<string, KeyUse>();

  constructor(ports: LimitingPorts) {
    this.#ports = ports;
    this.#worker = Math.floor(ports.chance.next() * 2 ** 48).toString(36);
  }

  /** Asked before the body is looked at. */
  request({ id, quota }: Key): Limited | undefined {
    const waitMs = this.#useOf(id).request(quota, this.#ports.clock.nowMs());
    return waitMs === 0 ? undefined : rateLimited('requests', quota.requestsPerSecond, waitMs);
  }

  /** Asked before anything is queued; what is let in counts. */
  push({ id, quota }: Key, { samples, sourceLabels = noLabels }: Pushed): Limited | undefined {
    const nowMs = this.#ports.clock.nowMs();
    if (samples.length > quota.samplesPerPush) {
      const reason = `${samples.length} samples, this key’s limit is ${quota.samplesPerPush}`;
      return { status: 413, reject: { code: 'sample_limit', reason } };
    }
    const tooMany = overLabels(samples, sourceLabels, quota);
    if (tooMany !== undefined) return { status: 400, reject: tooMany };
    const use = this.#useOf(id);
    const seed = sourceLabels.length === 0 ? 0 : hashOf(sourceLabels);
    const hashes = samples.map(({ labels }) => hashOf(labels, seed));
    const unknown = use.series.newIn(hashes, nowMs);
    if (unknown > 0 && use.series.size + unknown > quota.activeSeries) {
      const reason = `${use.series.size} active series and ${unknown} new ones, this key’s limit is ${quota.activeSeries}: a label holds something unbounded, or it needs a higher limit`;
      return { status: 400, reject: { code: 'series_limit', reason } };
    }
    const waitMs = use.samples(samples.length, quota, nowMs);
    if (waitMs > 0) return rateLimited('samples', quota.samplesPerSecond, waitMs);
    use.series.admit(hashes, quota.activeSeries, nowMs);
    return undefined;
  }

  /**
   * Tells the other workers, and hears of them, where it is time and of use. Waited for limits.keyShareWaitMs at most: a
   * producer's samples are worth more than a rate that is held to the last request.
   */
  async share({ id, quota }: Key): Promise<void> {
    const { clock, usage, log } = this.#ports;
    const use = this.#useOf(id);
    const told = use.toTell(this.#worker, quota, clock.nowMs());
    if (told === undefined) return;
    const shared = Promise.all([usage.of(id), usage.tell(id, told)]).then(
      ([all]) => use.heard(all, this.#worker, clock.nowMs()),
      (cause: Error) => log.write('warn', 'use of a key was not shared', { key: id, cause: cause.message }),
    );
    await Promise.race([shared, clock.wait(limits.keyShareWaitMs)]);
  }

  /** The one that was used longest ago goes first. */
  #useOf(id: string): KeyUse {
    const known = this.#uses.get(id) ?? new KeyUse();
    this.#uses.delete(id);
    this.#uses.set(id, known);
    let series = 0;
    for (const { series: each } of this.#uses.values()) series += each.size;
    while (this.#uses.size > 1 && (series > limits.seriesCounted || this.#uses.size > limits.keysRemembered)) {
      const [oldest, use] = this.#uses.entries().next().value as [string, KeyUse];
      this.#uses.delete(oldest);
      series -= use.series.size;
    }
    return known;
  }
}

const overLabels = (
  samples: readonly GatheredSample[],
  forced: LabelSet,
  { labels: most }: Quota,
): Reject | undefined => {
  if (most === limits.labelCount) return undefined;
  const added = (labels: LabelSet): number => forced.filter(([name]) => labelOf(labels, name) === '').length;
  const over = samples.find(({ labels }) => labels.length + added(labels) > most);
  return (
    over && {
      code: 'label_limit',
      reason: `${over.labels.length + added(over.labels)} labels on ${metricNameOf(over.labels)}, this key’s limit is ${most}`,
    }
  );
};
