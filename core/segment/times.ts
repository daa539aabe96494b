import { type ByteReader, type ByteWriter, Corrupt } from './bytes.ts';

/** Times are usually whole multiples of one of these. */
const units = [60_000, 15_000, 10_000, 5_000, 1_000, 1] as const;

export type Times = { readonly timestampsMs: readonly number[]; readonly pages: ReadonlySet<number> };

const noPage = 0;
const everyPage = 1;
const somePages = 2;

/** Times as runs of steps, so that regular ones take the same few bytes however many they are. `sinceMs`: a time both sides know. */
export const writeTimes = (writer: ByteWriter, { timestampsMs, pages }: Times, sinceMs: number): void => {
  const unit = units.findIndex(each => timestampsMs.every(timestampMs => (timestampMs - sinceMs) % each === 0));
  const unitMs = units[unit]!;
  writer.varint(timestampsMs.length);
  writer.byte(unit | ((pages.size === 0 ? noPage : pages.size === timestampsMs.length ? everyPage : somePages) << 4));
  writer.zigzag(((timestampsMs[0] ?? sinceMs) - sinceMs) / unitMs);
  for (let at = 1; at < timestampsMs.length; ) {
    const step = timestampsMs[at]! - timestampsMs[at - 1]!;
    let run = 1;
    while (at + run < timestampsMs.length && timestampsMs[at + run]! - timestampsMs[at + run - 1]! === step) run += 1;
    writer.varint(step / unitMs);
    writer.varint(run);
    at += run;
  }
  if (pages.size > 0 && pages.size < timestampsMs.length) {
    for (let at = 0; at < timestampsMs.length; at += 8) {
      let byte = 0;
      for (let bit = 0; bit < 8; bit += 1) if (pages.has(at + bit)) byte |= 1 << bit;
      writer.byte(byte);
    }
  }
};

/** `most` bounds the times before they are made: a few bytes may stand for many. */
export const readTimes = (reader: ByteReader, sinceMs: number, most: number): Times => {
  const length = reader.varint();
  if (length > most) throw new Corrupt(`${length} times, the limit is ${most}`);
  const head = reader.byte();
  const unitMs = units[head & 15];
  const kind = head >> 4;
  if (unitMs === undefined || kind > somePages) throw new Corrupt(`times of kind ${head} are not known`);
  const timestampsMs: number[] = [];
  const firstMs = sinceMs + reader.zigzag() * unitMs;
  if (length > 0) timestampsMs.push(firstMs);
  while (timestampsMs.length < length) {
    const stepMs = reader.varint() * unitMs;
    const run = reader.varint();
    if (stepMs === 0 || run === 0 || run > length - timestampsMs.length)
      throw new Corrupt(`${run} steps of ${stepMs} ms after ${timestampsMs.length} of ${length} times`);
    for (let each = 0; each < run; each += 1) timestampsMs.push(timestampsMs.at(-1)! + stepMs);
  }
  if (!timestampsMs.every(Number.isSafeInteger)) throw new Corrupt('a time is out of range');
  if (kind === noPage) return { timestampsMs, pages: new Set() };
  if (kind === everyPage) return { timestampsMs, pages: new Set(timestampsMs.keys()) };
  const bytes = reader.bytes(Math.ceil(length / 8));
  return {
    timestampsMs,
    pages: new Set(timestampsMs.keys().filter(slot => (bytes[slot >> 3]! & (1 << (slot & 7))) !== 0)),
  };
};
