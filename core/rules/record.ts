import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Alarm } from '../heartbeat/alarm.ts';
import type { LabelSet } from '../labels.ts';
import { limits } from '../limits.ts';
import type { Group, Rule } from './rule.ts';

/** One alert of a rule. `value` is its newest, as text, since it may be no finite number. */
export type AlertState = {
  readonly labels: LabelSet;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing' | 'inactive';
  readonly value: string;
  /** Since when it holds without a break. */
  readonly activeMs: number;
  readonly firedMs?: number;
  readonly resolvedMs?: number;
  /** Since when it fires only because of keep_firing_for. */
  readonly keptSinceMs?: number;
};

/** What is known of a rule: what its last evaluation gave. */
export type RuleState = {
  /** Says which rule it is: another text, other labels or another wait are another rule, which starts anew. */
  readonly key: string;
  readonly health: 'unknown' | 'ok' | 'err';
  readonly error?: string;
  readonly evaluatedMs: number;
  readonly tookMs: number;
  readonly alerts: readonly AlertState[];
  /** The series it gave last: one that it gives no more ends. */
  readonly series: readonly LabelSet[];
};

/** How a rule is shown, so that whoever lists rules need not have the file. */
type RuleShown = {
  readonly type: Rule['kind'];
  readonly name: string;
  readonly query: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly forMs: number;
  readonly keepFiringMs: number;
};

/** A group's state after its last evaluation, with the alarms that are not announced yet. */
export type GroupRecord = {
  readonly file: string;
  readonly name: string;
  readonly intervalMs: number;
  readonly limit: number;
  /** The newest instant that was evaluated. */
  readonly evaluatedMs: number;
  /** Instants that were missed for good. */
  readonly missed: number;
  /** How long the last evaluation waited for what was pushed before it to be stored. */
  readonly delayMs: number;
  readonly rules: readonly { readonly shown: RuleShown; readonly state: RuleState }[];
  readonly pending: readonly Alarm[];
};

const keyOfRule = (rule: Rule): string =>
  JSON.stringify([
    rule.kind,
    rule.name,
    rule.text,
    rule.labels,
    ...(rule.kind === 'alerting' ? [rule.forMs, rule.keepFiringMs, rule.annotations] : []),
  ]);

export const shownOf = (rule: Rule): RuleShown => ({
  type: rule.kind,
  name: rule.name,
  query: rule.text,
  labels: Object.fromEntries(rule.labels),
  annotations: rule.kind === 'alerting' ? Object.fromEntries(rule.annotations) : {},
  forMs: rule.kind === 'alerting' ? rule.forMs : 0,
  keepFiringMs: rule.kind === 'alerting' ? rule.keepFiringMs : 0,
});

/** What is known of each of the group's rules, in its order. */
export const statesOf = ({ rules }: Group, record: GroupRecord | undefined): RuleState[] => {
  const known = new Map(record?.rules.map(({ state }) => [state.key, state]));
  return rules.map(
    rule =>
      known.get(keyOfRule(rule)) ?? {
        key: keyOfRule(rule),
        health: 'unknown',
        evaluatedMs: 0,
        tookMs: 0,
        alerts: [],
        series: [],
      },
  );
};

export const encodeRecord = (record: GroupRecord): Uint8Array =>
  zstdCompressSync(Buffer.from(JSON.stringify(record), 'utf8'));

/** Throws on what is none: nobody else writes them. */
export const decodeRecord = (bytes: Uint8Array): GroupRecord =>
  JSON.parse(
    zstdDecompressSync(bytes, { maxOutputLength: limits.messageUnpackedBytes }).toString('utf8'),
  ) as GroupRecord;
