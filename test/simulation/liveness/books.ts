import type { Alarm } from '../../../core/heartbeat/alarm.ts';
import type { Flicker } from '../../../core/heartbeat/flapping.ts';
import { type BlindSpan, type CollectorRecord, withSpan } from '../../../core/heartbeat/silence.ts';
import { limits } from '../../../core/limits.ts';
import type { Row } from '../../../io/ports.ts';
import type { Plan, SourcePlan } from './plan.ts';

export type Breach = { readonly kind: string; readonly what: string };
export type Published = Alarm & { readonly toldMs: number };

const second = 1_000;
const minute = 60 * second;
/** The longest freeze that need not be told (RELIABILITY 3.3). */
const silentFreezeMs = 80 * second;
/** A life shorter than the hold before a recovery is told, and a sweep's minute: nobody need have seen it. */
const unseenLifeMs = limits.recoveryHoldMs + 60 * second;

/** DOWN, RESOLVED, DOWN …; FLAPPING stands for DOWN, may follow it, and ends by either. */
const isInTurn = (kinds: readonly Alarm['kind'][]): boolean =>
  kinds.every((kind, index) => {
    const before = kinds[index - 1] ?? 'RESOLVED';
    return kind === 'RESOLVED' || kind === 'FLAPPING'
      ? before !== kind && !(kind === 'RESOLVED' && index === 0)
      : before !== 'DOWN';
  });

/** What was announced and recorded, held against who really lived (A1 to A9 of RELIABILITY 3.6). */
export class Books {
  readonly #plan: Plan;
  readonly #sources: ReadonlyMap<string, SourcePlan>;
  readonly breaches: Breach[] = [];
  readonly published: Published[] = [];
  readonly repeats: string[] = [];
  readonly #ids = new Set<string>();
  readonly sweepsMs: number[] = [];
  #frozen: readonly BlindSpan[] = [];
  /** Of each job: when pushes of it were accepted, and when that was answered. */
  readonly #acknowledged = new Map<string, { readonly acceptedMs: number; readonly answeredMs: number }[]>();
  /** From death to the alarm, for each real death that was accused. */
  readonly detectionsMs: number[] = [];
  readonly #accused = new Set<string>();
  /** The deaths of which it was told that somebody is down, and not only that he flaps. */
  readonly #toldDown = new Set<string>();

  constructor(plan: Plan) {
    this.#plan = plan;
    this.#sources = new Map(plan.sources.map(source => [source.job, source]));
  }

  breach(kind: string, what: string): void {
    if (this.breaches.length < 50) this.breaches.push({ kind, what });
  }

  rang(alarm: Alarm, nowMs: number): void {
    for (const member of alarm.members ?? [alarm]) {
      const one = { ...alarm, ...member, toldMs: nowMs };
      if (this.#ids.has(one.id)) {
        this.repeats.push(one.id);
        continue;
      }
      this.#ids.add(one.id);
      if (one.kind === 'DOWN') this.#fell(one);
      if (one.kind === 'FLAPPING') this.#flaps(one);
      this.published.push(one);
      if (one.kind === 'DOWN' || one.kind === 'FLAPPING') this.#accuse(one);
      if (one.kind === 'RESOLVED') this.#recovered(one);
    }
  }

  /** How long a source must stay as it is to be steady. */
  #steadyMs(job: string): number {
    const { flapping } = this.#sources.get(job) ?? {};
    return flapping === undefined ? limits.flapWithinMs / limits.flapFalls : flapping.withinMs / flapping.falls;
  }

  /** While it is told to flap, no fall is told by itself: only that it stays down. */
  #fell({ job, atMs, toldMs }: Published): void {
    const { kind } = this.published.findLast(alarm => alarm.job === job) ?? {};
    const death = this.#deathAt(job, atMs);
    if (kind === 'FLAPPING' && death !== undefined && toldMs - death.fromMs < this.#steadyMs(job))
      this.breach(
        'held',
        `${job} was told down at ${this.#at(toldMs)} while it flapped, dead from ${this.#at(death.fromMs)}`,
      );
  }

  /** As many fell as it is said of, and not one of them twice. */
  #flaps({ job, sinceMs, atMs, toldMs }: Published): void {
    const source = this.#sources.get(job);
    const falls = source?.flapping?.falls ?? limits.flapFalls;
    const fallen = source?.deaths.filter(
      ({ fromMs, toMs, isReal }) => isReal && fromMs < atMs && toMs > sinceMs - 5_000,
    );
    if ((fallen?.length ?? 0) < falls)
      this.breach('held', `${job} was told to flap at ${this.#at(toldMs)} and fell ${fallen?.length} times`);
    if (atMs - sinceMs > (source?.flapping?.withinMs ?? limits.flapWithinMs))
      this.breach('held', `${job} was told to flap at ${this.#at(toldMs)} for falls since ${this.#at(sinceMs)}`);
  }

  #deathAt(job: string, atMs: number) {
    return this.#sources.get(job)?.deaths.findLast(({ fromMs, isReal }) => isReal && fromMs < atMs);
  }

  /** Who is told steady lives, but for what cannot have shown yet. */
  #steadied({ job, atMs, toldMs }: Published): void {
    const { intervalMs = 0, graceMs = 0 } = this.#sources.get(job) ?? {};
    const death = this.#deathAt(job, atMs - intervalMs - graceMs - 5_000);
    // One that began and ended between two looks left no trace: he lives when it is told.
    if (death === undefined || death.toMs <= toldMs) return;
    if (!this.#frozen.some(({ fromMs, toMs }) => fromMs < atMs && toMs > death.fromMs))
      this.breach(
        'revived',
        `${job} was told steady at ${this.#at(toldMs)}, and was dead from ${this.#at(death.fromMs)}`,
      );
  }

  /** A recovery is of a time after the fall, and had a sign of life. */
  #recovered(alarm: Published): void {
    if (alarm.reason === 'STEADY') this.#steadied(alarm);
    const fell = this.published.findLast(({ job, kind }) => job === alarm.job && kind === 'DOWN');
    const lived = this.#sources
      .get(alarm.job)
      ?.deaths.every(death => death.fromMs > alarm.sinceMs + 1_000 || death.toMs < alarm.toldMs);
    if (alarm.reason === 'HEARD' && fell !== undefined && (alarm.atMs < fell.sinceMs || lived === false))
      this.breach(
        'revived',
        `${alarm.job} was told back at ${this.#at(alarm.toldMs)}, heard ${this.#at(alarm.atMs)}, and was dead`,
      );
  }

  acknowledged(job: string, acceptedMs: number, answeredMs: number): void {
    const all = this.#acknowledged.get(job) ?? [];
    // Nobody's silence is longer than the last few.
    this.#acknowledged.set(job, [...all.slice(-30), { acceptedMs, answeredMs }]);
  }

  /**
   * A1: nobody is accused whose producer never stopped, nor of a time in which what he pushed was acknowledged; clocks may
   * be two seconds apart.
   */
  #accuse(told: Published): void {
    const source = this.#sources.get(told.job);
    const { intervalMs = 0, graceMs = 0 } = source ?? {};
    // Who flaps is told of since the first fall, and is accused of the last.
    const isOne = told.kind === 'DOWN';
    const alarm = isOne ? told : { ...told, sinceMs: told.atMs - intervalMs - graceMs };
    // Who is judged by a share may have been heard in between.
    const heard =
      source?.failures !== undefined
        ? undefined
        : this.#acknowledged
            .get(alarm.job)
            ?.find(
              ({ acceptedMs, answeredMs }) => acceptedMs > alarm.sinceMs + 2_500 && answeredMs < alarm.atMs - 2_500,
            );
    if (heard !== undefined && alarm.reason === 'NOT_HEARD')
      this.breach(
        'false',
        `A1 ${alarm.job} silent from ${this.#at(alarm.sinceMs)} to ${this.#at(alarm.atMs)}, acknowledged ${this.#at(heard.acceptedMs)}`,
      );
    const deaths = source?.deaths ?? [];
    const death = deaths.findLast(
      ({ fromMs, toMs, isReal }) => isReal && fromMs < alarm.toldMs && toMs > alarm.sinceMs,
    );
    if (death === undefined) {
      this.breach(
        'false',
        `A1 ${alarm.job} ${alarm.reason} since ${this.#at(alarm.sinceMs)} at ${this.#at(alarm.toldMs)}`,
      );
      return;
    }
    const name = `${alarm.job} ${death.fromMs}`;
    if (isOne) this.#toldDown.add(name);
    if (this.#accused.has(name)) return;
    this.#accused.add(name);
    if (!death.isShort && source?.flapping === undefined) this.detectionsMs.push(alarm.toldMs - death.fromMs);
  }

  /** A6: every change of state raises the epoch by exactly one, and nothing else does. */
  stepped(before: Row | undefined, after: Row): void {
    if (Number(after['lastAcceptMs'] ?? 0) < Number(before?.['lastAcceptMs'] ?? 0))
      this.breach('state', `A4 ${after['job']}: its last sign of life went back in time`);
    const [was, is] = [before?.['epoch'] ?? 0, after['epoch'] ?? 0].map(Number) as [number, number];
    const changes = before?.['state'] !== after['state'];
    if (is !== was + (changes ? 1 : 0) && !(is === was + 1 && before !== undefined))
      this.breach('epoch', `A6 ${after['job']}: from ${was} to ${is}, ${before?.['state']} to ${after['state']}`);
  }

  recorded({ blind }: CollectorRecord): void {
    const last = blind.at(-1);
    if (last !== undefined && last.fromMs > 0)
      for (const span of blind) if (span.fromMs > 0) this.#frozen = withSpan(this.#frozen, span);
  }

  /** Spans in which the collector said that it was blind, each from when it says it was to when it said it is over. */
  #blindness(): readonly BlindSpan[] {
    const spans: BlindSpan[] = [];
    let open: Published | undefined;
    for (const alarm of this.published.filter(({ job }) => job === '')) {
      if (alarm.kind === 'COLLECTOR_BLIND') {
        if (open !== undefined) this.breach('order', `A4 collector: blind twice, ${alarm.id}`);
        open = alarm;
      } else {
        if (open === undefined) this.breach('order', `A4 collector: well twice, ${alarm.id}`);
        else spans.push({ fromMs: open.sinceMs, toMs: alarm.atMs });
        open = undefined;
      }
    }
    if (open !== undefined) spans.push({ fromMs: open.sinceMs, toMs: this.#plan.endMs });
    return spans;
  }

  /** Whether CloudWatch's alarm over sweeps rang in that time: three whole minutes went by without a complete one. */
  #isMissed(fromMs: number, untilMs: number): boolean {
    const swept = new Set(this.sweepsMs.map(ms => Math.floor(ms / minute)));
    for (let at = Math.ceil(fromMs / minute); (at + 3) * minute <= untilMs; at += 1)
      if (![at, at + 1, at + 2].some(each => swept.has(each))) return true;
    return false;
  }

  #lastTold(job: string, beforeMs: number): Published | undefined {
    return this.published.findLast(alarm => alarm.job === job && alarm.toldMs < beforeMs);
  }

  /** When all is told and nothing goes wrong any more. */
  close(
    rows: readonly Row[],
    record: CollectorRecord | undefined,
  ): { readonly covered: number; readonly found: number } {
    const blindness = this.#blindness();
    const isCovered = (fromMs: number, toMs: number): boolean =>
      blindness.some(span => span.fromMs < toMs && span.toMs > fromMs);
    let [covered, found] = [0, 0];
    for (const source of this.#plan.sources) {
      const { job, deaths, changes } = source;
      // A4 and A8: DOWN, RESOLVED, DOWN …, beginning with DOWN, in the order in which they were told first.
      const kinds = this.published.filter(alarm => alarm.job === job).map(({ kind }) => kind);
      const isRemoved = changes.some(({ what }) => what === 'remove');
      if (!isRemoved && !isInTurn(kinds)) this.breach('order', `A4 ${job}: ${kinds.join(' ')}`);
      for (const [index, { fromMs, toMs, isReal, isShort }] of deaths.entries()) {
        // Who came back while we were blind or for a moment, and fell again before that was seen, is named all the time.
        const livedFromMs = deaths[index - 1]?.toMs ?? fromMs;
        if (!isReal || isShort || isRemoved || fromMs > this.#plan.endMs - 300 * second) continue;
        const untilMs = Math.min(toMs, this.#plan.endMs);
        if (changes.some(({ atMs }) => atMs > fromMs - 400 * second && atMs < untilMs)) continue;
        // A2: found while it lasted, or the collector said that it could not hear.
        const name = `${job} ${fromMs}`;
        // Who was told to flap is told down as well where he stays so; until then it is known that he comes and goes.
        const flapped = this.#lastTold(job, untilMs)?.kind === 'FLAPPING';
        const isLong = untilMs - fromMs > source.intervalMs + source.graceMs + this.#steadyMs(job) + 150 * second;
        if (this.#toldDown.has(name) || (flapped && !isLong)) found += 1;
        else if (isCovered(fromMs, untilMs) || this.#isMissed(fromMs, untilMs)) covered += 1;
        else if (
          this.#lastTold(job, untilMs)?.kind === 'DOWN' &&
          (isCovered(livedFromMs, fromMs) || fromMs - livedFromMs < unseenLifeMs)
        )
          found += 1;
        else this.breach('missed', `A2 ${job} dead from ${this.#at(fromMs)} to ${this.#at(untilMs)}`);
      }
      const row = rows.find(each => each['job'] === job);
      if (row === undefined) continue;
      // A5: nothing waits to be announced; and the state is the truth.
      if (((row['pending'] as readonly unknown[] | undefined) ?? []).length > 0)
        this.breach('pending', `A5 ${job}: ${JSON.stringify(row['pending'])}`);
      const isDead = deaths.some(({ fromMs, toMs }) => fromMs < this.#plan.endMs && toMs > this.#plan.endMs);
      const state = String(row['state']);
      if (state !== 'paused' && (state === 'down') !== isDead)
        this.breach('state', `A5 ${job} is ${isDead ? 'dead' : 'alive'} and its row says ${state}`);
      const isHeld = (row['flicker'] as Flicker | undefined)?.heldFromMs !== undefined;
      const isFlapping = kinds.at(-1) === 'FLAPPING';
      if (!isRemoved && (isHeld !== isFlapping || (!isHeld && (kinds.at(-1) === 'DOWN') !== (state === 'down'))))
        this.breach('state', `A5 ${job} is ${state}${isHeld ? ', held back' : ''} and was last told ${kinds.at(-1)}`);
      const steadyFromMs = this.#plan.endMs - this.#steadyMs(job) - 200 * second;
      if (isHeld && deaths.every(({ fromMs, toMs }) => toMs < steadyFromMs || fromMs > this.#plan.endMs))
        this.breach('held', `A5 ${job} lives since ${this.#at(steadyFromMs)}, and its turns are still held back`);
    }
    if ((record?.pending ?? []).length > 0) this.breach('pending', 'A5 collector');
    if (record?.blindSinceMs !== undefined) this.breach('state', 'A5 the collector believes itself blind in the calm');
    // A7: no silent outage, no silent freeze.
    for (const { kind, fromMs, toMs } of this.#plan.outages) {
      if (kind === 'grey' || kind === 'backlog' || kind === 'buffer' || toMs - fromMs < 170 * second) continue;
      const told = this.published.some(
        alarm => alarm.kind === 'COLLECTOR_BLIND' && alarm.sinceMs < toMs && alarm.toldMs < toMs + 300 * second,
      );
      if (!told || !isCovered(fromMs, toMs))
        this.breach('silent', `A7 ${kind} from ${this.#at(fromMs)} to ${this.#at(toMs)} was not told`);
    }
    for (const { fromMs, toMs } of this.#frozen) {
      if (toMs - fromMs > silentFreezeMs && !isCovered(fromMs, toMs))
        this.breach('silent', `A7 frozen from ${this.#at(fromMs)} to ${this.#at(toMs)} and not told`);
    }
    // A9: a checker that stands still is missed by its metric: three minutes without a sweep.
    for (const { kind, fromMs, toMs } of this.#plan.outages) {
      if (
        (kind === 'checker' || kind === 'all' || kind === 'tables') &&
        this.sweepsMs.some(ms => ms > fromMs + 60_000 && ms < toMs)
      )
        this.breach('deadman', `A9 a sweep was told while nobody could sweep, from ${this.#at(fromMs)}`);
    }
    return { covered, found };
  }

  #at(ms: number): string {
    return `+${((ms - this.#plan.startMs) / 1_000).toFixed(1)} s`;
  }
}
