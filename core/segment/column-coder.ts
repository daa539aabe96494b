import type { Column } from '../sample.ts';
import { Corrupt } from './bytes.ts';
import { type Above, type ColumnState, learn } from './column-state.ts';
import type { Contexts, NumberCoder } from './number-coder.ts';
import {
  chooseScale,
  codeOf,
  doubleOf,
  largestExponent,
  largestWhole,
  noScale,
  ratioOf,
  rawExponent,
  type Scale,
  scaleOf,
  ulpsOf,
  wholeOf,
} from './scale.ts';

// One column after another, each sample guessed three ways: as the one before, as moving on as it moved, and as moving like
// the column above (buckets of a histogram stand on their lower neighbours). Whoever was nearest lately is believed; what
// he was wrong by is coded. Reader and writer keep the same books, so nothing about the choice is written.

// Contexts of the flags.
const fullFlag = 0;
const presentFlag = 8;
const scaleFlag = 16;
const ulpsFlag = 20;
const steadyFlag = 32;
const steadyRestFlag = 40;

/**
 * Codes one column in either direction and moves its state on. `gap`: how many usual steps lie between the state's last
 * sample and the first one here.
 */
export const codeColumn = (
  coder: NumberCoder,
  state: ColumnState,
  column: Column,
  above: Above,
  gap: number,
  writing: boolean,
): void => {
  codePresence(coder, state, column, above, writing);
  if (column.isEmpty) {
    above.rest();
    return;
  }
  const scale = codeScale(coder, state, column, above, writing);
  const isLikeAbove = above.scale === state.scale;
  above.scale = state.scale;
  if (state.known && codeSteady(coder, state, column, above, writing)) return;
  codeSamples(coder, state, column, above, { scale, isLikeAbove, gap, writing });
};

const codePresence = (coder: NumberCoder, state: ColumnState, column: Column, above: Above, writing: boolean): void => {
  const isFull = coder.flag(fullFlag + state.full * 2 + above.full, 0, column.isFull ? 1 : 0);
  state.full = isFull;
  above.full = isFull;
  if (isFull === 1) {
    if (!writing) for (let slot = 0; slot < column.length; slot += 1) column.setPresent(slot, 1);
    return;
  }
  let before = 1;
  for (let slot = 0; slot < column.length; slot += 1) {
    before = coder.flag(presentFlag + before, 0, column.has(slot) ? 1 : 0);
    column.setPresent(slot, before);
  }
};

const codeScale = (coder: NumberCoder, state: ColumnState, column: Column, above: Above, writing: boolean): Scale => {
  const had = state.scale !== noScale;
  const expected = had ? state.scale : above.scale;
  let code = writing ? codeOf(chooseScale(column, had ? scaleOf(state.scale) : undefined)) : 0;
  if (coder.flag(scaleFlag + (had ? 1 : 0), 0, code === expected ? 1 : 0) === 1) code = expected;
  else {
    const own = scaleOf(code);
    const exponent = coder.small(0, own.exponent);
    if (exponent > largestExponent && exponent !== rawExponent) throw new Corrupt(`exponent ${exponent} is not known`);
    const shift = exponent === 0 ? coder.small(1, own.shift) : 0;
    const ulps = exponent !== rawExponent && coder.flag(ulpsFlag, 0, own.ulps ? 1 : 0) === 1;
    code = codeOf({ exponent, shift, ulps });
  }
  const scale = scaleOf(code);
  if (code !== state.scale) {
    // What is known goes on in the new scale where it can.
    const ratio = had ? ratioOf(scaleOf(state.scale), scale) : Number.NaN;
    const last = Math.round(state.last * ratio);
    state.known = state.known && Math.abs(last) < largestWhole;
    state.last = state.known ? last : 0;
    state.delta = state.known ? Math.round(state.delta * ratio) : 0;
    state.scale = code;
  }
  return scale;
};

const hasBits = (column: Column, slot: number, high: number, low: number): boolean =>
  column.high(slot) === high && column.low(slot) === low;

const isConstantFrom = (column: Column, from: number, high: number, low: number): boolean => {
  for (let slot = from; slot < column.length; slot += 1)
    if (column.has(slot) && !hasBits(column, slot, high, low)) return false;
  return true;
};

/** Whether every value is the last one; then that was all to say. */
const codeSteady = (
  coder: NumberCoder,
  state: ColumnState,
  column: Column,
  above: Above,
  writing: boolean,
): boolean => {
  const { high, low } = state;
  const isConstant = writing && isConstantFrom(column, 0, high, low) ? 1 : 0;
  const level = Math.min(15, state.average >> 4);
  const steady = coder.flag(steadyFlag + state.steady * 2 + above.steady, level, isConstant);
  state.steady = steady;
  above.steady = steady;
  if (steady === 0) return false;
  if (!writing) {
    for (let slot = 0; slot < column.length; slot += 1) if (column.has(slot)) column.setBits(slot, high, low);
  }
  above.rest();
  state.delta = 0;
  state.digitsBefore = state.digits;
  state.digits = 0;
  return true;
};

type How = {
  readonly scale: Scale;
  readonly isLikeAbove: boolean;
  readonly gap: number;
  readonly writing: boolean;
};

const contexts: Contexts = { a: 0, b: 0, c: 0, sign: 0, mix: 0 };
const followsLast = 0;
const followsMove = 1;
const followsAbove = 2;

const codeSamples = (
  coder: NumberCoder,
  state: ColumnState,
  column: Column,
  above: Above,
  { scale, isLikeAbove, gap, writing }: How,
): void => {
  const isRaw = scale.exponent === rawExponent;
  const wasKnown = state.known;
  /** How far ahead of the state the first sample is; 0 from the second on. */
  let ahead = wasKnown ? gap : 0;
  let count = 0;
  let isSteadyRest = false;
  for (let slot = 0; slot < column.length; slot += 1) {
    const aboveDelta = isLikeAbove ? above.deltas[slot]! : 0;
    const aboveDigits = above.digits[slot]!;
    above.deltas[slot] = 0;
    above.digits[slot] = 0;
    if (!column.has(slot)) continue;
    count += 1;
    if (!wasKnown && count === 2) {
      // A column without a past: after its first value it may be steady.
      const same = writing && isConstantFrom(column, slot, state.high, state.low) ? 1 : 0;
      state.steady = coder.flag(steadyRestFlag + above.steady, 0, same);
      above.steady = state.steady;
      isSteadyRest = state.steady === 1;
    }
    if (isSteadyRest) {
      if (!writing) column.setBits(slot, state.high, state.low);
      continue;
    }
    const follows = !state.known ? followsLast : chosen(state, isLikeAbove);
    const guess = guessOf(state, follows, aboveDelta, ahead);
    const whole = writing && !isRaw ? wholeOf(column.value(slot), scale) : Number.NaN;
    const isSameRaw = isRaw && writing && state.known && hasBits(column, slot, state.high, state.low);
    setContexts(state, follows, isLikeAbove, aboveDigits, ahead > 0);
    const wrongBy = coder.whole(isSameRaw ? 0 : whole - guess, contexts);
    if (Number.isNaN(wrongBy)) {
      coder.bits(column, slot, writing);
      state.known ||= isRaw;
    } else if (isRaw) {
      if (!writing) column.setBits(slot, state.high, state.low);
    } else {
      const { lastClass } = coder;
      const now = guess + wrongBy;
      const off = scale.ulps ? codeUlps(coder, state, writing ? ulpsOf(column.value(slot), now, scale) : 0) : 0;
      if (!writing) column.setNumber(slot, doubleOf(now, off, scale));
      if (state.known) {
        const moved = now - state.last;
        learn(state, moved, aboveDelta, wrongBy, lastClass);
        above.digits[slot] = lastClass;
        above.deltas[slot] = moved;
      }
      state.last = now;
      state.known = true;
      ahead = 0;
    }
    state.high = column.high(slot);
    state.low = column.low(slot);
  }
};

const chosen = ({ lastCost, moveCost, aboveCost }: ColumnState, isLikeAbove: boolean): number => {
  if (isLikeAbove && aboveCost < Math.min(lastCost, moveCost)) return followsAbove;
  return moveCost < lastCost ? followsMove : followsLast;
};

const guessOf = ({ known, last, delta }: ColumnState, follows: number, aboveDelta: number, ahead: number): number => {
  if (!known) return 0;
  if (follows === followsLast) return last;
  const guess = follows === followsAbove ? last + aboveDelta : last + delta * Math.max(1, ahead);
  // A guess beyond exact whole numbers is none.
  return Math.abs(guess) < largestWhole ? guess : last;
};

const setContexts = (
  { known, average, digits, digitsBefore, sign }: ColumnState,
  follows: number,
  isLikeAbove: boolean,
  aboveDigits: number,
  isFirst: boolean,
): void => {
  const level = Math.min(30, average >> 4);
  const near = Math.min(15, digits);
  const trend = digitsBefore === 0 ? 0 : digitsBefore < digits ? 1 : digitsBefore === digits ? 2 : 3;
  contexts.b = Math.min(15, aboveDigits) * 16 + near;
  contexts.sign = sign * 4 + follows;
  if (!known) {
    contexts.a = 95;
    contexts.c = isLikeAbove ? 127 : 60;
    contexts.mix = 32;
    return;
  }
  contexts.a = isFirst ? 64 + level : level + (digits === 0 ? 32 : 0);
  contexts.c = near * 4 + trend + (follows === followsAbove ? 64 : 0);
  contexts.mix = isFirst ? 8 : follows === followsAbove ? 16 : 24;
};

const codeUlps = (coder: NumberCoder, state: ColumnState, ulps: number): number => {
  contexts.a = 95;
  contexts.b = 240 + state.ulpDigits;
  contexts.c = 120;
  contexts.sign = 12;
  contexts.mix = 40;
  const coded = coder.whole(ulps, contexts);
  if (Number.isNaN(coded)) throw new Corrupt('ulps are missing');
  state.ulpDigits = Math.min(15, coder.lastClass);
  return coded;
};
