import { limits } from '../limits.ts';
import { type Flip, type HeartbeatKey, textOfKey } from './heartbeat.ts';
import type { CollectorFlip } from './silence.ts';

/** What a flip becomes. `id` is the same whenever the same flip is announced again. */
export type Alarm = {
  readonly id: string;
  readonly kind: 'DOWN' | 'RESOLVED' | 'FLAPPING' | 'COLLECTOR_BLIND' | 'COLLECTOR_OK' | 'FIRING';
  readonly subject: string;
  readonly text: string;
  readonly job: string;
  readonly instance: string;
  readonly reason: string;
  readonly sinceMs: number;
  readonly atMs: number;
  /** Of a grouped alarm: each source's own, so that a receiver can tell them apart and drop repeats one by one. */
  readonly members?: readonly Omit<Alarm, 'subject' | 'text' | 'members'>[];
  /** Of an alert of a rule. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
};

export const utc = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', ' UTC');

export const lengthOf = (ms: number): string => {
  const total = Math.max(0, Math.round(ms / 1_000));
  const [hours, minutes, rest] = [Math.floor(total / 3_600), Math.floor((total % 3_600) / 60), total % 60];
  return [
    hours > 0 ? `${hours} h` : '',
    minutes > 0 ? `${minutes} min` : '',
    rest > 0 || total === 0 ? `${rest} s` : '',
  ]
    .filter(part => part !== '')
    .join(' ');
};

/** Names come from producers: control characters must not break a subject line or fake a second one. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ');

/** SNS allows subjects of at most 100 ASCII characters, without line breaks. */
export const subjectOf = (text: string): string => {
  const ascii = plain(text).replace(/[^\x20-\x7e]/g, '?');
  return ascii.length <= 100 ? ascii : `${ascii.slice(0, 97)}...`;
};

const firstSentenceOf: Record<Flip['reason'], (name: string) => string> = {
  NOT_HEARD: name => `${name} fell silent`,
  STUCK_RUN: name => `${name} began and did not end`,
  FAILED: name => `${name} failed`,
  REJECTED: name => `${name} lives, and what it pushes is refused`,
  THROTTLED: name => `${name} lives, and is asked to come again later`,
  NEVER_SEEN: name => `${name} was never heard`,
  SCRAPE_DNS: name => `${name} cannot be scraped: its name does not resolve`,
  SCRAPE_FORBIDDEN: name => `${name} cannot be scraped: its address is not allowed`,
  SCRAPE_AUTH: name => `${name} cannot be scraped: its credentials cannot be had`,
  SCRAPE_CONNECT: name => `${name} cannot be scraped: no connection`,
  SCRAPE_TLS: name => `${name} cannot be scraped: TLS failed`,
  SCRAPE_TIMEOUT: name => `${name} cannot be scraped: timed out`,
  SCRAPE_LIMIT: name => `${name} cannot be scraped: over a limit`,
  SCRAPE_HTTP: name => `${name} cannot be scraped: bad HTTP answer`,
  SCRAPE_ENCODING: name => `${name} cannot be scraped: bad encoding`,
  SCRAPE_CONTENT_TYPE: name => `${name} cannot be scraped: no metrics there`,
  SCRAPE_PARSE: name => `${name} cannot be scraped: its page does not parse`,
  PAUSED: name => `${name} is paused`,
  REMOVED: name => `${name} is no longer a target`,
  HEARD: name => `${name} is back`,
  STEADY: name => `${name} is steady again`,
};

export const alarmOf = (key: HeartbeatKey, flip: Flip): Alarm => {
  const name = plain(textOfKey(key));
  const head = flip.kind === 'FLAPPING' ? `${name} comes and goes` : firstSentenceOf[flip.reason](name);
  const detail = plain(flip.detail);
  const down = flip.reason === 'STEADY' ? 'Flapped' : 'Down';
  const text = {
    DOWN: `DOWN: ${head}. Since ${utc(flip.sinceMs)}, down from ${utc(flip.atMs)}. ${flip.reason}: ${detail}.`,
    FLAPPING: `FLAPPING: ${head}. Since ${utc(flip.sinceMs)}, down again from ${utc(flip.atMs)}: it ${detail}.`,
    RESOLVED: `RESOLVED: ${head}. ${down} for ${lengthOf(flip.atMs - flip.sinceMs)}, from ${utc(flip.sinceMs)} to ${utc(flip.atMs)}; ${detail}.`,
  }[flip.kind];
  return {
    // The instant too: a record that was removed and made anew counts its epochs from the start.
    id: `${key.job}/${key.instance}#${flip.epoch}@${flip.atMs}`,
    kind: flip.kind,
    subject: subjectOf(`${flip.kind}: ${head}`),
    text,
    job: key.job,
    instance: key.instance,
    reason: flip.reason,
    sinceMs: flip.sinceMs,
    atMs: flip.atMs,
  };
};

/** Many that fell at once, all DOWN: one message, in which each keeps its own id. */
export const groupAlarmOf = (fallen: readonly Alarm[]): Alarm => {
  const members = fallen.map(({ subject: _, text: __, ...member }) => member);
  const sinceMs = Math.min(...fallen.map(alarm => alarm.sinceMs));
  const atMs = Math.max(...fallen.map(alarm => alarm.atMs));
  const names = fallen.slice(0, limits.groupedNamed).map(({ job, instance }) => plain(textOfKey({ job, instance })));
  const more = fallen.length > names.length ? ` and ${fallen.length - names.length} more` : '';
  return {
    id: `group#${fallen[0]?.id ?? ''}+${fallen.length - 1}`,
    kind: 'DOWN',
    subject: subjectOf(`DOWN: ${fallen.length} sources fell at once`),
    text: `DOWN: ${fallen.length} sources fell at once, since ${utc(sinceMs)}: ${names.join(', ')}${more}. The collector itself hears well.`,
    job: '',
    instance: '',
    reason: 'GROUP',
    sinceMs,
    atMs,
    members,
  };
};

const blindBecause: Record<CollectorFlip['why'], (from: string, at: string) => string> = {
  unswept: (from, at) => `the collector did not check from ${from} to ${at}`,
  canaries: (from, at) => `none of the collector's own pushes came through from ${from} to ${at}`,
  share: (from, at) => `too few of the collector's own pushes came through from ${from} to ${at}`,
};

/** The collector's own: it could not hear, so it accuses nobody of that time and says so once, and once when it hears again. */
export const collectorAlarmOf = ({ epoch, kind, why, fromMs, atMs }: CollectorFlip): Alarm => {
  const blind = kind === 'COLLECTOR_BLIND';
  const because = blindBecause[why](utc(fromMs), utc(atMs));
  return {
    id: `collector#${epoch}@${atMs}`,
    kind,
    subject: blind
      ? `${kind}: the collector ${why === 'unswept' ? 'did not check' : 'could not hear'} for a while`
      : `${kind}: the collector hears again`,
    text: blind
      ? `${kind}: ${because} (${lengthOf(atMs - fromMs)}). Silence in that time is held against nobody.`
      : `${kind}: the collector hears again. It was blind for ${lengthOf(atMs - fromMs)}, from ${utc(fromMs)} to ${utc(atMs)}.`,
    job: '',
    instance: '',
    reason: kind,
    sinceMs: fromMs,
    atMs,
  };
};
