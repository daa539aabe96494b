import type { Alarm } from '../../core/heartbeat/alarm.ts';
import { limits } from '../../core/limits.ts';
import type { Clock, History } from '../ports.ts';
import { type Faults, noFaults, struck } from './faults.ts';

/** What was rung, in a Map. */
export class MemoryHistory implements History {
  readonly #clock: Clock;
  readonly #faults: Faults;
  readonly #rung = new Map<string, Alarm>();

  constructor(clock: Clock, faults: Faults = noFaults) {
    this.#clock = clock;
    this.#faults = faults;
  }

  add(alarm: Alarm): Promise<void> {
    return struck(this.#faults, 'history.add', () => {
      this.#rung.set(`${alarm.atMs} ${alarm.id}`, alarm);
    });
  }

  newest(count: number): Promise<readonly Alarm[]> {
    return struck(this.#faults, 'history.newest', () =>
      [...this.#rung.values()]
        .filter(({ atMs }) => atMs + limits.alarmRetentionMs > this.#clock.nowMs())
        .sort((a, b) => b.atMs - a.atMs)
        .slice(0, count),
    );
  }
}
