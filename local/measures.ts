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

type Kept = {
  readonly since: string;
  readonly values: Record<string, number>;
  /** By protocol and job, as `otlp checkout`. */
  pushed?: Record<string, Pushed>;
};

/** Protocols and jobs that are told apart; others are counted together. */
const mostPushed = 1_000;

/** Counts since the data folder was made, and of durations the longest: kept in `measures.json`, for the command line. */
export class LocalMeasures {
  readonly #file: string;
  readonly #kept: Kept;
  #isChanged = false;

  constructor(dataFolder: string) {
    this.#file = join(dataFolder, 'measures.json');
    this.#kept = readKept(this.#file);
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
    const { values } = this.#kept;
    for (const { Name, Unit } of metrics._aws.CloudWatchMetrics.flatMap(({ Metrics }) => Metrics)) {
      const [before, value] = [values[Name] ?? 0, Number(metrics[Name])];
      values[Name] = Unit === 'Count' ? before + value : Math.max(before, value);
    }
    this.#addPushed(metrics);
    this.#isChanged = true;
    return true;
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
    writeFileSync(`${this.#file}.new`, JSON.stringify(this.#kept));
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
