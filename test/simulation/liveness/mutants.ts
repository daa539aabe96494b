import type { Planted } from '../plant.ts';
import type { tamperings } from './tamperings.ts';

export type Mutant =
  | { readonly name: string; readonly planted: Planted }
  | { readonly name: string; readonly tampering: keyof typeof tamperings };

const at = (file: string, name: string, from: string, to: string): Mutant => ({
  name,
  planted: { in: file, from, to },
});

const check = 'functions/check.ts';
const watch = 'functions/collector-watch.ts';
const push = 'functions/push.ts';
const step = 'core/heartbeat/step.ts';
const flapping = 'core/heartbeat/flapping.ts';
const missed = 'core/heartbeat/missed.ts';
const silence = 'core/heartbeat/silence.ts';
const watermark = 'core/heartbeat/watermark.ts';
const memory = 'io/memory/heartbeats.ts';

/** Bugs of liveness that somebody might write. Every one must be found. */
export const mutants: readonly Mutant[] = [
  at(check, 'no watermark', 'provenMsOf(record, nowMs)', 'nowMs'),
  // Gaps and poor shares each cover for the other: only without both is time counted that nobody could be heard in.
  at(watermark, 'no frozen time', 'blind = withSpan(blind, {', 'void withSpan(blind, {'),
  at(
    watermark,
    'blind and silent about it',
    'if (why === undefined) return { record, isNews: false };',
    'if (nowMs > 0) return { record, isNews: false };',
  ),
  at(watermark, 'blind for ever', 'nowMs - cleanSinceMs < limits.collectorCleanMs', 'nowMs > 0'),
  at(
    watch,
    'forget the collector’s outbox',
    'for (const flip of pending) await ring(ports, collectorAlarmOf(flip));',
    '',
  ),
  at(
    watch,
    'count canaries where they are sent',
    '({ clock, canary, heartbeats, log }: WatchPorts, slot: number): Promise<void> => {',
    '({ clock, canary, heartbeats, log }: WatchPorts, slot: number): Promise<void> => {\n  await heartbeats.canaryHeard(slot, clock.nowMs()).catch(() => undefined);',
  ),
  at(
    silence,
    'a checker that was away was not blind',
    'if (gapMs <= limits.blindAfterMs) return kept;',
    'if (gapMs > 0) return kept;',
  ),
  at(silence, 'holds in fractions', 'Math.ceil(1.2 * gapMs)', '1.2 * gapMs'),
  at(
    push,
    'the producer’s clock',
    'await hear(ports, batches, pushed, acceptedAtMs);',
    'await hear(ports, batches, pushed, pushed.samples[0]?.timestampMs ?? acceptedAtMs);',
  ),
  at(
    push,
    'acknowledge what was not heard',
    'const news = await heartbeats.heard([...keys.values()], atMs);',
    'if (atMs % 5 < 3) return;\n  const news = await heartbeats.heard([...keys.values()], atMs);',
  ),
  at(
    step,
    'a skipped slot heals',
    'if (heardMs === undefined || heardMs <= (heartbeat.downSinceMs ?? Number.NEGATIVE_INFINITY)) return undefined;',
    'if (heardMs === undefined) return undefined;',
  ),
  at(
    step,
    'resumed, and accused of the pause',
    "? { state: 'up', lastAcceptMs: Math.max(nowMs, heartbeat.lastAcceptMs ?? nowMs) }",
    "? { state: 'up' }",
  ),
  at(
    step,
    'ring again when it falls while recovering',
    "...(flip?.kind === 'FLAPPING' && { flip }),",
    '...(flip && { flip }),',
  ),
  at(step, 'tell no recovery', "resolved(heartbeat, 'up', 'HEARD', recoveredMs)", "{ state: 'up' }"),
  at(flapping, 'flaps, and each fall told all the same', 'if (isHeld(heartbeat))\n', 'if (heartbeat.epoch < 0)\n'),
  at(flapping, 'flaps by falls of any age', 'ms > fall.atMs - flapRule.withinMs', 'ms <= fall.atMs'),
  at(
    flapping,
    'steady while nobody could be heard',
    'heardableMs(fromMs, provenMs, blind)',
    'heardableMs(fromMs, provenMs + 150_000, [])',
  ),
  at(step, 'held back for ever', 'if (isStill && !isQuiet && isSteady', 'if (nowMs < 0 && isSteady'),
  at(
    step,
    'flaps, and stays down untold',
    "const isStill = state === 'up' ? verdict === undefined : state === 'down' && verdict !== undefined;",
    "const isStill = state === 'up' && verdict === undefined;",
  ),
  at(
    missed,
    'beats missed while nobody could be heard',
    'heardableMs(dueMs - intervalMs, dueMs + graceMs, forgiven) === intervalMs + graceMs,',
    'dueMs > 0,',
  ),
  at(memory, 'no epoch', 'now.epoch !== seen.epoch) return false;', 'now.epoch < 0) return false;'),
  at(
    memory,
    'write without looking whether it was heard',
    'if (now.lastAcceptMs !== seen.lastAcceptMs || now.answeredMs !== seen.answeredMs) return false;',
    '',
  ),
  at(
    memory,
    'move time back',
    '?? Number.NEGATIVE_INFINITY) >= atMs) continue;',
    '?? Number.NEGATIVE_INFINITY) > atMs + 1e9) continue;',
  ),
  at(
    memory,
    'count epochs from where they stand',
    'epoch: seen.epoch + 1,',
    'epoch: seen.epoch + (change.flip === undefined ? 0 : 1),',
  ),
  at(
    check,
    'cross off before it was rung',
    '      await ring(ports, alarmOf(key, flip));\n      await crossOff(ports, key, flip);',
    '      await crossOff(ports, key, flip);\n      await ring(ports, alarmOf(key, flip));',
  ),
  at(
    check,
    'announce what was decided, not what was recorded',
    'const waiting = settled.filter(({ pending }) => pending.length > 0);',
    'const waiting = settled.filter(({ pending }) => pending.length > 0 && ports.clock.nowMs() - pending[0]!.atMs < 9_000);',
  ),
  at(check, 'announce the newest first', 'for (const flip of pending) {', 'for (const flip of pending.toReversed()) {'),
  at(
    check,
    'tell sweeps that were none',
    'const rows = await ports.heartbeats.all();\n',
    'ports.measures.tell({ Sweeps: 1 });\n  const rows = await ports.heartbeats.all().catch(() => []);\n',
  ),
  { name: 'heartbeats by the queue alone', tampering: 'queuedHeartbeats' },
  { name: 'a stale index', tampering: 'staleIndex' },
  { name: 'the outbox as a second write', tampering: 'outboxLater' },
];
