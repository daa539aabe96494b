/**
 * A number as Go prints it in an exposition (strconv 'g', shortest; expfmt writeFloat): so `le` and `quantile` are the
 * same whether a client sends text or protobuf. `1e+06` and not `1000000`, `+Inf`, at least two digits of exponent.
 */
export const writeGoNumber = (value: number): string => {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  const [digits = '', exponentText = ''] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  // From here to there JavaScript writes no exponent either.
  if (exponent >= -4 && exponent < 6) return String(value);
  return `${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
};
