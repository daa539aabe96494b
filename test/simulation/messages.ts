import { keyOf, merged } from '../../core/labels.ts';
import { decodeBatch } from '../../core/segment/batch-message.ts';
import { type Manners, type Received, RedeliveringQueue } from '../../io/memory/redelivering-queue.ts';
import type { Agenda } from './agenda.ts';
import { type Promised, sampleKey } from './books.ts';
import type { Chance } from './chance.ts';
import { currentInvocation, fate } from './life.ts';
import { incrementKey } from './tally.ts';
import type { Storm } from './weather.ts';

/** One delivery of a producer or a scrape: what it said, and which of its messages are not stored yet. */
export type Delivery = {
  readonly name: string;
  readonly said: Promised[];
  readonly unstored: Set<string>;
  /** Samples in messages that were damaged on the way. */
  readonly spoiled: Set<string>;
  /** Samples in the messages that the queue took of it. */
  queued: number;
  acknowledged: boolean;
  /** How many samples the door said it took, repetitions included. */
  accepted: number;
};

export const deliveryNamed = (name: string): Delivery => ({
  name,
  said: [],
  unstored: new Set(),
  spoiled: new Set(),
  queued: 0,
  acknowledged: false,
  accepted: 0,
});

/** One message the queue took, and what is in it: samples by series and time, increments by series and value. */
export type Message = {
  readonly id: string;
  readonly keys: readonly string[];
  readonly delivery: Delivery | undefined;
  readonly spoiled: boolean;
  readonly takenMs: number;
};

/** The buffer of the simulated world: it knows what it took from whom, and now and then damages it. */
export class Messages extends RedeliveringQueue {
  readonly #chance: Chance;
  readonly #storm: Storm;
  readonly #agenda: Agenda;
  readonly byId = new Map<string, Message>();

  constructor(agenda: Agenda, manners: Manners, chance: Chance, storm: Storm) {
    super('buffer', agenda, manners, fate);
    this.#agenda = agenda;
    this.#chance = chance;
    this.#storm = storm;
  }

  override put(body: string): Received {
    const delivery = currentInvocation()?.delivery;
    const where = `${delivery?.name ?? 'poison'} message ${this.byId.size}`;
    const spoiled = delivery !== undefined && this.#storm.strikes('spoiled', where, this.#chance);
    const message = super.put(spoiled ? damaged(body) : body);
    const keys = delivery === undefined ? [] : keysIn(body);
    this.#agenda.tell(`${message.id} taken from ${where}, ${keys.length} samples`);
    this.byId.set(message.id, { id: message.id, keys, delivery, spoiled, takenMs: this.#agenda.nowMs() });
    if (delivery !== undefined) {
      delivery.queued += keys.length;
      delivery.unstored.add(message.id);
      if (spoiled) for (const key of keys) delivery.spoiled.add(key);
    }
    return message;
  }
}

/** One character in the middle is another. */
const damaged = (body: string): string => {
  const at = body.length >> 1;
  return `${body.slice(0, at)}${body[at] === 'A' ? 'B' : 'A'}${body.slice(at + 1)}`;
};

/** Which samples and increments a message holds. */
const keysIn = (body: string): string[] => {
  const read = decodeBatch(body);
  if (!read.ok) return [];
  const { source, columns } = read.batch;
  const keys: string[] = [];
  for (const { labels, column } of columns.series) {
    const series = keyOf(merged(labels, source));
    for (const [slot, timestampMs] of columns.timestampsMs.entries())
      if (column.has(slot))
        keys.push(
          columns.tags === undefined ? sampleKey(series, timestampMs) : incrementKey(series, column.values[slot]!),
        );
  }
  return keys;
};
