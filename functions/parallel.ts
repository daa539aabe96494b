/** Runs the work over all of them, at most `most` at a time; every one is tried, then the first failure is thrown. */
export const inParallel = async <T>(
  all: readonly T[],
  most: number,
  work: (each: T) => Promise<void>,
): Promise<void> => {
  const failures: unknown[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < all.length) {
      const each = all[next]!;
      next += 1;
      try {
        await work(each);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(most, all.length) }, lane));
  if (failures.length > 0) throw failures[0];
};
