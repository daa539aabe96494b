import middy from '@middy/core';
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { namedByMessage } from '../core/batch.ts';
import { countOf } from '../core/columns.ts';
import { exemplarsIn } from '../core/exemplars.ts';
import { toldIn } from '../core/families.ts';
import { limits } from '../core/limits.ts';
import type { Told } from '../core/measures.ts';
import { reflectionsOf } from '../core/onward/mirror.ts';
import { textOfReject } from '../core/reject.ts';
import { arrived } from '../core/rules/canary.ts';
import { decodeBatch } from '../core/segment/batch-message.ts';
import { hourOf, isLateAt, segmentsOf } from '../core/segment/gather.ts';
import { shardOf } from '../core/segment/merge.ts';
import type { Ports } from '../io/ports.ts';
import { measured } from './middleware/measured.ts';
import { WriterMemory } from './writer-memory.ts';

type Decoded = { readonly record: SQSRecord; readonly samples: number } & Parameters<typeof segmentsOf>[0][number];

/**
 * Buffer → series: gathers whatever messages it is handed into one segment a source and hour. A message that cannot be
 * read, or cannot be stored now, stays in the queue and harms no other; what keeps failing ends in the dead letters.
 */
export const ingest = (
  ports: Pick<Ports, 'series' | 'families' | 'exemplars' | 'log' | 'clock' | 'measures' | 'mirror' | 'passedOn'>,
) => {
  const { series, clock } = ports;
  const memory = new WriterMemory(ports);
  /**
   * What belongs to an hour that may be merged by now is stored apart, where readers and the merger look for it. Asked
   * after the other writes: whatever was slow on its way is late too, and the message is only done once that is settled.
   */
  const storeLate = async (messages: readonly Decoded[]): Promise<void> => {
    const nowMs = clock.nowMs();
    const hours = messages.flatMap(({ batch }) => batch.columns.timestampsMs).map(hourOf);
    if (!hours.some(hourMs => isLateAt(hourMs, nowMs))) return;
    // On their own: nobody reads the segments beside which they would have been. Cut otherwise, they may have other chunks.
    const { segments, ...schema } = segmentsOf(messages, { chunks: memory.known.chunks ?? new Map() });
    const late = segments.filter(({ hourMs }) => isLateAt(hourMs, nowMs));
    await series.add({ chunks: schema.chunks, catalog: schema.catalog, segments: [] });
    await series.addLate(
      late.map(segment => ({
        ...segment,
        day: Math.floor(segment.hourMs / limits.catalogSpanMs),
        shard: shardOf(segment.sourceId),
      })),
    );
  };
  return middy<SQSEvent, SQSBatchResponse>()
    .use(measured(ports))
    .handler(async ({ Records }) => {
      const decoded: Decoded[] = [];
      const failed: SQSRecord[] = [];
      for (const record of Records) {
        const read = decodeBatch(record.body);
        if (read.ok) {
          const batch = namedByMessage(arrived(read.batch, clock.nowMs()), record.body);
          decoded.push({ record, batch, part: read.part, samples: countOf(batch.columns) });
        } else {
          failed.push(record);
          ports.log.write('error', 'unreadable message', {
            messageId: record.messageId,
            reject: textOfReject(read.reject),
          });
        }
      }
      const { writeUnits } = series.used();
      const store = async (messages: readonly Decoded[]): Promise<void> => {
        if (messages.length === 0) return;
        await memory.lookUp(messages);
        const writes = segmentsOf(messages, memory.known);
        const added = writes.chunks.filter(({ id }) => memory.known.chunks?.get(id) === undefined);
        const startMs = clock.nowMs();
        const onTime = writes.segments.filter(({ hourMs }) => !isLateAt(hourMs, startMs));
        await series.add({ ...writes, segments: onTime });
        memory.stored(
          writes.ends.filter(({ hourMs }) => !isLateAt(hourMs, startMs)),
          writes.chunks,
        );
        await storeLate(messages);
        ports.measures.tell({ SeriesAdded: added.reduce((sum, { sets }) => sum + sets.length, 0) });
        const told = toldIn(messages.map(({ batch }) => batch));
        if (told.length > 0) await ports.families.add(told);
        const exemplars = exemplarsIn(messages.map(({ batch }) => batch));
        if (exemplars.length > 0) await ports.exemplars.add(exemplars);
      };
      try {
        await store(decoded);
      } catch (error) {
        ports.log.write('warn', 'stored apart', { messages: decoded.length, cause: (error as Error).message });
        // Apart, so that one message that cannot be stored does not keep the others from it.
        for (const message of decoded) {
          await store([message]).catch((cause: Error) => {
            failed.push(message.record);
            ports.log.write('error', 'not stored', { messageId: message.record.messageId, cause: cause.message });
          });
        }
      }
      await passOn(ports, decoded, failed);
      const samplesOf = (messages: readonly Decoded[]): number =>
        messages.reduce((sum, { samples }) => sum + samples, 0);
      // What becomes of everything that was accepted can be added up from these lines.
      ports.log.write('info', 'ingested', {
        messages: Records.length,
        samples: samplesOf(decoded),
        left: failed.length,
        leftSamples: samplesOf(decoded.filter(({ record }) => failed.includes(record))),
        unreadable: Records.length - decoded.length,
      });
      ports.measures.tell(toldOf(decoded.filter(({ record }) => !failed.includes(record))));
      ports.measures.tell({ WriteUnits: series.used().writeUnits - writeUnits });
      return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    });
};

/**
 * What is stored goes on: shown to CloudWatch, sent to another collector. A message that cannot be sent on comes again, to be
 * stored again, which changes nothing.
 */
const passOn = async (
  { mirror, passedOn, log, measures }: Pick<Ports, 'log' | 'measures' | 'mirror' | 'passedOn'>,
  decoded: readonly Decoded[],
  failed: SQSRecord[],
): Promise<void> => {
  const stored = decoded.filter(({ record }) => !failed.includes(record));
  if (stored.length === 0) return;
  try {
    await passedOn?.send(stored.map(({ record }) => record.body));
  } catch (error) {
    failed.push(...stored.map(({ record }) => record));
    log.write('error', 'not sent on', { messages: stored.length, cause: (error as Error).message });
    return;
  }
  if (mirror.chosen.length === 0) return;
  const reflections = reflectionsOf(
    stored.map(({ batch }) => batch),
    mirror.chosen,
  );
  mirror.show(reflections.slice(0, limits.mirrorLines));
  measures.tell({ MirrorSkipped: Math.max(0, reflections.length - limits.mirrorLines) });
};

/** What one message says twice, because it came twice, is stored once. */
const toldOf = (stored: readonly Decoded[]): Told => {
  const once = new Map(stored.map(({ batch, part, samples }) => [`${batch.id}#${part}`, samples]));
  const Stored = [...once.values()].reduce((sum, samples) => sum + samples, 0);
  const all = stored.reduce((sum, { samples }) => sum + samples, 0);
  return { Stored, Merged: all - Stored };
};
