import { bitLength } from './number-coder.ts';
import { noScale } from './scale.ts';

/** What is known of one column after its last sample: what the next segment's samples are guessed from. */
export type ColumnState = {
  scale: number;
  /** Whether there was a value. */
  known: boolean;
  high: number;
  low: number;
  /** The last whole number, and how it differed from the one before. */
  last: number;
  delta: number;
  /** Binary digits of what guesses were wrong by: sixteenths on average, of the last, of the one before it. */
  average: number;
  digits: number;
  digitsBefore: number;
  ulpDigits: number;
  /** 0 none yet, 1 the last wrong guess was too low, 2 too high. */
  sign: number;
  /** Digits each guess was wrong by lately, in sixteenths. */
  lastCost: number;
  moveCost: number;
  aboveCost: number;
  steady: number;
  full: number;
};

export const newState = (): ColumnState => ({
  scale: noScale,
  known: false,
  high: 0,
  low: 0,
  last: 0,
  delta: 0,
  average: 0,
  digits: 0,
  digitsBefore: 0,
  ulpDigits: 0,
  sign: 0,
  lastCost: 0,
  moveCost: 0,
  aboveCost: 0,
  steady: 0,
  full: 1,
});

/** Field by field, so that all states have one shape: spreading is several times as slow. */
export const copyOf = (state: ColumnState): ColumnState => ({
  scale: state.scale,
  known: state.known,
  high: state.high,
  low: state.low,
  last: state.last,
  delta: state.delta,
  average: state.average,
  digits: state.digits,
  digitsBefore: state.digitsBefore,
  ulpDigits: state.ulpDigits,
  sign: state.sign,
  lastCost: state.lastCost,
  moveCost: state.moveCost,
  aboveCost: state.aboveCost,
  steady: state.steady,
  full: state.full,
});

/** What the column above did in each slot. */
export class Above {
  readonly deltas: Float64Array;
  readonly digits: Uint8Array;
  scale = 0;
  steady = 1;
  full = 1;

  constructor(length: number) {
    this.deltas = new Float64Array(length);
    this.digits = new Uint8Array(length);
  }

  rest(): void {
    this.deltas.fill(0);
    this.digits.fill(0);
  }
}

/** Takes in how a sample differed from the guesses. */
export const learn = (state: ColumnState, moved: number, aboveDelta: number, wrongBy: number, digits: number): void => {
  state.lastCost += (bitLength(Math.abs(moved)) * 16 - state.lastCost) >> 2;
  state.moveCost += (bitLength(Math.abs(moved - state.delta)) * 16 - state.moveCost) >> 2;
  state.aboveCost += (bitLength(Math.abs(moved - aboveDelta)) * 16 - state.aboveCost) >> 2;
  state.delta = moved;
  state.average += (digits * 16 - state.average) >> 2;
  state.digitsBefore = state.digits;
  state.digits = digits;
  if (wrongBy !== 0) state.sign = wrongBy < 0 ? 2 : 1;
};
