import { keyOf, type Label, type LabelSet, labelSetOf, metricNameLabel } from '../labels.ts';
import { limits } from '../limits.ts';
import { writeValue } from '../promql/numbers.ts';
import { EvaluationError } from '../promql/result.ts';
import type { AlertState } from './record.ts';
import type { Alerting, Recording } from './rule.ts';
import { readTemplate, type Scope } from './template.ts';

/** One element of what an expression gave. */
export type Element = { readonly labels: LabelSet; readonly value: number };

const checkCount = (count: number, limit: number, what: string): void => {
  const most = limit > 0 ? limit : limits.ruleSeries;
  if (count > most) throw new EvaluationError(`exceeded limit of ${most} with ${count} ${what}`);
};

/** What a recording rule gives: its name in the place of theirs, and its labels over theirs. */
export const recorded = (rule: Recording, found: readonly Element[], limit: number): Element[] => {
  checkCount(found.length, limit, 'series');
  const series = found.map(({ labels, value }) => ({
    labels: labelSetOf([...labels, ...rule.labels, [metricNameLabel, rule.name]]),
    value,
  }));
  if (new Set(series.map(({ labels }) => keyOf(labels))).size < series.length)
    throw new EvaluationError('vector contains metrics with the same labelset after applying rule labels');
  return series;
};

const written = (templates: readonly (readonly [string, string])[], scope: Scope): Label[] =>
  templates.map(([name, text]) => {
    const template = readTemplate(text);
    return [name, template.ok ? template.write(scope) : `<${template.reason}>`];
  });

type Held = {
  readonly labels: LabelSet;
  readonly annotations: Readonly<Record<string, string>>;
  readonly value: number;
};

const held = (rule: Alerting, found: readonly Element[]): Map<string, Held> => {
  const all = new Map<string, Held>();
  for (const { labels, value } of found) {
    const scope = { value, labels: Object.fromEntries(labels) };
    const own = labels.filter(([name]) => name !== metricNameLabel);
    const whole = labelSetOf([...own, ...written(rule.labels, scope), ['alertname', rule.name]]);
    if (all.has(keyOf(whole)))
      throw new EvaluationError('vector contains metrics with the same labelset after applying alert labels');
    all.set(keyOf(whole), { labels: whole, annotations: Object.fromEntries(written(rule.annotations, scope)), value });
  }
  return all;
};

/** An alert after an evaluation at which it did not hold; undefined once nobody need know of it. */
const letGo = (alert: AlertState, { keepFiringMs }: Alerting, atMs: number): AlertState | undefined => {
  if (alert.state === 'firing' && keepFiringMs > 0) {
    const keptSinceMs = alert.keptSinceMs ?? atMs;
    if (atMs - keptSinceMs < keepFiringMs) return { ...alert, keptSinceMs };
  }
  if (alert.state === 'pending') return undefined;
  if (alert.state === 'firing') return { ...alert, state: 'inactive', resolvedMs: atMs };
  return atMs - (alert.resolvedMs ?? 0) > limits.ruleResolvedMs ? undefined : alert;
};

/**
 * The alerts of a rule after an evaluation that found these elements (rules/alerting.go, Eval): who holds for as long as `for`
 * fires, exactly at its end already; who no longer holds is resolved, and listed as such for a while.
 */
export const alertsAt = (
  rule: Alerting,
  before: readonly AlertState[],
  found: readonly Element[],
  atMs: number,
  limit: number,
): AlertState[] => {
  const now = held(rule, found);
  const after: AlertState[] = [];
  for (const alert of before) {
    const key = keyOf(alert.labels);
    const still = now.get(key);
    if (still !== undefined && alert.state !== 'inactive') {
      const { keptSinceMs: _, ...rest } = alert;
      after.push({ ...rest, annotations: still.annotations, value: writeValue(still.value) });
      now.delete(key);
    } else if (still === undefined) {
      const left = letGo(alert, rule, atMs);
      if (left !== undefined) after.push(left);
    }
  }
  for (const { labels, annotations, value } of now.values())
    after.push({ labels, annotations, state: 'pending', value: writeValue(value), activeMs: atMs });
  const fired = after.map(
    (alert): AlertState =>
      alert.state === 'pending' && atMs - alert.activeMs >= rule.forMs
        ? { ...alert, state: 'firing', firedMs: atMs }
        : alert,
  );
  checkCount(fired.filter(({ state }) => state !== 'inactive').length, limit, 'alerts');
  return fired;
};

/** The series in which alerts can be asked about: ALERTS, and since when each holds. */
export const seriesOf = (alerts: readonly AlertState[]): Element[] =>
  alerts
    .filter(({ state }) => state !== 'inactive')
    .flatMap(({ labels, state, activeMs }) => [
      { labels: labelSetOf([...labels, [metricNameLabel, 'ALERTS'], ['alertstate', state]]), value: 1 },
      { labels: labelSetOf([...labels, [metricNameLabel, 'ALERTS_FOR_STATE']]), value: activeMs / 1_000 },
    ]);
