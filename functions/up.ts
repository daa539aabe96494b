import { samplesIn } from '../core/batch.ts';
import type { Heartbeat } from '../core/heartbeat/heartbeat.ts';
import { upSamplesOf } from '../core/heartbeat/up.ts';
import { batchesOf } from '../core/protocol/gather.ts';
import { encodeBatch } from '../core/segment/batch-message.ts';
import type { Ports } from '../io/ports.ts';

/** Writes `up` of who pushes. Never fails: alarms do not hang on series. */
export const tellUp = async (
  { buffer, clock, log, measures }: Pick<Ports, 'buffer' | 'clock' | 'log' | 'measures'>,
  heartbeats: readonly Heartbeat[],
): Promise<void> => {
  const samples = heartbeats.flatMap(upSamplesOf);
  if (samples.length === 0) return;
  const atMs = clock.nowMs();
  const batches = batchesOf(samples, { id: `up/${atMs}`, via: 'push', acceptedAtMs: atMs });
  await buffer
    .send(batches.flatMap(encodeBatch))
    .then(() => measures.tell({ Accepted: samplesIn(batches) }))
    .catch((cause: Error) => log.write('warn', 'up not written', { cause: cause.message }));
};
