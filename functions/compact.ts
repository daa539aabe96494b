import middy from '@middy/core';
import { type Source, sourceIdOf } from '../core/batch.ts';
import { Fault } from '../core/fault.ts';
import { limits } from '../core/limits.ts';
import { hourOf } from '../core/segment/gather.ts';
import { shardOf } from '../core/segment/merge.ts';
import type { CatalogEntry } from '../core/segment/stored.ts';
import type { Ports } from '../io/ports.ts';
import { Merger, overtaken } from './merging.ts';
import { measured } from './middleware/measured.ts';
import type { ScheduleEvent } from './schedule-event.ts';

type CompactPorts = Pick<Ports, 'clock' | 'log' | 'series' | 'blocks' | 'measures'>;

/**
 * Finished hours → blocks; finished days → one block for the day, and its rollups; late samples → the day's blocks.
 *
 * Objects first, then the manifest's conditional swap, then deletes. Whoever crashes anywhere leaves at most objects that
 * nobody lists, which the store expires; whoever loses a race does nothing and finds the work done at the next tick.
 */
export const compact = (ports: CompactPorts) =>
  middy<ScheduleEvent, void>()
    .use(measured(ports))
    .handler(async () => {
      const { clock, blocks, log } = ports;
      const merger = new Merger(ports);
      const endMs = clock.nowMs() + limits.compactForMs;
      const seen = await blocks.mergedUntil();
      let failed = await mergeLate(ports, merger, seen ?? 0, endMs);
      let untilMs = seen ?? hourOf(clock.nowMs() - limits.hotRetentionMs);
      let sources: { readonly day: number; readonly shards: ReadonlyMap<number, readonly Source[]> } | undefined;
      while (isMergeable(untilMs, clock.nowMs()) && clock.nowMs() < endMs) {
        const day = Math.floor(untilMs / limits.catalogSpanMs);
        if (sources?.day !== day) sources = { day, shards: shardsOf(await ports.series.catalogOn(day)) };
        const failedNow = await eachShard(ports, sources.shards, day, untilMs, merger);
        failed += failedNow;
        // What failed is tried again at the next tick: no hour is passed over.
        if (failedNow > 0) break;
        untilMs += limits.segmentSpanMs;
      }
      if (untilMs !== seen) await blocks.moveMergedUntil(seen, untilMs);
      log.write('info', 'merged', { untilMs, failed, ...blocks.used() });
      if (failed === 0) ports.measures.tell({ Merges: 1 });
      // Done as far as it goes; thrown so that CloudWatch counts it, and rings before segments expire unmerged.
      if (failed > 0) throw new Fault('unmerged', `${failed} shards could not be merged`, { retryable: true });
    });

const isMergeable = (hourMs: number, nowMs: number): boolean =>
  hourMs + limits.segmentSpanMs + limits.compactAfterMs <= nowMs;

const shardsOf = (catalog: readonly CatalogEntry[]): Map<number, Source[]> => {
  const shards = new Map<number, Source[]>();
  for (const [sourceId, source] of new Map(catalog.map(entry => [sourceIdOf(entry.source), entry.source]))) {
    const shard = shardOf(sourceId);
    shards.set(shard, [...(shards.get(shard) ?? []), source]);
  }
  return shards;
};

/** Merges an hour of every shard, and the day with its last hour. Answers how many shards failed. */
const eachShard = async (
  { blocks, log }: CompactPorts,
  shards: ReadonlyMap<number, readonly Source[]>,
  day: number,
  hourMs: number,
  merger: Merger,
): Promise<number> => {
  if (shards.size === 0) return 0;
  const manifests = await blocks.manifestsOn(day);
  const isLastHour = (day + 1) * limits.catalogSpanMs === hourMs + limits.segmentSpanMs;
  let failed = 0;
  for (const [shard, found] of shards) {
    try {
      const own = manifests.filter(manifest => manifest.shard === shard);
      const whole = own.some(manifest => manifest.hourMs === undefined);
      if (!whole && !own.some(manifest => manifest.hourMs === hourMs))
        await merger.mergeHour(day, shard, hourMs, found);
      if (isLastHour) await merger.mergeDay(day, shard);
    } catch (error) {
      failed += 1;
      log.write('error', 'not merged', { day, shard, hourMs, cause: (error as Error).message });
    }
  }
  return failed;
};

/** Late segments of every shard that has some. Answers how many shards failed; who was overtaken did not. */
const mergeLate = async (
  { blocks, clock, log }: CompactPorts,
  merger: Merger,
  mergedMs: number,
  endMs: number,
): Promise<number> => {
  let failed = 0;
  for (const mark of await blocks.lateMarks()) {
    if (clock.nowMs() >= endMs) return failed;
    try {
      const isOver = (mark.day + 1) * limits.catalogSpanMs <= mergedMs;
      if (await merger.mergeLate(mark.day, mark.shard, isOver)) await blocks.dropMark(mark);
    } catch (error) {
      const { code, message } = error as Partial<Fault> & Error;
      const isOvertaken = code === overtaken;
      if (!isOvertaken) failed += 1;
      const { day, shard } = mark;
      log.write(isOvertaken ? 'info' : 'error', 'late segments not merged', { day, shard, cause: message });
    }
  }
  return failed;
};
