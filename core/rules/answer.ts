import type { AlertState, GroupRecord } from './record.ts';

// /api/v1/rules and what of it /api/v1/alerts lists, as Prometheus gives them.

const timeOf = (ms: number): string => (ms === 0 ? '0001-01-01T00:00:00Z' : new Date(ms).toISOString());

const alertOf = ({ labels, annotations, state, activeMs, value, keptSinceMs }: AlertState) => ({
  labels: Object.fromEntries(labels),
  annotations,
  state,
  activeAt: timeOf(activeMs),
  ...(keptSinceMs !== undefined && { keepFiringSince: timeOf(keptSinceMs) }),
  // Prometheus writes it with an exponent always.
  value: Number.isFinite(Number(value))
    ? Number(value)
        .toExponential()
        .replace(/e([+-])(\d)$/, 'e$10$2')
    : value,
});

const activeIn = (alerts: readonly AlertState[]): AlertState[] => alerts.filter(({ state }) => state !== 'inactive');

/** Alerts that wait or fire, of all rules. */
export const alertsIn = (records: readonly GroupRecord[]) =>
  records.flatMap(({ rules }) => rules.flatMap(({ state }) => activeIn(state.alerts).map(alertOf)));

const stateOf = (alerts: readonly AlertState[]): AlertState['state'] =>
  (['firing', 'pending'] as const).find(state => alerts.some(alert => alert.state === state)) ?? 'inactive';

/** Groups in the order of their files and names; `type` asks for one kind of rule. */
export const rulesIn = (records: readonly GroupRecord[], type?: 'alert' | 'record') => ({
  groups: [...records]
    .sort((a, b) => (a.file + a.name < b.file + b.name ? -1 : 1))
    .map(({ file, name, intervalMs, limit, evaluatedMs, missed, delayMs, rules }) => ({
      name,
      file,
      interval: intervalMs / 1_000,
      limit,
      rules: rules
        .filter(({ shown }) => type === undefined || (shown.type === 'alerting') === (type === 'alert'))
        .map(({ shown, state }) => ({
          ...(shown.type === 'alerting' && {
            state: stateOf(state.alerts),
            duration: shown.forMs / 1_000,
            keepFiringFor: shown.keepFiringMs / 1_000,
            annotations: shown.annotations,
            alerts: activeIn(state.alerts).map(alertOf),
          }),
          name: shown.name,
          query: shown.query,
          labels: shown.labels,
          health: state.health,
          ...(state.error !== undefined && { lastError: state.error }),
          evaluationTime: state.tookMs / 1_000,
          lastEvaluation: timeOf(state.evaluatedMs),
          type: shown.type,
        })),
      evaluationTime: rules.reduce((sum, { state }) => sum + state.tookMs, 0) / 1_000,
      lastEvaluation: timeOf(evaluatedMs),
      // Beyond Prometheus: how long it waits for what is on its way, and what it never made good.
      evaluationDelay: delayMs / 1_000,
      missedEvaluations: missed,
    })),
});
