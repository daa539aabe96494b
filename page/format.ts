// Times and counts as people read them.

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** `45 s`, `3 min`, `2 h 5 min`, `4 d`: as exact as matters at that length. */
export const lengthText = (ms: number): string => {
  const length = Math.max(0, ms);
  if (length < minute) return `${Math.round(length / second)} s`;
  if (length < 10 * minute) {
    const seconds = Math.round(length / second) % 60;
    return seconds === 0 ? `${Math.floor(length / minute)} min` : `${Math.floor(length / minute)} min ${seconds} s`;
  }
  if (length < hour) return `${Math.round(length / minute)} min`;
  if (length < day) {
    const minutes = Math.floor((length % hour) / minute);
    return minutes === 0 ? `${Math.floor(length / hour)} h` : `${Math.floor(length / hour)} h ${minutes} min`;
  }
  return `${Math.floor(length / day)} d ${Math.floor((length % day) / hour)} h`;
};

/** An interval as it was written: `15s`, `1m 30s`. */
export const intervalText = (ms: number): string => {
  if (ms % hour === 0) return `${ms / hour} h`;
  if (ms % minute === 0) return `${ms / minute} min`;
  return ms < minute ? `${ms / second} s` : `${Math.floor(ms / minute)} min ${(ms % minute) / second} s`;
};

export const agoText = (atMs: number, nowMs: number): string =>
  nowMs - atMs < 1_500 ? 'now' : `${lengthText(nowMs - atMs)} ago`;

const two = (part: number): string => String(part).padStart(2, '0');

/** The reader's own time: with the day where it is not today. */
export const clockText = (atMs: number, nowMs: number): string => {
  const at = new Date(atMs);
  const time = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  return at.toDateString() === new Date(nowMs).toDateString()
    ? time
    : `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${time}`;
};

const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** `1,234` while that is short, `1.2M` beyond. */
export const countText = (count: number): string => (Math.abs(count) < 100_000 ? whole : short).format(count);

/** A sample's value in a chart or a table. */
export const valueText = (value: number): string => {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e15)) return value.toExponential(3);
  return size >= 1e5 ? short.format(value) : String(Math.round(value * 1e4) / 1e4);
};
