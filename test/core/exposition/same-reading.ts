import type { Exposition } from '../../../core/exposition/exposition.ts';
import type { Read } from '../../../core/reject.ts';

/** What differs between two readings of one page, to the last bit; undefined where nothing does. */
export const differenceOf = (one: Read<Exposition>, other: Read<Exposition>): string | undefined => {
  const a = one.value.columns;
  const b = other.value.columns;
  if (one.value.count !== other.value.count) return `${one.value.count} samples and ${other.value.count}`;
  for (let at = 0; at < one.value.count; at += 1) {
    if (!Object.is(a.values[at], b.values[at])) return `value ${at}: ${a.values[at]} and ${b.values[at]}`;
    const left = a.series[at]!;
    const right = b.series[at]!;
    if (left === right) continue;
    if (left.length !== right.length) return `series ${at}: ${left.length} labels and ${right.length}`;
    for (let label = 0; label < left.length; label += 1) {
      if (left[label]![0] !== right[label]![0] || left[label]![1] !== right[label]![1])
        return `series ${at}: ${JSON.stringify(left)} and ${JSON.stringify(right)}`;
    }
  }
  if (a.series.length !== b.series.length) return 'lists of series of different lengths';
  return (
    differenceIn('times', [...(a.timestampsMs ?? [])].map(String), [...(b.timestampsMs ?? [])].map(String)) ??
    differenceIn('extras', a.extras, b.extras) ??
    differenceIn('families', one.value.families, other.value.families) ??
    differenceIn('rejects', one.rejects, other.rejects)
  );
};

const differenceIn = (what: string, a: unknown, b: unknown): string | undefined => {
  const left = textOf(a);
  const right = textOf(b);
  return left === right ? undefined : `${what}: ${left} and ${right}`;
};

/** JSON that tells noughts, numbers that are none and whole numbers of any size apart. */
export const textOf = (value: unknown): string =>
  JSON.stringify(value ?? [], (_, each) =>
    typeof each === 'bigint' || (typeof each === 'number' && !Number.isFinite(each)) || Object.is(each, -0)
      ? Object.is(each, -0)
        ? '-0'
        : String(each)
      : each,
  );
