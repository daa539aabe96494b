import { load, YAMLException } from 'js-yaml';
import * as z from 'zod';
import { readDuration } from '../duration.ts';
import { limits } from '../limits.ts';
import { readQuery } from '../promql/query.ts';
import type { Read, Reject } from '../reject.ts';
import { lineFinder } from './lines.ts';
import type { Group, Rule } from './rule.ts';
import { readTemplate } from './template.ts';

// Prometheus's rule files (model/rulefmt): what they may say, and what is wrong with one.

const duration = z.union([z.string(), z.number()]).transform((text, context) => {
  const ms = readDuration(String(text));
  if (ms !== undefined) return ms;
  context.addIssue({ code: 'custom', message: `not a valid duration string: ${JSON.stringify(text)}` });
  return z.NEVER;
});

const labels = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).nullish();

const ruleSchema = z.strictObject({
  record: z.string().nullish(),
  alert: z.string().nullish(),
  expr: z.union([z.string(), z.number()]).transform(String),
  for: duration.nullish(),
  keep_firing_for: duration.nullish(),
  labels,
  annotations: labels,
});

const groupSchema = z.strictObject({
  name: z.string().min(1, 'Groupname must not be empty'),
  interval: duration.nullish(),
  limit: z.number().int().min(0).nullish(),
  query_offset: duration.nullish(),
  labels,
  rules: z.array(z.unknown()).nullish(),
});

const fileSchema = z.strictObject({ groups: z.array(z.unknown()).nullish() });

const metricName = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

type Said = (reason: string) => void;

/** Reads a file of rules; with any reject nothing of it is to be used. Each reject has line and place, as promtool's. */
export const readRules = (text: string, file: string): Read<readonly Group[]> => {
  const rejects: Reject[] = [];
  const say =
    (path: string, line?: number): Said =>
    reason =>
      rejects.push({ code: 'bad_rules', place: { ...(line !== undefined && { line }), path }, reason });
  let parsed: unknown;
  try {
    // A file of comments alone is one of no groups.
    parsed = text.split('\n').every(line => /^\s*(#|$)/.test(line)) ? {} : load(text);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const line = error.mark?.line === undefined ? undefined : error.mark.line + 1;
    say(file, line)(error.reason ?? error.message);
    return { value: [], rejects };
  }
  const whole = fileSchema.safeParse(parsed ?? {});
  if (!whole.success) {
    told(whole.error, say(file));
    return { value: [], rejects };
  }
  const groups: Group[] = [];
  const names = new Set<string>();
  const lines = lineFinder(text);
  for (const [at, input] of (whole.data.groups ?? []).entries()) {
    const read = groupSchema.safeParse(input);
    if (!read.success) {
      told(read.error, say(`groups[${at}]`));
      continue;
    }
    const { name, interval, limit, query_offset, rules } = read.data;
    const sayGroup = say(`group ${JSON.stringify(name)}`, lines.ofGroup(name));
    if (names.has(name)) sayGroup('groupname is repeated in the same file');
    names.add(name);
    const intervalMs = interval || limits.ruleIntervalMs;
    if (intervalMs < limits.ruleIntervalMinMs || intervalMs > limits.ruleIntervalMaxMs)
      sayGroup(`an interval of ${intervalMs} ms, expected ${limits.ruleIntervalMinMs} to ${limits.ruleIntervalMaxMs}`);
    const own = Object.entries(read.data.labels ?? {});
    const made: Rule[] = [];
    for (const [place, each] of (rules ?? []).entries()) {
      const named = nameIn(each);
      const line = lines.nextRule();
      const rule = readRule(
        each,
        own,
        say(`group ${JSON.stringify(name)}, rule ${place + 1}, ${JSON.stringify(named)}`, line),
      );
      if (rule !== undefined) made.push(rule);
    }
    groups.push({ file, name, intervalMs, limit: limit ?? 0, offsetMs: query_offset ?? 0, rules: made });
  }
  const count = groups.reduce((sum, group) => sum + group.rules.length, 0);
  if (count > limits.rules) say(file)(`${count} rules, the limit is ${limits.rules}`);
  return { value: rejects.length > 0 ? [] : groups, rejects };
};

const told = (error: z.ZodError, say: Said): void => {
  for (const { path, message } of error.issues) say(`${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`);
};

const nameIn = (rule: unknown): string => {
  const { record, alert } = (rule ?? {}) as { readonly record?: unknown; readonly alert?: unknown };
  return String(record ?? alert ?? '');
};

const readRule = (input: unknown, ofGroup: readonly (readonly [string, string])[], say: Said): Rule | undefined => {
  const read = ruleSchema.safeParse(input);
  if (!read.success) {
    told(read.error, say);
    return undefined;
  }
  const { record, alert, expr: text, for: forMs, keep_firing_for: keepFiringMs } = read.data;
  const labelled = [...new Map([...ofGroup, ...Object.entries(read.data.labels ?? {})])];
  const annotations = Object.entries(read.data.annotations ?? {});
  if (record && alert) say("only one of 'record' and 'alert' must be set");
  if (!record && !alert) say("one of 'record' or 'alert' must be set");
  if (text.trim() === '') say("field 'expr' must be set in rule");
  for (const [name] of labelled) if (!labelName.test(name) || name === '__name__') say(`invalid label name: ${name}`);
  const asked = { steps: { startMs: 0, stepMs: 1, count: 1 }, endMs: 0, isInstant: true };
  const { value: query, rejects } = readQuery(text, asked);
  if (query === undefined) {
    const { place, reason } = rejects[0] ?? { reason: 'unreadable' };
    const where = place?.line === undefined ? '' : `${place.line}:${place.column}: `;
    say(`could not parse expression: ${where}${reason}`);
    return undefined;
  }
  if (record) {
    if (!metricName.test(record)) say(`invalid recording rule name: ${record}`);
    if (annotations.length > 0) say("invalid field 'annotations' in recording rule");
    if (forMs) say("invalid field 'for' in recording rule");
    if (keepFiringMs) say("invalid field 'keep_firing_for' in recording rule");
    return { kind: 'recording', name: record, text, expr: query.expr, labels: labelled };
  }
  for (const [kind, all] of [
    ['label', labelled],
    ['annotation', annotations],
  ] as const) {
    for (const [name, value] of all) {
      if (kind === 'annotation' && !labelName.test(name)) say(`invalid annotation name: ${name}`);
      const template = readTemplate(value);
      if (!template.ok) say(`${kind} ${JSON.stringify(name)}: ${template.reason}`);
    }
  }
  return {
    kind: 'alerting',
    name: alert ?? '',
    text,
    expr: query.expr,
    forMs: forMs ?? 0,
    keepFiringMs: keepFiringMs ?? 0,
    labels: labelled,
    annotations,
  };
};
