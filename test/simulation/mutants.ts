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
const reading = 'functions/reading.ts';
const series = 'io/aws/series.ts';
const queue = 'io/aws/queue.ts';

/**
 * Every one must be found. What compaction, deltas and ledgers can do wrong (delete before the manifest, no applied
 * ledger, unconditional manifest, deltas without a batch id) joins this list with the code that can do it.
 */
export const mutants: readonly Mutant[] = [
  at(
    push,
    'acknowledge before sending',
    'await ports.buffer.send(batches.flatMap(encodeBatch));',
    'void ports.buffer.send(batches.flatMap(encodeBatch)).catch(() => undefined);',
  ),
  at(
    push,
    'acknowledge before the heartbeat knows',
    'await hear(ports, batches, value, acceptedAtMs);',
    'void hear(ports, batches, value, acceptedAtMs).catch(() => undefined);',
  ),
  at(
    push,
    'send only one message of a push',
    'ports.buffer.send(batches.flatMap(encodeBatch))',
    'ports.buffer.send(batches.flatMap(encodeBatch).slice(0, 1))',
  ),
  at(
    'functions/middleware/http.ts',
    'answer 200 to a failure',
    'jsonAnswer(503, body(code), headers)',
    "jsonAnswer(200, '', headers)",
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
  at(ingest, 'tell messages apart by key alone', 'namedByMessage(read.batch, record.body)', 'read.batch'),
  at(
    scrape,
    'stamp scrapes by the clock',
    '{ slotMs, shared, families }',
    '{ slotMs: clock.nowMs(), shared, families }',
  ),
  at(scrape, 'swallow what a scrape throws', 'failures.push({ itemIdentifier: messageId });', ''),
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
  at('core/sample.ts', 'lose the sign of zero', 'this.values[slot] = value;', 'this.values[slot] = value + 0;'),
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
  { name: 'overwrite other batches', tampering: 'oneKeyAnHour' },
  { name: 'store under the wrong hour', tampering: 'wrongHour' },
  { name: 'store under the wrong source', tampering: 'wrongSource' },
  { name: 'write segments before their schema', tampering: 'segmentsFirst' },
  { name: 'leave a segment out of a read', tampering: 'oneSegmentLess' },
  { name: 'leave chunks out of a read', tampering: 'someChunksLess' },
  { name: 'read only the last hour asked for', tampering: 'lastHourOnly' },
  { name: 'remove from the queue before it is stored', tampering: 'fireAndForget' },
];
