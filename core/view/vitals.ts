import { costOf } from '../cost.ts';
import type { BlindSpan } from '../heartbeat/silence.ts';
import { type Measure, measures, type Told } from '../measures.ts';
import { type RefusalPage, refusedIn } from '../refusals.ts';

/** Values of one measure by the instant at which their span begins, seconds since 1970. */
export type ToldOverTime = { readonly [name in Measure | 'BufferAge']?: readonly (readonly [number, number])[] };

type VitalsSeen = {
  readonly told: ToldOverTime;
  readonly everyMs: number;
  /** Messages in the buffer, waiting or at work. */
  readonly buffered: number;
  /** When the checker last looked at everybody. */
  readonly checkedMs: number | undefined;
  /** Up to when silence may be measured, by the newest canary that was looked at; undefined where none are sent. */
  readonly watermarkMs: number | undefined;
  /** Since when the collector cannot hear. */
  readonly blindSinceMs: number | undefined;
  /** Up to which instant scrapes are ordered. */
  readonly plannedUntilMs: number | undefined;
  readonly blind: readonly BlindSpan[];
  /** What was refused in the last day, as workers told it. */
  readonly refusals: readonly RefusalPage[];
  readonly nowMs: number;
};

/** How the collector itself does: what the last day brought, added up, and as a line for each measure. */
export const vitalsOf = (seen: VitalsSeen) => {
  const { told, everyMs, buffered, checkedMs, watermarkMs, blindSinceMs, plannedUntilMs, blind, refusals, nowMs } =
    seen;
  const total = (name: Measure): number => {
    const values = (told[name] ?? []).map(([, value]) => value);
    return measures[name] === 'Count' ? values.reduce((sum, value) => sum + value, 0) : Math.max(0, ...values);
  };
  const today = Object.fromEntries((Object.keys(measures) as Measure[]).map(name => [name, total(name)])) as Told;
  const { Accepted = 0, Stored = 0, Merged = 0, Quarantined = 0 } = today;
  const { usd, parts } = costOf(today);
  return {
    today,
    /** Accepted = stored + merged + quarantined + on their way. */
    onTheirWay: Math.max(0, Accepted - Stored - Merged - Quarantined),
    buffered,
    bufferAgeSeconds: told.BufferAge?.at(-1)?.[1] ?? null,
    costUsd: usd,
    costParts: parts,
    checkedMs: checkedMs ?? null,
    watermarkMs: watermarkMs ?? null,
    blindSinceMs: blindSinceMs ?? null,
    plannedUntilMs: plannedUntilMs ?? null,
    // Nobody expects it to have looked before it was there.
    blind: blind.filter(({ fromMs, toMs }) => fromMs > 0 && toMs > nowMs - 86_400_000),
    /** By protocol, job and reason, the most frequent first; about: what a worker did not tell died with it. */
    refused: refusedIn(refusals),
    everyMs,
    over: told,
  };
};

export type Vitals = ReturnType<typeof vitalsOf>;
