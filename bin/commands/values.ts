/** A value as short as it stays readable: `12.5`, `1.24M`, `3.1e-07`. */
export const valueText = (value: number): string => {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e15 || (size !== 0 && size < 1e-3)) return value.toExponential(1);
  if (size < 1e5) return String(Math.round(value * 1e3) / 1e3);
  return new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 }).format(value);
};

/** A number as the API writes it. */
export const numberOf = (text: string): number =>
  text === '+Inf' ? Number.POSITIVE_INFINITY : text === '-Inf' ? Number.NEGATIVE_INFINITY : Number(text);
