import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // The whole-house paths start real processes: two files at a time is what two cores carry.
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
