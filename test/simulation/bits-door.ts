import type { LabelSet } from '../../core/labels.ts';
import { batchesOf } from '../../core/protocol/gather.ts';
import { encodeBatch } from '../../core/segment/batch-message.ts';
import type { Ports } from '../../io/ports.ts';
import type { Bits } from './values.ts';

export type BitsPush = {
  readonly id: string;
  readonly acceptedAtMs: number;
  readonly samples: readonly { readonly labels: LabelSet; readonly timestampMs?: number; readonly bits: Bits }[];
};

/**
 * A door as those will be that carry values as bits (remote write, OTLP): the same batches on the same way, but with any
 * NaN in them. What comes after the buffer is all that is shipped.
 */
export const bitsDoor =
  ({ buffer }: Pick<Ports, 'buffer'>) =>
  async ({ samples, ...delivery }: BitsPush): Promise<void> => {
    const numbered = samples.map(({ bits: _, ...sample }, index) => ({ ...sample, value: index }));
    const batches = batchesOf(numbered, { ...delivery, via: 'push' });
    for (const { columns } of batches) {
      for (const { column } of columns.series) {
        for (let slot = 0; slot < column.length; slot += 1)
          if (column.has(slot)) column.setBits(slot, ...samples[column.values[slot]!]!.bits);
      }
    }
    await buffer.send(batches.flatMap(encodeBatch));
  };
