import { plainMetricName, readDecimal } from './plain-names.ts';

// github.com/statsd/statsd docs/metric_types.md, docs.datadoghq.com/developers/dogstatsd/datagram_shell (v1.0–v1.3), and the
// tags that statsd_exporter knows inside names.

type StatsdKind = 'counter' | 'gauge' | 'observation' | 'set';

export type StatsdEvent = {
  readonly kind: StatsdKind;
  readonly name: string;
  readonly tags: readonly (readonly [name: string, value: string])[];
  readonly value: number;
  /** The member of a set. */
  readonly member?: string;
  /** A gauge that is moved by the value, not set to it. */
  readonly isMove?: boolean;
  /** How many observations this one stands for. */
  readonly times: number;
  /** Seconds since 1970, where the line says it. */
  readonly atSeconds?: number;
};

type Tags = [name: string, value: string][];

/** The events of one line, or what is wrong with it: nothing of it is taken then. */
export const readStatsdLine = (line: string): readonly StatsdEvent[] | string => {
  const colon = line.indexOf(':');
  if (colon <= 0) return 'expected name:value|type';
  const { name, tags, hasBrackets } = readName(line.slice(0, colon));
  if (name === '') return 'a metric has no name';
  const rest = line.slice(colon + 1);
  const fields = rest.split('|');
  const [values = '', type] = fields;
  if (type === undefined) return 'expected a value and a type, value|type';
  if (values.includes(':')) return readPacked(name, tags, values.split(':'), fields, hasBrackets);
  const isDog = fields.slice(2).some(field => /^(#|c:|T)/.test(field));
  // value|type:value|type: several of one name, from before there were tags with colons in them.
  const parts = isDog ? [rest] : rest.split(':');
  const events: StatsdEvent[] = [];
  for (const part of parts) {
    const [value = '', ...others] = part.split('|');
    const read = readOne(name, tags, [value], others);
    if (typeof read === 'string') return read;
    events.push(...read);
  }
  return events;
};

/** DogStatsD 1.1: several values of one type; it has none of the other tags. */
const readPacked = (
  name: string,
  tags: Tags,
  values: readonly string[],
  fields: readonly string[],
  hasBrackets: boolean,
): readonly StatsdEvent[] | string => {
  if (!['ms', 'h', 'd'].includes(fields[1]!)) return `several values of type ${fields[1]}, which only ms, h and d have`;
  if (hasBrackets || tags.length > 0) return 'several values under a name with tags';
  return readOne(name, tags, values, fields.slice(1));
};

const readOne = (
  name: string,
  nameTags: Tags,
  values: readonly string[],
  [type = '', ...sections]: readonly string[],
): StatsdEvent[] | string => {
  const kind = kinds.get(type);
  if (kind === undefined) return `type ${JSON.stringify(type)} is none of ${[...kinds.keys()].join(', ')}`;
  const read = readSections(sections, nameTags.length > 0);
  if (typeof read === 'string') return read;
  // As statsd_exporter: a count whose rate nobody can read counts as one. A timer's is refused, as in statsd.
  if (read.rate === undefined && type !== 'c') return 'a sampling rate that is no number above zero';
  const { atSeconds } = read;
  const rate = read.rate ?? 1;
  const common = { name, kind, tags: [...nameTags, ...read.tags], ...(atSeconds !== undefined && { atSeconds }) };
  const events: StatsdEvent[] = [];
  for (const text of values) {
    if (kind === 'set') {
      events.push({ ...common, value: 1, member: text, times: 1 });
      continue;
    }
    const value = readDecimal(text);
    if (value === undefined) return `expected a number, found ${JSON.stringify(text.slice(0, 60))}`;
    if (type === 'ms' && value < 0) return `a time of ${value}`;
    if (kind === 'counter') events.push({ ...common, value: value / rate, times: 1 });
    else if (kind === 'gauge') {
      const isMove = /^[+-]/.test(text) && atSeconds === undefined;
      events.push({ ...common, value, times: 1, ...(isMove && { isMove }) });
    } else
      events.push({
        ...common,
        value: type === 'ms' ? value / 1_000 : value,
        times: Math.max(1, Math.round(1 / rate)),
      });
  }
  return events;
};

const kinds: ReadonlyMap<string, StatsdKind> = new Map([
  ['c', 'counter'],
  ['g', 'gauge'],
  ['ms', 'observation'],
  ['h', 'observation'],
  ['d', 'observation'],
  ['s', 'set'],
]);

type Sections = { readonly rate: number | undefined; readonly tags: Tags; readonly atSeconds: number | undefined };

const readSections = (sections: readonly string[], isTagged: boolean): Sections | string => {
  let rate: number | undefined = 1;
  let atSeconds: number | undefined;
  const tags: Tags = [];
  for (const section of sections) {
    if (section.startsWith('@')) {
      const read = readDecimal(section.slice(1));
      if (read !== undefined && read < 0) return `a sampling rate of ${read}`;
      rate = read === 0 ? 1 : read;
    } else if (section.startsWith('#')) {
      if (isTagged) return 'tags in the name and after it';
      tags.push(...readTags(section.slice(1), ':'));
    } else if (section.startsWith('c:') && section.length > 2) tags.push(['container_id', section.slice(2)]);
    else if (section.startsWith('T')) atSeconds = /^\d+$/.test(section.slice(1)) ? Number(section.slice(1)) : undefined;
    else return `section ${JSON.stringify(section.slice(0, 60))} is none of @rate, #tags, c:container, Ttime`;
  }
  return { rate, tags, atSeconds };
};

/** `a:1,b:2`; one without a value says nothing here. Some clients write the # again before each. */
const readTags = (text: string, separator: string): Tags =>
  text.split(',').flatMap((tag): Tags => {
    const bare = tag.startsWith('#') ? tag.slice(1) : tag;
    const at = bare.indexOf(separator);
    return at <= 0 || at === bare.length - 1 ? [] : [[bare.slice(0, at), bare.slice(at + 1)]];
  });

/** A name that may hold tags: `name,a=1` (InfluxDB), `name#a=1` (Librato), `na[a=1]me` (SignalFx). */
const readName = (written: string): { name: string; tags: Tags; hasBrackets: boolean } => {
  const [, before, inside, after] = /^([^[\]]*)\[([^[\]]*)\]([^[\]]*)$/.exec(written) ?? [];
  if (inside !== undefined)
    return { name: cleaned(`${before}${after}`), tags: readTags(inside, '='), hasBrackets: true };
  const [, name, rest] = /^([^,#=[\]]+)[,#]([^[\]]*)$/.exec(written) ?? [];
  const tags = name !== undefined && rest!.includes('=') ? readTags(rest!, '=') : [];
  return { name: cleaned(tags.length > 0 ? name! : written), tags, hasBrackets: false };
};

const cleaned = (name: string): string => plainMetricName(name.trim());
