/** The exponent with two digits at least, as Go writes it: `1e-07`. */
const widened = (text: string): string => text.replace(/e([+-])(\d)$/, 'e$10$2');

/** `NaN`, `+Inf` and `-Inf` by name; undefined for the others. */
const nameOf = (value: number): string | undefined => {
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? undefined : value > 0 ? '+Inf' : '-Inf';
};

/**
 * A value in an answer's JSON: the shortest digits that read back the same, with an exponent below 1e-6 and from 1e21 on
 * (util/jsonutil/marshal.go), which is JavaScript's own rule.
 */
export const writeValue = (value: number): string =>
  nameOf(value) ?? (Object.is(value, -0) ? '-0' : widened(String(value)));

/** Go's FormatFloat(value, 'f', -1): all digits and no exponent, as count_values labels series. */
export const writePlain = (value: number): string => {
  const name = nameOf(value);
  if (name !== undefined) return name;
  if (Object.is(value, -0)) return '-0';
  const text = String(value);
  const [mantissa = '', exponent] = text.split('e');
  if (exponent === undefined) return text;
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.slice(sign.length).split('.');
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  return point > 0 ? `${sign}${digits.padEnd(point, '0')}` : `${sign}0.${'0'.repeat(-point)}${digits}`;
};

/** Go's %g, or %.<precision>g: an exponent below 1e-4, and from 1e6 or that many digits on. */
export const writeGeneral = (value: number, precision?: number): string => {
  const name = nameOf(value);
  if (name !== undefined) return name;
  const short = precision === undefined ? value : Number(value.toPrecision(precision));
  const scientific = short.toExponential();
  const exponent = Number(scientific.slice(scientific.indexOf('e') + 1));
  return exponent < -4 || exponent >= (precision ?? 6) ? widened(scientific) : writePlain(short);
};
