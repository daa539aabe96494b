// What configurations of Prometheus say: texts, where YAML would have numbers, truths and nothing.

export type Section = Readonly<Record<string, unknown>>;

export const isSection = (value: unknown): value is Section =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A section without what it says nothing of. */
export const saidIn = (section: Section): Section =>
  Object.fromEntries(Object.entries(section).filter(([, value]) => value !== null));

/** Nothing is an empty text. */
export const textOf = (value: unknown): string => String(value ?? '');

/** What is no number stays, to be refused by who reads it. */
export const numberOf = (value: unknown): unknown => {
  const digits = typeof value === 'string' && /^[+-]?\d/.test(value) ? Number(value.replaceAll('_', '')) : Number.NaN;
  return Number.isFinite(digits) ? digits : value;
};

const truths: ReadonlyMap<unknown, boolean> = new Map([
  ...['true', 'yes', 'on', 'y'].map(text => [text, true] as const),
  ...['false', 'no', 'off', 'n'].map(text => [text, false] as const),
]);

/** What is no truth of YAML 1.1 stays, to be refused by who reads it. */
export const truthOf = (value: unknown): unknown =>
  typeof value === 'string' ? (truths.get(value.toLowerCase()) ?? value) : value;
