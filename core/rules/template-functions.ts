import { RE2JS } from 're2js';
import { writeGeneral, writePlain } from '../promql/numbers.ts';

export type Value = string | number | Readonly<Record<string, string>>;

type TemplateFunction = {
  readonly least: number;
  readonly most: number;
  readonly call: (args: readonly Value[]) => Value;
};

const numberOf = (value: Value | undefined): number => {
  const text = String(value).replace('Inf', 'Infinity');
  return typeof value === 'number' ? value : text.trim() === '' ? Number.NaN : Number(text);
};

const odd = (value: number): boolean => value === 0 || !Number.isFinite(value);

/** Go's %.4g. */
const four = (value: number): string => writeGeneral(value, 4);

const scaled = (value: number, prefixes: readonly string[], by: number): readonly [number, string] => {
  let [left, prefix] = [value, ''];
  for (const each of prefixes) {
    if (Math.abs(left) < by) break;
    prefix = each;
    left /= by;
  }
  return [left, prefix];
};

/** template.go, humanize: 1.234k, and below 1 by m, u, n and so on. */
const humanize = (value: number): string => {
  if (odd(value)) return four(value);
  if (Math.abs(value) >= 1) {
    const [left, prefix] = scaled(value, ['k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'], 1_000);
    return `${four(left)}${prefix}`;
  }
  let [left, prefix] = [value, ''];
  for (const each of ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y']) {
    if (Math.abs(left) >= 1) break;
    prefix = each;
    left *= 1_000;
  }
  return `${four(left)}${prefix}`;
};

const humanize1024 = (value: number): string => {
  if (Math.abs(value) <= 1 || odd(value)) return four(value);
  const [left, prefix] = scaled(value, ['ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei', 'Zi', 'Yi'], 1_024);
  return `${four(left)}${prefix}`;
};

/** common/helpers/templates, HumanizeDuration: `1d 2h 3m 4s`, below a second `1.5ms`. */
const humanizeDuration = (value: number): string => {
  if (!Number.isFinite(value)) return four(value);
  if (value === 0) return '0s';
  if (Math.abs(value) < 1) {
    let [left, prefix] = [value, ''];
    for (const each of ['m', 'u', 'n', 'p', 'f', 'a', 'z', 'y']) {
      if (Math.abs(left) >= 1) break;
      prefix = each;
      left *= 1_000;
    }
    return `${four(left)}${prefix}s`;
  }
  const sign = value < 0 ? '-' : '';
  const whole = Math.trunc(Math.abs(value));
  const [seconds, minutes, hours, days] = [
    whole % 60,
    Math.floor(whole / 60) % 60,
    Math.floor(whole / 3_600) % 24,
    Math.floor(whole / 86_400),
  ];
  if (days !== 0) return `${sign}${days}d ${hours}h ${minutes}m ${seconds}s`;
  if (hours !== 0) return `${sign}${hours}h ${minutes}m ${seconds}s`;
  if (minutes !== 0) return `${sign}${minutes}m ${seconds}s`;
  return `${sign}${four(Math.abs(value))}s`;
};

/** 2026-06-01 00:00:00 +0000 UTC, as Go writes a time. */
const humanizeTimestamp = (value: number): string => {
  if (!Number.isFinite(value)) return four(value);
  const [date = '', time = ''] = new Date(Math.round(value * 1_000)).toISOString().split('T');
  const fraction = time.slice(8, 12).replace(/0+$/, '').replace(/\.$/, '').replace('Z', '');
  return `${date} ${time.slice(0, 8)}${fraction} +0000 UTC`;
};

const verb = /%([-+ 0]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g;

/** Of Go's verbs those for numbers and texts. */
const printf = ([format, ...args]: readonly Value[]): string => {
  let next = 0;
  return String(format).replace(
    verb,
    (whole, flags: string, width: string | undefined, digits: string | undefined, kind: string) => {
      if (kind === '%') return '%';
      const arg = args[next];
      next += 1;
      if (arg === undefined) return `%!${kind}(MISSING)`;
      const precision = digits === undefined ? undefined : Number(digits);
      const texts: Readonly<Record<string, () => string>> = {
        f: () => (Number.isFinite(numberOf(arg)) ? numberOf(arg).toFixed(precision ?? 6) : writePlain(numberOf(arg))),
        g: () => writeGeneral(numberOf(arg), precision),
        e: () =>
          numberOf(arg)
            .toExponential(precision ?? 6)
            .replace(/e([+-])(\d)$/, 'e$10$2'),
        d: () => String(Math.trunc(numberOf(arg))),
        s: () => String(arg).slice(0, precision),
        v: () => (typeof arg === 'number' ? writeGeneral(arg) : String(arg)),
        q: () => JSON.stringify(String(arg)),
        x: () => Math.trunc(numberOf(arg)).toString(16),
      };
      const text = texts[kind]?.() ?? whole;
      const signed = flags.includes('+') && numberOf(arg) >= 0 && 'fged'.includes(kind) ? `+${text}` : text;
      const size = Number(width ?? 0);
      if (flags.includes('-')) return signed.padEnd(size);
      return signed.padStart(size, flags.includes('0') ? '0' : ' ');
    },
  );
};

const one = (call: (value: Value) => Value): TemplateFunction => ({
  least: 1,
  most: 1,
  call: ([value]) => call(value!),
});
const ofNumber = (call: (value: number) => string): TemplateFunction => one(value => call(numberOf(value)));

/** Prometheus's template functions that need no query, and Go's that make texts. */
export const functions: Readonly<Record<string, TemplateFunction>> = {
  humanize: ofNumber(humanize),
  humanize1024: ofNumber(humanize1024),
  humanizeDuration: ofNumber(humanizeDuration),
  humanizePercentage: ofNumber(value => `${four(value * 100)}%`),
  humanizeTimestamp: ofNumber(humanizeTimestamp),
  title: one(value =>
    String(value).replace(
      /(^|[^\p{L}\p{N}'])(\p{L})/gu,
      (_, before: string, letter: string) => before + letter.toUpperCase(),
    ),
  ),
  toUpper: one(value => String(value).toUpperCase()),
  toLower: one(value => String(value).toLowerCase()),
  stripPort: one(value =>
    String(value)
      .replace(/^\[(.*)\](:\d+)?$/, '$1')
      .replace(/^([^:]*):\d+$/, '$1'),
  ),
  stripDomain: one(value => {
    const text = String(value);
    return /^[\d.:[\]]+$/.test(text) ? text : text.replace(/^([^.:]+)\.[^:]*/, '$1');
  }),
  reReplaceAll: {
    least: 3,
    most: 3,
    call: ([pattern, by, text]) => RE2JS.compile(String(pattern)).matcher(String(text)).replaceAll(String(by)),
  },
  printf: { least: 1, most: 20, call: printf },
  print: {
    least: 1,
    most: 20,
    call: args => args.map(arg => (typeof arg === 'number' ? writeGeneral(arg, undefined) : String(arg))).join(''),
  },
};
