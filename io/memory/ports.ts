import type { Alarm } from '../../core/heartbeat/alarm.ts';
import type { Alarms, Http, HttpAnswer, Log, Ports } from '../ports.ts';
import { MemoryBlocks, MemoryLate } from './blocks.ts';
import { VirtualClock } from './clock.ts';
import { type Faults, noFaults, struck } from './faults.ts';
import { MemoryHeartbeats } from './heartbeats.ts';
import { MemoryQueue } from './queue.ts';
import { MemorySeries } from './series.ts';
import { MemoryTargets } from './targets.ts';

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

/** Pages by URL, given as text or as whole answers; anything else cannot be connected to. */
export class MemoryHttp implements Http {
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

export class MemoryLog implements Log {
  readonly lines: string[] = [];

  write(level: string, message: string, details: Readonly<Record<string, string | number | boolean>> = {}): void {
    this.lines.push(`${level} ${message} ${JSON.stringify(details)}`);
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
    buffer: new MemoryQueue('buffer', clock, faults),
    scrapes: new MemoryQueue('scrapes', clock, faults),
    deadlines: new MemoryQueue('deadlines', clock, faults),
    series: new MemorySeries(clock, faults, late),
    blocks: new MemoryBlocks(late, faults),
    targets: new MemoryTargets(faults),
    heartbeats: new MemoryHeartbeats(faults),
    alarms: new MemoryAlarms(faults),
    http: new MemoryHttp(),
  } satisfies Ports;
};
