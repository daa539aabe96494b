import type { HeartbeatChange } from '../../../core/heartbeat/heartbeat.ts';
import type { Heartbeats, Row } from '../../../io/ports.ts';
import type { Tampering } from './world.ts';

/** The same port, but for what is said of it here. */
const but =
  (change: (heartbeats: Heartbeats, world: Parameters<Tampering>[1]) => Partial<Heartbeats>): Tampering =>
  (ports, world) => {
    const { heartbeats } = ports;
    const changed = change(heartbeats, world);
    const tampered = new Proxy(heartbeats, {
      get: (port, name) => {
        const own = changed[name as keyof Heartbeats];
        if (own !== undefined) return own;
        const value = Reflect.get(port, name, port) as unknown;
        return typeof value === 'function' ? value.bind(port) : value;
      },
    });
    return { ...ports, heartbeats: tampered };
  };

/** Bugs between the handlers and the heartbeats table. */
export const tamperings = {
  // A sign of life waits in a queue, which a backlog holds up, while canaries go to the table.
  queuedHeartbeats: but((heartbeats, world) => ({
    heard: async (keys, atMs) => {
      const stopped = world.outage('buffer');
      world.agenda.at((stopped?.toMs ?? 0) + 2_000, () => void heartbeats.heard(keys, atMs).catch(() => undefined));
      return [];
    },
  })),
  // Rows are read from something that follows the table a minute later, and are believed.
  staleIndex: but((heartbeats, world) => {
    const snapshots: { readonly atMs: number; readonly rows: readonly Row[] }[] = [];
    return {
      all: async () => {
        const rows = await heartbeats.all();
        snapshots.push({ atMs: world.agenda.nowMs(), rows });
        return snapshots.findLast(({ atMs }) => atMs <= world.agenda.nowMs() - 50_000)?.rows ?? rows;
      },
      change: async (seen, change) => {
        const [row] = await heartbeats.get([seen.key]);
        const { lastAcceptMs: _, ...rest } = seen;
        const now = row?.['lastAcceptMs'];
        return heartbeats.change(now === undefined ? rest : { ...seen, lastAcceptMs: Number(now) }, change);
      },
    };
  }),
  // The state is written, and the entry to announce after it.
  outboxLater: but((heartbeats, world) => ({
    change: async (seen, { flip, ...state }) => {
      if (!(await heartbeats.change(seen, state as HeartbeatChange))) return false;
      if (flip === undefined) return true;
      await heartbeats.get([seen.key]);
      const id = JSON.stringify([seen.key.job, seen.key.instance]);
      const row = world.heartbeats.rows.get(id);
      if (row !== undefined)
        world.heartbeats.rows.set(id, { ...row, pending: [...((row['pending'] as readonly unknown[]) ?? []), flip] });
      return true;
    },
  })),
} satisfies Record<string, Tampering>;
