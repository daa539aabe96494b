import type { Planted } from './plant.ts';
import type { tamperings } from './tamperings.ts';

/** A bug that somebody might write, and how it is put in: into the text of a file, or between a handler and its ports. */
export type Mutant =
  | { readonly name: string; readonly planted: Planted }
  | { readonly name: string; readonly tampering: keyof typeof tamperings };

const at = (file: string, name: string, from: string, to: string): Mutant => ({
  name,
  planted: { in: file, from, to },
});

const push = 'functions/push.ts';
const ingest = 'functions/ingest.ts';
const scrape = 'functions/scrape.ts';
const looping = 'functions/looping.ts';
const outbox = 'functions/outbox.ts';
const reading = 'functions/reading.ts';
const increments = 'core/protocol/gather-increments.ts';
const counters = 'core/segment/counters.ts';
const mergedReading = 'functions/merged-reading.ts';
const series = 'io/aws/series.ts';
const queue = 'io/aws/queue.ts';
const compacting = 'functions/compact.ts';
const merging = 'functions/merging.ts';
const objects = 'functions/merged-objects.ts';
const blocks = 'io/aws/blocks.ts';

/** Every one must be found. */
export const mutants: readonly Mutant[] = [
  at(
    push,
    'acknowledge before sending',
    'await ports.buffer.send(encoded.flatMap(({ messages }) => messages));',
    'void ports.buffer.send(encoded.flatMap(({ messages }) => messages)).catch(() => undefined);',
  ),
  at(
    push,
    'acknowledge before the heartbeat knows',
    'await hear(ports, batches, pushed, acceptedAtMs);',
    'void hear(ports, batches, pushed, acceptedAtMs).catch(() => undefined);',
  ),
  at(
    push,
    'send only one message of a push',
    'ports.buffer.send(encoded.flatMap(({ messages }) => messages))',
    'ports.buffer.send(encoded.flatMap(({ messages }) => messages).slice(0, 1))',
  ),
  at(
    'functions/middleware/http.ts',
    'answer 200 to a failure',
    'const answer = form(event, code);',
    'const answer = { ...form(event, code), statusCode: 200 };',
  ),
  at(ingest, 'swallow what storing throws', 'failed.push(message.record);', ''),
  at(ingest, 'drop partial failures', 'batchItemFailures: failed.map', 'batchItemFailures: failed.slice(0, 0).map'),
  at(ingest, 'remove what cannot be read', 'failed.push(record);', ''),
  at(
    ingest,
    'store only the first one apart',
    'for (const message of decoded)',
    'for (const message of decoded.slice(0, 1))',
  ),
  at(
    ingest,
    'tell messages apart by key alone',
    'namedByMessage(arrived(read.batch, clock.nowMs()), record.body)',
    'arrived(read.batch, clock.nowMs())',
  ),
  at(
    scrape,
    'stamp scrapes by the clock',
    '{ slotMs, shared, families }',
    '{ slotMs: clock.nowMs(), shared, families }',
  ),
  at(scrape, 'swallow what a scrape throws', 'failures.push({ itemIdentifier: messageId });', ''),
  at(looping, 'keep what a loop has in hand', 'for (const own of [...held.values()]) handOver(own);', ''),
  at(
    looping,
    'stamp a span by its end',
    '{ slotMs, shared, families: [] }',
    '{ slotMs: untilMs, shared, families: [] }',
  ),
  at(outbox, 'forget what the buffer would not take', 'this.#waiting.unshift(...parcels);', ''),
  at(outbox, 'end a loop before all is handed over', 'await this.#sending;', ''),
  at('core/scrape/span.ts', 'keep only the last page of a span', 'joined(pages.map', 'joined(pages.slice(-1).map'),
  at(
    reading,
    'look only into the last day’s catalog',
    'const firstDay = Math.floor(fromMs',
    'const firstDay = Math.floor(toMs',
  ),
  at(
    'core/sample.ts',
    'let the last one win',
    'if (high > ownHigh || (high === ownHigh && low > ownLow)) this.setBits',
    'this.setBits',
  ),
  at(
    'core/sample.ts',
    'lose the sign of zero',
    'this.#room.values[this.#at + slot] = value;',
    'this.#room.values[this.#at + slot] = value + 0;',
  ),
  at(
    'core/sample.ts',
    'make every NaN an ordinary one',
    'const low = from.low(fromSlot);',
    'const low = Number.isNaN(from.values[fromSlot]!) ? nanLow : from.low(fromSlot);',
  ),
  at(
    'core/protocol/gather.ts',
    'make batches larger than readers take',
    'Math.min(limits.cellsPerSample * samples, limits.blockCells)',
    'limits.cellsPerSample * samples',
  ),
  at(
    'core/protocol/gather.ts',
    'ignore the producer’s times',
    'series.at.set(sample.timestampMs ?? acceptedAtMs',
    'series.at.set(acceptedAtMs',
  ),
  at(
    'io/aws/calls.ts',
    'give up quietly',
    'if (round === limits.serviceTries) {',
    'if (round === limits.serviceTries) return;\n    if (round > limits.serviceTries) {',
  ),
  at(
    series,
    'ignore UnprocessedItems',
    '(UnprocessedItems?.[table] ?? [])',
    '(UnprocessedItems?.[table] ?? []).slice(0, 0)',
  ),
  at(series, 'ignore UnprocessedKeys', 'answer.UnprocessedKeys?.[table]?.Keys ?? []', '[]'),
  at(
    series,
    'remember before it is written',
    'const missing = [...items].filter(([key]) => stored.get(key, clock.nowMs()) === undefined);',
    'const missing = [...items].filter(([key]) => stored.get(key, clock.nowMs()) === undefined);\n    for (const [key] of missing) stored.set(key, true, clock.nowMs());',
  ),
  at(
    series,
    'read only the first page',
    'rows.push(...Items.map(rowOf));',
    '{ rows.push(...Items.map(rowOf)); break; }',
  ),
  at(queue, 'ignore failed entries', 'return Failed.map(({ Id }) => left[Number(Id)]!);', 'return [];'),
  at(queue, 'send only one group', 'of grouped(delayed)', 'of grouped(delayed).slice(0, 1)'),
  at(reading, 'read only the last hour asked for', 'let hourMs = hourOf(oldestMs);', 'let hourMs = hourOf(toMs);'),
  at(mergedReading, 'read late segments no more', 'await this.#decode(late, columns, warnings);', ''),
  at(
    reading,
    'read merged hours as if they were not',
    'if (!merged.isMerged(sourceId, hourMs))',
    'if (merged.isMerged(sourceId, hourMs))',
  ),
  at(
    mergedReading,
    'read manifests before late segments',
    `const late = await this.#lateOn(day, shards, ids);
      const own = await this.#manifestsOn(day, shards);`,
    `const own = await this.#manifestsOn(day, shards);
      const late = await this.#lateOn(day, shards, ids);`,
  ),
  at(ingest, 'drop what is late', 'await storeLate(messages);', ''),
  at(
    'core/segment/gather.ts',
    'call late only what is later than merging',
    'hourMs + limits.segmentSpanMs + limits.lateAfterMs',
    'hourMs + 100 * limits.segmentSpanMs + limits.lateAfterMs',
  ),
  at(
    compacting,
    'merge hours that are not over',
    'hourMs + limits.segmentSpanMs + limits.compactAfterMs <= nowMs',
    'hourMs <= nowMs',
  ),
  at(compacting, 'pass over an hour that failed', 'if (failedNow > 0) break;', ''),
  at(
    compacting,
    'take marks away before all is merged',
    'if (await merger.mergeLate(mark.day, mark.shard, isOver)) await blocks.dropMark(mark);',
    'await merger.mergeLate(mark.day, mark.shard, isOver);\n      await blocks.dropMark(mark);',
  ),
  at(
    merging,
    'take late segments away before the manifest lists them',
    'const before = await this.#tailBefore(day, shard);\n      if (keys.length > 0)',
    'const before = await this.#tailBefore(day, shard);\n      await blocks.dropLate(done);\n      if (keys.length > 0)',
  ),
  at(
    merging,
    'take late segments away that were not merged',
    'await blocks.dropLate(done);',
    'await blocks.dropLate(late);',
  ),
  at(
    merging,
    'take hours away before their day is there',
    'const isSwapped = await blocks.swap(whole, {',
    'await blocks.drop(hours);\n      const isSwapped = await blocks.swap(whole, {',
  ),
  at(
    merging,
    'merge a day without one of its hours',
    'const raw = [whole, ...hours]',
    'const raw = [whole, ...hours.slice(1)]',
  ),
  at(
    merging,
    'leave the next day’s counters as they were',
    'if (isTail) await this.#rollUpAfter(undefined, day + 1, shard);',
    '',
  ),
  at(
    merging,
    'add late samples to a day without rolling it up again',
    'const objects = await this.#objects.rolledUp(seen, raw, before);',
    'const objects = [...seen.objects, ...late];',
  ),
  at(
    objects,
    'list an object before it is stored',
    'await this.#ports.blocks.put(key, bytes);',
    'void this.#ports.blocks.put(key, bytes).catch(() => undefined);',
  ),
  at(objects, 'refer to chunks that nobody stored', 'if (missing.length > 0) await', 'if (missing.length < 0) await'),
  at(
    'core/segment/rollup.ts',
    'roll up half an hour',
    'Math.floor(timestampMs / bucketMs) * bucketMs',
    'Math.floor((2 * timestampMs) / bucketMs) * (bucketMs / 2)',
  ),
  at(
    'core/segment/merge.ts',
    'make cells larger than readers take',
    'Math.floor(limits.blockCells / limits.stripeSetsMax)',
    'Number.POSITIVE_INFINITY',
  ),
  at(
    blocks,
    'swap manifests whatever stands there',
    `[expires]: epochSeconds((next.day + 1) * limits.catalogSpanMs + retention.hourMs),
        },
        seen === undefined ? 'attribute_not_exists(#p)' : '#v = :seen',`,
    `[expires]: epochSeconds((next.day + 1) * limits.catalogSpanMs + retention.hourMs),
        },
        seen === undefined ? 'attribute_not_exists(x) OR #p = #p' : ':seen = :seen OR #v = :seen',`,
  ),
  at(
    blocks,
    'take manifests away that have changed',
    'attribute_not_exists(#p) OR #v = :seen',
    'attribute_not_exists(#p) OR #v >= :seen',
  ),
  at(
    increments,
    'name an increment by when it was accepted',
    "tagOf('delivery', id, content, name)",
    "tagOf('delivery', id, content, name, String(acceptedAtMs))",
  ),
  at(
    increments,
    'name an increment by its key alone',
    "tagOf('delivery', id, content, name)",
    "tagOf('delivery', id, name)",
  ),
  at(increments, 'name a span by nothing', "tagOf('span', span)", "tagOf('span')"),
  at(counters, 'count again what came again in the next hour', 'before?.has(tag) !== true', 'true'),
  at(
    counters,
    'count what came again each time',
    'const known = hour.byTag.get(tag);',
    'while (hour.byTag.has(tag)) tag += 0.5;\n  const known = hour.byTag.get(tag);',
  ),
  at(
    counters,
    'count only the first of one instant',
    'const known = hour.byTag.get(tag);',
    'if ([...hour.byTag.values()].some(each => each.timestampMs === timestampMs)) return;\n  const known = hour.byTag.get(tag);',
  ),
  at(
    'core/segment/increments.ts',
    'keep one increment an instant',
    'slots.set(`${timestampMs} ${tags[slot]!}`',
    'slots.set(`${timestampMs}`',
  ),
  at(
    reading,
    'begin counting at the hour that is asked for',
    'countedIn(blocks, before, labels',
    'countedIn(blocks, [], labels',
  ),
  { name: 'overwrite other batches', tampering: 'oneKeyAnHour' },
  { name: 'store under the wrong hour', tampering: 'wrongHour' },
  { name: 'store under the wrong source', tampering: 'wrongSource' },
  { name: 'write segments before their schema', tampering: 'segmentsFirst' },
  { name: 'leave a segment out of a read', tampering: 'oneSegmentLess' },
  { name: 'leave chunks out of a read', tampering: 'someChunksLess' },
  { name: 'remove from the queue before it is stored', tampering: 'fireAndForget' },
];
