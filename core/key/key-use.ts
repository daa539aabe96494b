import { limits } from '../limits.ts';
import type { Quota } from './quota.ts';
import { SeriesCount } from './series-count.ts';

/** What one worker lets in with a key, as it tells the others: offered, whether it was let in or not. */
export type ToldUse = {
  readonly worker: string;
  readonly atMs: number;
  readonly samplesPerSecond: number;
  readonly requestsPerSecond: number;
  readonly activeSeries: number;
};

/**
 * Tokens that come back at a rate, limits.keyBurstMs of them at most. Whoever comes while there are any is let in and may take
 * more than there are: what is owed comes back first. So a push is never too large for its bucket.
 */
export class Bucket {
  #tokens: number | undefined;
  #atMs = 0;

  /** 0, and so many are taken; or how long until there are any again. */
  take(count: number, perSecond: number, nowMs: number): number {
    const full = (perSecond * limits.keyBurstMs) / 1_000;
    const since = Math.max(0, nowMs - this.#atMs);
    const tokens = this.#tokens === undefined ? full : Math.min(full, this.#tokens + (since * perSecond) / 1_000);
    this.#atMs = Math.max(this.#atMs, nowMs);
    this.#tokens = tokens > 0 ? tokens - count : tokens;
    return tokens > 0 ? 0 : Math.ceil(((1 - tokens) * 1_000) / perSecond);
  }
}

/** What is left of a limit for a worker that is offered `own` while the others are offered `others`: all of it, or its share. */
export const shareOf = (limit: number, own: number, others: number): number =>
  own + others <= limit ? Math.max(own, limit - others) : (limit * own) / (own + others);

/** One key at one worker: what it was let in, and what of its limits others use up. */
export class KeyUse {
  readonly series = new SeriesCount();
  readonly #requests = new Bucket();
  readonly #samples = new Bucket();
  #window = { sinceMs: 0, requests: 0, samples: 0, refused: false };
  #before = { requestsPerSecond: 0, samplesPerSecond: 0 };
  #others = { requestsPerSecond: 0, samplesPerSecond: 0 };

  /** 0, or how long to wait before the next request. */
  request(quota: Quota, nowMs: number): number {
    this.#window.requests += 1;
    const rate = shareOf(quota.requestsPerSecond, this.#before.requestsPerSecond, this.#others.requestsPerSecond);
    return this.#noted(this.#requests.take(1, rate, nowMs));
  }

  /** 0, or how long to wait before the next sample. */
  samples(count: number, quota: Quota, nowMs: number): number {
    this.#window.samples += count;
    const rate = shareOf(quota.samplesPerSecond, this.#before.samplesPerSecond, this.#others.samplesPerSecond);
    return count === 0 ? 0 : this.#noted(this.#samples.take(count, rate, nowMs));
  }

  /**
   * What to tell the others, once every limits.keyShareMs: undefined before that, and as long as the key is far from its limits,
   * so that who pushes little costs nothing.
   */
  toTell(worker: string, quota: Quota, nowMs: number): ToldUse | undefined {
    const { sinceMs, requests, samples, refused } = this.#window;
    const spanMs = nowMs - sinceMs;
    if (spanMs < limits.keyShareMs) return undefined;
    // After a long silence the first request says little about a rate.
    const seconds = Math.min(spanMs, limits.keyShareMs) / 1_000;
    this.#before = { requestsPerSecond: requests / seconds, samplesPerSecond: samples / seconds };
    this.#window = { sinceMs: nowMs, requests: 0, samples: 0, refused: false };
    const isNear = (used: number, limit: number): boolean => used > limit * limits.keyShareFrom;
    const tells =
      refused ||
      isNear(this.#before.requestsPerSecond, quota.requestsPerSecond) ||
      isNear(this.#before.samplesPerSecond, quota.samplesPerSecond);
    if (!tells) this.#others = { requestsPerSecond: 0, samplesPerSecond: 0 };
    return tells ? { worker, atMs: nowMs, ...this.#before, activeSeries: this.series.size } : undefined;
  }

  /** What all workers told; what is older than two tellings is over. */
  heard(told: readonly ToldUse[], worker: string, nowMs: number): void {
    const others = told.filter(each => each.worker !== worker && each.atMs > nowMs - 2 * limits.keyShareMs);
    const sum = (of: (each: ToldUse) => number): number => others.reduce((total, each) => total + of(each), 0);
    this.#others = {
      requestsPerSecond: sum(each => each.requestsPerSecond),
      samplesPerSecond: sum(each => each.samplesPerSecond),
    };
  }

  #noted(waitMs: number): number {
    if (waitMs > 0) this.#window.refused = true;
    return waitMs;
  }
}
