import { samplesIn } from '../core/batch.ts';
import type { Alarm } from '../core/heartbeat/alarm.ts';
import { keyOf, type LabelSet } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { EvaluationError } from '../core/promql/result.ts';
import type { SeriesColumns } from '../core/promql/series.ts';
import { batchesOf, type GatheredSample } from '../core/protocol/gather.ts';
import { alarmsOf } from '../core/rules/alarm.ts';
import { alertsAt, type Element, recorded, seriesOf } from '../core/rules/alerting.ts';
import { dueAt, type Measured } from '../core/rules/due.ts';
import { type GroupRecord, type RuleState, shownOf, statesOf } from '../core/rules/record.ts';
import { type Group, groupIdOf, type Rule } from '../core/rules/rule.ts';
import { encodeBatch } from '../core/segment/batch-message.ts';
import type { KeptRecord } from '../io/ports.ts';
import type { Answering } from './answering.ts';
import { OverLimit } from './reading.ts';
import { ring } from './ringing.ts';
import type { RulePorts } from './rules.ts';

/** What a group's evaluations give until they are stored: later rules of the group see what earlier ones gave. */
class Given {
  readonly samples: GatheredSample[] = [];
  readonly #series = new Map<string, { readonly labels: LabelSet; readonly at: GatheredSample[] }>();

  add(sample: GatheredSample): void {
    this.samples.push(sample);
    const key = keyOf(sample.labels);
    const series = this.#series.get(key) ?? { labels: sample.labels, at: [] };
    this.#series.set(key, series);
    series.at.push(sample);
  }

  get columns(): SeriesColumns[] {
    return [...this.#series.values()].map(({ labels, at }) => ({
      labels,
      timesMs: Float64Array.from(at, ({ timestampMs }) => timestampMs!),
      values: Float64Array.from(at, ({ value }) => value),
      stale: Uint8Array.from(at, ({ stale }) => Number(stale === true)),
    }));
  }
}

/**
 * Evaluates what is due of a group. Samples first: whoever evaluates the same instant sends the same ones. Then the record, under the
 * condition that nobody else wrote it, with the alarms to ring; then these are rung, and crossed off.
 */
export const evaluateGroup = async (
  ports: RulePorts,
  answering: Answering,
  group: Group,
  road: Measured,
): Promise<void> => {
  const id = groupIdOf(group);
  const seen = await ports.rules.get(id);
  const settled = seen && (await announce(ports, id, seen));
  const { instants, missed } = dueAt(group.intervalMs, settled?.record.evaluatedMs, road.untilMs);
  if (instants.length === 0) return;
  const given = new Given();
  const alarms: Alarm[] = [];
  let states = statesOf(group, settled?.record);
  for (const atMs of instants) {
    const next: RuleState[] = [];
    for (const [place, rule] of group.rules.entries())
      next.push(await evaluateRule(ports, answering, group, rule, states[place]!, atMs, given));
    for (const [place, state] of next.entries()) alarms.push(...alarmsOf(group, states[place]!.alerts, state.alerts));
    states = next;
  }
  const evaluatedMs = instants.at(-1)!;
  const delivery = { id: `rules/${id}@${evaluatedMs}`, via: 'push' as const, acceptedAtMs: evaluatedMs };
  const batches = batchesOf(given.samples, delivery);
  await ports.buffer.send(batches.flatMap(encodeBatch));
  ports.measures.tell({ Accepted: samplesIn(batches) });
  const record: GroupRecord = {
    file: group.file,
    name: group.name,
    intervalMs: group.intervalMs,
    limit: group.limit,
    evaluatedMs,
    missed: (settled?.record.missed ?? 0) + missed,
    delayMs: road.delayMs,
    rules: group.rules.map((rule, place) => ({ shown: shownOf(rule), state: states[place]! })),
    pending: alarms,
  };
  const version = await ports.rules.swap(id, settled?.version ?? 0, record);
  // Somebody else evaluated it meanwhile, and rings.
  if (version !== undefined) await announce(ports, id, { record, version });
};

/** Rings what waits, and crosses it off. Rung twice is rung under the same id. */
const announce = async (ports: RulePorts, id: string, kept: KeptRecord): Promise<KeptRecord> => {
  if (kept.record.pending.length === 0) return kept;
  for (const alarm of kept.record.pending) await ring(ports, alarm);
  const record = { ...kept.record, pending: [] };
  const version = await ports.rules.swap(id, kept.version, record);
  return version === undefined ? kept : { record, version };
};

const evaluateRule = async (
  { clock, includesOlderEnd }: RulePorts,
  answering: Answering,
  { offsetMs, limit }: Group,
  rule: Rule,
  before: RuleState,
  atMs: number,
  given: Given,
): Promise<RuleState> => {
  const startedMs = clock.nowMs();
  const took = () => ({ evaluatedMs: atMs, tookMs: clock.nowMs() - startedMs });
  try {
    const lookMs = atMs - offsetMs;
    const query = {
      text: rule.text,
      expr: rule.expr,
      steps: { startMs: lookMs, stepMs: 1, count: 1 },
      endMs: lookMs,
      isInstant: true,
      lookbackMs: limits.lookbackMs,
      includesOlderEnd,
    };
    const { result, warnings } = await answering.answer(query, Number.POSITIVE_INFINITY, given.columns);
    // What could not be read may be what the rule is about: neither does an alert end by it, nor a series.
    if (warnings[0] !== undefined) throw new EvaluationError(warnings[0]);
    const found = elementsOf(result.value);
    const alerts = rule.kind === 'alerting' ? alertsAt(rule, before.alerts, found, atMs, limit) : [];
    const series = rule.kind === 'alerting' ? seriesOf(alerts) : recorded(rule, found, limit);
    const now = new Set(series.map(({ labels }) => keyOf(labels)));
    for (const { labels, value } of series) given.add({ labels, value, timestampMs: atMs });
    for (const labels of before.series)
      if (!now.has(keyOf(labels))) given.add({ labels, value: 0, stale: true, timestampMs: atMs });
    const sets = series.map(({ labels }) => labels);
    return { key: before.key, health: 'ok', ...took(), alerts, series: sets };
  } catch (error) {
    if (!(error instanceof EvaluationError || error instanceof OverLimit)) throw error;
    return { ...before, health: 'err', error: error.message, ...took() };
  }
};

const elementsOf = (value: Awaited<ReturnType<Answering['answer']>>['result']['value']): Element[] => {
  if (value.type === 'vector') return value.series.map(({ labels, value: number }) => ({ labels, value: number }));
  if (value.type === 'scalar') return [{ labels: [] as never, value: value.value }];
  throw new EvaluationError('rule result is not a vector or scalar');
};
