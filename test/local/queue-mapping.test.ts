import { describe, expect, it } from 'vitest';
import { batchesAtOnce } from '../../local/queue-mapping.ts';

describe('batchesAtOnce', () => {
  it('gives a function that gathers no more batches than there are cores', () => {
    expect(batchesAtOnce(5_000, 10, 2)).toBe(2);
  });

  it('gives it no more than its mapping allows', () => {
    expect(batchesAtOnce(5_000, 2, 64)).toBe(2);
  });

  it('gives functions that take messages as they come all that their mapping allows: they wait for an instant', () => {
    expect(batchesAtOnce(0, 10, 2)).toBe(10);
  });
});
