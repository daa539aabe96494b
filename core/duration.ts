const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const week = 7 * day;
const year = 365 * day;

type Unit = { readonly name: string; readonly ms: number; readonly onlyWhole: boolean };

/** Largest first: a duration names each unit at most once and in this order (prometheus/common model/time.go). */
const units: readonly Unit[] = [
  { name: 'y', ms: year, onlyWhole: true },
  { name: 'w', ms: week, onlyWhole: true },
  { name: 'd', ms: day, onlyWhole: false },
  { name: 'h', ms: hour, onlyWhole: false },
  { name: 'm', ms: minute, onlyWhole: false },
  { name: 's', ms: second, onlyWhole: false },
  { name: 'ms', ms: 1, onlyWhole: false },
];

/** Go keeps a duration in 64 bits of nanoseconds: some 292 years. */
const longestMs = 9_223_372_036_854;

/** Sticky, one pass: digits and letters share no character, so there is nothing to try twice. */
const part = /([0-9]{1,15})([a-z]{1,2})/y;

/**
 * Milliseconds of a duration as Prometheus writes it: `15s`, `1m30s`, `1d`, `250ms`, also a bare `0`.
 * Anything else is undefined: an empty text, fractions, signs, units out of order or twice, more than 292 years.
 */
export const readDuration = (text: string): number | undefined => {
  if (text === '0') return 0;
  let totalMs = 0;
  let next = 0;
  part.lastIndex = 0;
  while (part.lastIndex < text.length) {
    const found = part.exec(text);
    if (found === null) return undefined;
    const place = units.findIndex(({ name }, index) => index >= next && name === found[2]);
    if (place === -1) return undefined;
    totalMs += Number(found[1]) * units[place]!.ms;
    next = place + 1;
  }
  return next === 0 || totalMs > longestMs ? undefined : totalMs;
};

/**
 * The text `readDuration` gives back as the same whole milliseconds, not negative.
 * Years and weeks only where nothing is left over: 90d reads better than 12w6d.
 */
export const writeDuration = (ms: number): string => {
  let left = ms;
  let text = '';
  for (const unit of units) {
    if (unit.onlyWhole && left % unit.ms !== 0) continue;
    const count = Math.floor(left / unit.ms);
    if (count === 0) continue;
    text += `${count}${unit.name}`;
    left -= count * unit.ms;
  }
  return text === '' ? '0s' : text;
};
