import type { Invoke } from './functions.ts';

const unitMs: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/** Milliseconds between two runs of `rate(5 minutes)`; undefined for an expression that is none. */
export const readRate = (expression: string): number | undefined => {
  const [, count, unit = ''] = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression) ?? [];
  return count === undefined ? undefined : Number(count) * unitMs[unit]!;
};

type LocalSchedule = {
  readonly name: string;
  readonly everyMs: number;
  readonly input: string;
  readonly invoke: Invoke;
  readonly print: (line: string) => void;
};

/** The event of one run: the schedule's input, told which instant was meant. */
const eventOf = (input: string, scheduledMs: number): unknown =>
  JSON.parse(
    input.replaceAll('<aws.scheduler.scheduled-time>', new Date(scheduledMs).toISOString().replace(/\.\d+Z$/, 'Z')),
  );

/** Runs a schedule at once and then at each full multiple of its rate. Answers how to end it. */
export const startSchedule = ({ name, everyMs, input, invoke, print }: LocalSchedule): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  const run = (scheduledMs: number): void => {
    invoke(eventOf(input, scheduledMs)).catch((error: Error) => print(`schedule ${name}: ${error.message}`));
  };
  const arm = (): void => {
    const nowMs = Date.now();
    const nextMs = (Math.floor(nowMs / everyMs) + 1) * everyMs;
    // Long waits are cut: timers run on a clock that stands still while a laptop sleeps.
    timer = setTimeout(
      () => {
        if (Date.now() >= nextMs) run(nextMs);
        arm();
      },
      Math.min(nextMs - nowMs, 60_000),
    );
  };
  run(Date.now());
  arm();
  return () => clearTimeout(timer);
};
