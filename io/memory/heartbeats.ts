import {
  type Flip,
  type Heartbeat,
  type HeartbeatChange,
  type HeartbeatKey,
  isNewsIn,
  missAttribute,
  type PullFailure,
  type PushRefusal,
} from '../../core/heartbeat/heartbeat.ts';
import { latesOf } from '../../core/heartbeat/missed.ts';
import { type Ping, pingedAt, type Run } from '../../core/heartbeat/ping.ts';
import { readHeartbeat } from '../../core/heartbeat/row.ts';
import type { CollectorRecord } from '../../core/heartbeat/silence.ts';
import { limits } from '../../core/limits.ts';
import type { Expectation, Heartbeats, Row } from '../ports.ts';
import { type Faults, noFaults, struck } from './faults.ts';

const idOf = ({ job, instance }: HeartbeatKey): string => JSON.stringify([job, instance]);

/** The heartbeats table in a Map. */
export class MemoryHeartbeats implements Heartbeats {
  readonly #faults: Faults;
  readonly rows = new Map<string, Row>();
  readonly #canaries = new Map<number, { readonly slot: number; readonly atMs: number }>();
  #collector: CollectorRecord | undefined;
  #plannedMs: number | undefined;

  constructor(faults: Faults = noFaults) {
    this.#faults = faults;
  }

  all(): Promise<readonly Row[]> {
    return struck(this.#faults, 'heartbeats.all', () => [...this.rows.values()]);
  }

  get(keys: readonly HeartbeatKey[]): Promise<readonly Row[]> {
    return struck(this.#faults, 'heartbeats.get', () =>
      keys.map(key => this.rows.get(idOf(key))).filter(row => row !== undefined),
    );
  }

  heard(keys: readonly HeartbeatKey[], atMs: number): Promise<readonly HeartbeatKey[]> {
    return struck(this.#faults, 'heartbeats.heard', () => this.#later(keys, 'lastAcceptMs', atMs));
  }

  answered(keys: readonly HeartbeatKey[], slotMs: number): Promise<readonly HeartbeatKey[]> {
    return struck(this.#faults, 'heartbeats.answered', () => this.#later(keys, 'answeredMs', slotMs));
  }

  pinged(
    key: HeartbeatKey,
    ping: Ping,
    atMs: number,
    detail: string,
  ): Promise<{ isKnown: boolean; durationMs?: number }> {
    return struck(this.#faults, 'heartbeats.pinged', () => {
      const row = this.rows.get(idOf(key));
      if (row === undefined) return { isKnown: false };
      const { run, ...took } = pingedAt(row as Run, ping, atMs, detail);
      const { startedMs: _, runId: __, ...rest } = row;
      const kept = Object.entries(run).filter(([, value]) => value !== undefined);
      this.rows.set(idOf(key), { ...rest, ...Object.fromEntries(kept) });
      return { isKnown: true, ...took };
    });
  }

  failed(key: HeartbeatKey, failure: PullFailure): Promise<void> {
    return struck(this.#faults, 'heartbeats.failed', () => {
      const row = this.rows.get(idOf(key)) ?? { ...key };
      const before = row['failing'] as Heartbeat['failing'];
      const { slotMs, ...rest } = failure;
      if (before !== undefined && before.lastSlotMs >= slotMs) return;
      const missed = { [missAttribute(slotMs, failure.intervalMs)]: slotMs };
      const goesOn = before !== undefined && before.lastSlotMs === slotMs - failure.intervalMs;
      const failing = {
        ...rest,
        firstSlotMs: goesOn ? before.firstSlotMs : slotMs,
        lastSlotMs: slotMs,
      };
      this.rows.set(idOf(key), { ...row, ...missed, failing });
    });
  }

  refused(keys: readonly HeartbeatKey[], refusal: PushRefusal): Promise<void> {
    return struck(this.#faults, 'heartbeats.refused', () => {
      for (const key of keys) this.#set(key, { refused: refusal });
    });
  }

  pause(key: HeartbeatKey, paused: boolean): Promise<void> {
    return struck(this.#faults, 'heartbeats.pause', () => this.#set(key, { paused }));
  }

  snooze(key: HeartbeatKey, untilMs: number | undefined): Promise<void> {
    return struck(this.#faults, 'heartbeats.snooze', () =>
      this.#set(key, { snoozeUntil: untilMs === undefined ? undefined : new Date(untilMs).toISOString() }),
    );
  }

  retire(key: HeartbeatKey, retired: boolean): Promise<void> {
    return struck(this.#faults, 'heartbeats.retire', () => this.#set(key, { retired }));
  }

  change(seen: Heartbeat, change: HeartbeatChange): Promise<boolean> {
    return struck(this.#faults, 'heartbeats.change', () => {
      const row = this.rows.get(idOf(seen.key));
      const now = row && readHeartbeat(row).value;
      if (row === undefined || now === undefined || now.epoch !== seen.epoch) return false;
      if (now.lastAcceptMs !== seen.lastAcceptMs || now.answeredMs !== seen.answeredMs) return false;
      const { flip, forgetsRun, ...rest } = change;
      const { startedMs, runId, failedMs, failedDetail, ...other } = row;
      const pending = (row['pending'] as Flip[] | undefined) ?? [];
      this.rows.set(idOf(seen.key), {
        ...(forgetsRun ? other : row),
        ...rest,
        epoch: seen.epoch + 1,
        pending: flip === undefined ? pending : [...pending, flip],
      });
      return true;
    });
  }

  announced(key: HeartbeatKey, epoch: number): Promise<void> {
    return struck(this.#faults, 'heartbeats.announced', () => {
      const row = this.rows.get(idOf(key));
      const pending = row?.['pending'] as Flip[] | undefined;
      if (row === undefined || pending === undefined) return;
      this.rows.set(idOf(key), { ...row, pending: pending.filter(flip => flip.epoch !== epoch) });
    });
  }

  note(key: HeartbeatKey, problem: string | null, atMs: number): Promise<void> {
    const noted = problem === null ? { problem: undefined, checkedAtMs: undefined } : { problem, checkedAtMs: atMs };
    return struck(this.#faults, 'heartbeats.note', () => this.#set(key, noted));
  }

  expect(key: HeartbeatKey, promise: Expectation): Promise<void> {
    return struck(this.#faults, 'heartbeats.expect', () => {
      const row = Object.entries({ ...this.rows.get(idOf(key)), ...promise });
      this.rows.set(idOf(key), { ...key, ...Object.fromEntries(row.filter(([, value]) => value !== null)) });
    });
  }

  put(row: Row): Promise<void> {
    return struck(this.#faults, 'heartbeats.put', () => {
      this.rows.set(idOf(row as HeartbeatKey), row);
    });
  }

  remove(key: HeartbeatKey): Promise<boolean> {
    return struck(this.#faults, 'heartbeats.remove', () => this.rows.delete(idOf(key)));
  }

  async canarySecret(): Promise<string> {
    return 'known to our own functions alone';
  }

  canaryHeard(slot: number, atMs: number): Promise<void> {
    return struck(this.#faults, 'heartbeats.canaryHeard', () => {
      const place = slot % limits.canariesKept;
      const kept = this.#canaries.get(place);
      if (kept === undefined || kept.slot < slot) this.#canaries.set(place, { slot, atMs });
    });
  }

  canaries(): Promise<readonly number[]> {
    return struck(this.#faults, 'heartbeats.canaries', () =>
      [...this.#canaries.values()].map(({ atMs }) => atMs).sort((a, b) => a - b),
    );
  }

  collector(): Promise<CollectorRecord | undefined> {
    return struck(this.#faults, 'heartbeats.collector', () => this.#collector);
  }

  swept(seen: CollectorRecord | undefined, next: CollectorRecord): Promise<boolean> {
    return struck(this.#faults, 'heartbeats.swept', () => {
      if (this.#collector?.epoch !== seen?.epoch) return false;
      this.#collector = next;
      return true;
    });
  }

  planned(): Promise<number | undefined> {
    return struck(this.#faults, 'heartbeats.planned', () => this.#plannedMs);
  }

  plannedUntil(untilMs: number): Promise<void> {
    return struck(this.#faults, 'heartbeats.plannedUntil', () => {
      this.#plannedMs = Math.max(this.#plannedMs ?? 0, untilMs);
    });
  }

  #set(key: HeartbeatKey, attributes: Row): void {
    const row = this.rows.get(idOf(key));
    if (row !== undefined) this.rows.set(idOf(key), { ...row, ...attributes });
  }

  #later(keys: readonly HeartbeatKey[], attribute: 'lastAcceptMs' | 'answeredMs', atMs: number): HeartbeatKey[] {
    const news: HeartbeatKey[] = [];
    for (const key of keys) {
      const row = this.rows.get(idOf(key));
      if (row === undefined || ((row[attribute] as number | undefined) ?? Number.NEGATIVE_INFINITY) >= atMs) continue;
      const lates = attribute === 'lastAcceptMs' ? latesOf(row, atMs) : {};
      this.rows.set(idOf(key), { ...row, ...lates, [attribute]: atMs });
      if (isNewsIn(row['state'] as string | undefined)) news.push(key);
    }
    return news;
  }
}
