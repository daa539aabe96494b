import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** CloudWatch's embedded metric format, as far as it matters here. */
type MetricLine = {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly { readonly Metrics: readonly { Name: string; Unit?: string }[] }[];
  };
  readonly [name: string]: unknown;
};

/** Of one protocol and job: pushes taken and refused, samples taken and refused. */
type Pushed = { Pushes: number; Refused: number; Accepted: number; refusedSamples: number };

/** `recent`: by the instant at which each span begins, the same of the last day. */
type Kept = {
  readonly since: string;
  readonly values: Record<string, number>;
  readonly recent?: Record<string, Record<string, number>>;
  /** By protocol and job, as `otlp checkout`. */
  pushed?: Record<string, Pushed>;
};

/** Protocols and jobs that are told apart; others are counted together. */
const mostPushed = 1_000;

const spanMs = 300_000;
const keptMs = 25 * 3_600_000;

const added = (values: Record<string, number>, name: string, value: number, isCount: boolean): void => {
  const before = values[name] ?? 0;
  values[name] = isCount ? before + value : Math.max(before, value);
};

/**
 * Counts since the data folder was made, and of durations the longest; the same of the last day in spans of five minutes. Kept in
 * `measures.json`, for the command line and for whoever asks CloudWatch.
 */
export class LocalMeasures {
  readonly #file: string;
  readonly #kept: Kept;
  readonly #recent: Record<string, Record<string, number>>;
  readonly #nowMs: () => number;
  #isChanged = false;

  constructor(dataFolder: string, nowMs: () => number = Date.now) {
    this.#file = join(dataFolder, 'measures.json');
    this.#kept = readKept(this.#file);
    this.#recent = this.#kept.recent ?? {};
    this.#nowMs = nowMs;
  }

  /** Takes a line that a function wrote, if it is one of metrics. */
  take(line: string): boolean {
    if (!line.startsWith('{"_aws"')) return false;
    let metrics: MetricLine;
    try {
      metrics = JSON.parse(line) as MetricLine;
    } catch {
      return false;
    }
    const nowMs = this.#nowMs();
    const span = String(Math.floor(nowMs / spanMs) * spanMs);
    if (this.#recent[span] === undefined) {
      for (const at of Object.keys(this.#recent)) if (Number(at) < nowMs - keptMs) delete this.#recent[at];
      this.#recent[span] = {};
    }
    for (const { Name, Unit } of metrics._aws.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics)) {
      const value = Number(metrics[Name]);
      added(this.#kept.values, Name, value, Unit === 'Count');
      added(this.#recent[span], Name, value, Unit === 'Count');
    }
    this.#addPushed(metrics);
    this.#isChanged = true;
    return true;
  }

  /** A metric over spans of `everyMs` in [fromMs, toMs), added up or the largest; spans without a value are left out. */
  over(name: string, fromMs: number, toMs: number, everyMs: number, isSum: boolean): [atMs: number, value: number][] {
    const spans = new Map<number, number>();
    for (const [at, values] of Object.entries(this.#recent)) {
      const [atMs, value] = [Number(at), values[name]];
      if (value === undefined || atMs < fromMs || atMs >= toMs) continue;
      const span = Math.floor(atMs / everyMs) * everyMs;
      const before = spans.get(span) ?? 0;
      spans.set(span, isSum ? before + value : Math.max(before, value));
    }
    return [...spans].sort(([a], [b]) => a - b);
  }

  #addPushed(line: MetricLine): void {
    const { protocol, job } = line;
    if (typeof protocol !== 'string' || typeof job !== 'string') return;
    this.#kept.pushed ??= {};
    const { pushed } = this.#kept;
    const name = `${protocol} ${job}`;
    const key = Object.hasOwn(pushed, name) || Object.keys(pushed).length < mostPushed ? name : 'other';
    pushed[key] ??= { Pushes: 0, Refused: 0, Accepted: 0, refusedSamples: 0 };
    for (const each of Object.keys(pushed[key]) as (keyof Pushed)[]) pushed[key][each] += Number(line[each] ?? 0);
  }

  /** Writes what changed, so that a reader sees all of it or what was before. */
  save(): void {
    if (!this.#isChanged) return;
    writeFileSync(`${this.#file}.new`, JSON.stringify({ ...this.#kept, recent: this.#recent }));
    renameSync(`${this.#file}.new`, this.#file);
    this.#isChanged = false;
  }
}

const readKept = (file: string): Kept => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Kept;
  } catch {
    return { since: new Date().toISOString(), values: {} };
  }
};
