// OpenTelemetry → Prometheus, as prometheus/otlptranslator names things; https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/

/** Prometheus's `translation_strategy`: which names stay as they are, and whether unit and type are told by a suffix. */
export const strategies = {
  UnderscoreEscapingWithSuffixes: { isEscaped: true, hasSuffixes: true },
  UnderscoreEscapingWithoutSuffixes: { isEscaped: true, hasSuffixes: false },
  NoUTF8EscapingWithSuffixes: { isEscaped: false, hasSuffixes: true },
  NoTranslation: { isEscaped: false, hasSuffixes: false },
} as const;

export type Naming = { readonly isEscaped: boolean; readonly hasSuffixes: boolean; readonly namespace?: string };

export type MetricKind = 'gauge' | 'monotonic' | 'nonmonotonic' | 'histogram' | 'exponential' | 'summary' | 'unknown';

const units: Readonly<Record<string, string>> = {
  d: 'days',
  h: 'hours',
  min: 'minutes',
  s: 'seconds',
  ms: 'milliseconds',
  us: 'microseconds',
  ns: 'nanoseconds',
  By: 'bytes',
  KiBy: 'kibibytes',
  MiBy: 'mebibytes',
  GiBy: 'gibibytes',
  TiBy: 'tibibytes',
  KBy: 'kilobytes',
  // The specification writes it small, the translator does not.
  kBy: 'kilobytes',
  MBy: 'megabytes',
  GBy: 'gigabytes',
  TBy: 'terabytes',
  m: 'meters',
  V: 'volts',
  A: 'amperes',
  J: 'joules',
  W: 'watts',
  g: 'grams',
  Cel: 'celsius',
  Hz: 'hertz',
  '1': '',
  '%': 'percent',
};

const perUnits: Readonly<Record<string, string>> = {
  s: 'second',
  m: 'minute',
  h: 'hour',
  d: 'day',
  w: 'week',
  mo: 'month',
  y: 'year',
};

const spelled = (names: Readonly<Record<string, string>>, unit: string): string =>
  /[{}]/.test(unit) ? '' : Object.hasOwn(names, unit) ? names[unit]! : unit;

/** `By/s` → bytes, second. What stands in braces is a remark and no unit. */
const unitWords = (unit: string): { readonly main: string; readonly per: string } => {
  const slash = unit.indexOf('/');
  const [main, per] = slash === -1 ? [unit, ''] : [unit.slice(0, slash), unit.slice(slash + 1)];
  return { main: spelled(units, main.trim()), per: spelled(perUnits, per.trim()) };
};

const cleaned = (unit: string): string =>
  unit
    .replace(/[^a-zA-Z0-9:]/gu, '_')
    .replace(/__+/g, '_')
    .replace(/^_/, '');

const tokensOf = (name: string): string[] => name.split(/[^a-zA-Z0-9:]+/u).filter(token => token !== '');

const withoutLeadingDigit = (name: string): string => (/^[0-9]/.test(name) ? `_${name}` : name);

/** The Prometheus name of a metric; undefined where nothing of its name is left. */
export const metricNameOf = (name: string, unit: string, kind: MetricKind, naming: Naming): string | undefined => {
  const { isEscaped, hasSuffixes } = naming;
  const made = !isEscaped
    ? suffixed(name, unit, kind, naming)
    : hasSuffixes
      ? normalized(name, unit, kind, naming)
      : escaped(name, naming);
  if (made === '') return undefined;
  return isEscaped && made !== name && /^_*$/.test(made) ? undefined : made;
};

/** Tokens joined by `_`, so that no two stand side by side, then what the unit and the type add. */
const normalized = (name: string, unit: string, kind: MetricKind, { namespace = '' }: Naming): string => {
  let tokens = tokensOf(name);
  const words = unitWords(unit);
  const [main, per] = [cleaned(words.main), cleaned(words.per)];
  const units: string[] = [];
  if (main !== '' && !tokens.includes(main)) units.push(main);
  if (per !== '' && !tokens.includes(per)) units.push('per', per);
  tokens = [...tokens, ...units];
  const last = suffixOf(unit, kind);
  if (last !== undefined) tokens = [...tokens.filter(token => token !== last), last];
  if (namespace !== '') tokens.unshift(namespace);
  return withoutLeadingDigit(tokens.join('_'));
};

const suffixOf = (unit: string, kind: MetricKind): 'total' | 'ratio' | undefined =>
  kind === 'monotonic' ? 'total' : kind === 'gauge' && unit === '1' ? 'ratio' : undefined;

const joined = (name: string): string =>
  name
    .split(/[^a-zA-Z0-9:_]+/u)
    .filter(token => token !== '')
    .join('_');

const escaped = (name: string, { namespace = '' }: Naming): string =>
  namespace === '' ? withoutLeadingDigit(joined(name)) : `${joined(namespace)}_${joined(name)}`;

/** The name as it is, with what is not at its end already. */
const suffixed = (name: string, unit: string, kind: MetricKind, { hasSuffixes, namespace = '' }: Naming): string => {
  const whole = namespace === '' ? name : `${namespace}_${name}`;
  if (!hasSuffixes) return whole;
  const trimmed = (text: string, suffix: string): string =>
    text.endsWith(`_${suffix}`) ? text.slice(0, -suffix.length - 1) : text;
  const last = suffixOf(unit, kind);
  const { main, per } = unitWords(unit);
  let made = last === undefined ? whole : trimmed(whole, last);
  for (const word of [main, per === '' ? '' : `per_${per}`]) if (word !== '') made = `${trimmed(made, word)}_${word}`;
  return last === undefined ? made : `${made}_${last}`;
};

/**
 * The Prometheus name of a label; undefined where nothing of it is left. Underscores are kept however many there are, as
 * Prometheus keeps them by default.
 */
export const labelNameOf = (name: string, { isEscaped }: Naming): string | undefined => {
  if (!isEscaped) return name === '' ? undefined : name;
  const made = name.replace(/[^a-zA-Z0-9_]/gu, '_');
  if (/^_*$/.test(made)) return undefined;
  return /^[0-9]/.test(made) ? `key_${made}` : made;
};
