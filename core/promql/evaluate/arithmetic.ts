import type { ArithmeticOp, BinaryOp, ComparisonOp } from '../ast.ts';

/** Go's math.Pow: JavaScript has NaN where one is raised to NaN, or one or minus one to infinity. */
const power = (base: number, exponent: number): number => {
  if (base === 1 || (base === -1 && (exponent === Infinity || exponent === -Infinity))) return 1;
  return base ** exponent;
};

export const arithmetic: Readonly<Record<ArithmeticOp, (left: number, right: number) => number>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => left / right,
  '%': (left, right) => left % right,
  '^': power,
  atan2: Math.atan2,
};

export const comparing: Readonly<Record<ComparisonOp, (left: number, right: number) => boolean>> = {
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
  '>': (left, right) => left > right,
  '<': (left, right) => left < right,
  '>=': (left, right) => left >= right,
  '<=': (left, right) => left <= right,
};

/** The number that two numbers give: 1 or 0 for a comparison. */
export const combine = (op: Exclude<BinaryOp, 'and' | 'or' | 'unless'>): ((left: number, right: number) => number) => {
  if (op in arithmetic) return arithmetic[op as ArithmeticOp];
  const holds = comparing[op as ComparisonOp];
  return (left, right) => (holds(left, right) ? 1 : 0);
};

/** Go's math.Max and math.Min: an infinity that decides wins over NaN. */
export const larger = (a: number, b: number): number => (a === Infinity || b === Infinity ? Infinity : Math.max(a, b));
export const smaller = (a: number, b: number): number =>
  a === -Infinity || b === -Infinity ? -Infinity : Math.min(a, b);
