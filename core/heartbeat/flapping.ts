import { limits } from '../limits.ts';
import { type Flip, type Heartbeat, lastHeardMs } from './heartbeat.ts';
import { type BlindSpan, heardableMs, instantAfter } from './silence.ts';

/**
 * From when on a source flaps: `falls` falls within `withinMs`. With `isBriefOnly` those falls alone count that came after
 * it had been back for no more than an interval, and half of one for its jitter: who comes back and does not stay.
 */
export type FlapRule = { readonly falls: number; readonly withinMs: number; readonly isBriefOnly?: boolean };

/** What is remembered of falls, the newest last; and while single turns are held back, since which fall and how many since. */
export type Flicker = {
  readonly fallsMs: readonly number[];
  readonly heldFromMs?: number;
  readonly heldFalls?: number;
};

export const flapRuleDefault: FlapRule = {
  falls: limits.flapFalls,
  withinMs: limits.flapWithinMs,
  isBriefOnly: true,
};

/** Whether single turns of it are held back, because it was told that it flaps. */
export const isHeld = ({ flicker }: Heartbeat): boolean => flicker?.heldFromMs !== undefined;

/** How long it must stay as it is to be steady: the time that each fall has in its rule. At once where nobody counts any more. */
const steadyMsOf = ({ flapRule }: Heartbeat): number =>
  flapRule === undefined ? 0 : Math.ceil(flapRule.withinMs / flapRule.falls);

/** What a job says of its runs is no flicker, unless its row counts all falls. */
const counts = ({ flapRule, promise, failing, recoveringSinceMs }: Heartbeat, fall: Flip): boolean => {
  if (flapRule === undefined) return false;
  if (!flapRule.isBriefOnly) return true;
  if (fall.reason === 'FAILED' || fall.reason === 'STUCK_RUN') return false;
  if (promise?.cron !== undefined || promise?.calendar !== undefined || recoveringSinceMs === undefined) return false;
  const intervalMs = promise?.intervalMs ?? failing?.intervalMs ?? 0;
  return fall.sinceMs >= recoveringSinceMs && fall.sinceMs - recoveringSinceMs < 1.5 * intervalMs;
};

/**
 * A fall, as it is remembered and told: as it is, as FLAPPING where it is one too many, or not at all while turns are held
 * back. Nothing is remembered where nothing has to be.
 */
export const fallen = (heartbeat: Heartbeat, fall: Flip): { readonly flicker?: Flicker; readonly flip?: Flip } => {
  const { flapRule, flicker = { fallsMs: [] } } = heartbeat;
  // Nothing was heard since the fall before: it is the same one, taken back while we were blind.
  const isSame = fall.sinceMs <= (flicker.fallsMs.at(-1) ?? Number.NEGATIVE_INFINITY);
  if (isSame) return isHeld(heartbeat) ? { flicker } : { flicker, flip: fall };
  if (isHeld(heartbeat))
    return { flicker: { ...flicker, fallsMs: [fall.atMs], heldFalls: (flicker.heldFalls ?? 0) + 1 } };
  if (flapRule === undefined || !counts(heartbeat, fall)) return { flip: fall };
  const recent = flicker.fallsMs.filter(ms => ms > fall.atMs - flapRule.withinMs);
  const fallsMs = [...recent, fall.atMs].slice(-flapRule.falls);
  if (fallsMs.length < flapRule.falls) return { flicker: { fallsMs }, flip: fall };
  const steady = Math.round(steadyMsOf(heartbeat) / 1_000);
  const within = Math.round((fall.atMs - fallsMs[0]!) / 1_000);
  const detail = `fell ${flapRule.falls} times within ${within} s, the last time ${fall.reason}: ${fall.detail}; single falls and returns are held back until it stays up or down for ${steady} s`;
  return {
    flicker: { fallsMs: [fall.atMs], heldFromMs: fallsMs[0]!, heldFalls: flapRule.falls },
    flip: { ...fall, kind: 'FLAPPING', sinceMs: fallsMs[0]!, detail },
  };
};

/** When it will have stayed as it is for long enough, as far as is known now; undefined where nothing is held back. */
export const steadyAtMs = (heartbeat: Heartbeat, blind: readonly BlindSpan[]): number | undefined => {
  const fromMs = turnedMs(heartbeat);
  return fromMs === undefined ? undefined : instantAfter(fromMs, steadyMsOf(heartbeat), blind);
};

/** Whether it was seen to stay as it is for long enough. Time in which nobody could be heard shows nothing. */
export const isSteady = (heartbeat: Heartbeat, provenMs: number, blind: readonly BlindSpan[]): boolean => {
  const fromMs = turnedMs(heartbeat);
  return fromMs !== undefined && heardableMs(fromMs, provenMs, blind) >= steadyMsOf(heartbeat);
};

/** Since when it is as it is: the last fall, or the first sign of life after it; who is down may have been heard since, and not seen. */
const turnedMs = (heartbeat: Heartbeat): number | undefined => {
  const { state, flicker, recoveringSinceMs } = heartbeat;
  if (flicker?.heldFromMs === undefined) return undefined;
  const fellMs = flicker.fallsMs.at(-1) ?? flicker.heldFromMs;
  const sinceMs = state === 'up' ? recoveringSinceMs : lastHeardMs(heartbeat);
  return Math.max(fellMs, sinceMs ?? fellMs);
};

/** How often it fell while that was held back, in words. */
export const flappedDetail = ({ flicker }: Heartbeat): string =>
  `fell ${flicker?.heldFalls ?? 0} times since ${new Date(flicker?.heldFromMs ?? 0).toISOString()}`;

/** Nothing held back, nothing counted. */
export const steadyFlicker: Flicker = { fallsMs: [] };
