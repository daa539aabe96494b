import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { Construct } from 'constructs';
import { readRules } from '../core/rules/read.ts';
import { environment } from '../io/aws/contract.ts';
import type { AlarmTopic } from './alarm-topic.ts';
import type { CollectorProps } from './collector-props.ts';
import { Handler, type Household } from './handler.ts';
import type { ObjectStore } from './object-store.ts';
import type { Queue } from './queue.ts';
import type { Table } from './table.ts';
import { Tick } from './tick.ts';

type Surroundings = {
  readonly household: Household;
  readonly props: CollectorProps;
  readonly series: Table;
  readonly blocks: ObjectStore;
  readonly buffer: Queue;
  readonly topic: AlarmTopic;
  /** For how many days samples are kept, as functions are told. */
  readonly keptFor: string;
};

/** Who evaluates rules, where there are some: series, blocks ─► rules ─► buffer, alarms. */
export const evaluators = (scope: Construct, surroundings: Surroundings): Handler[] => {
  const { household, props, series, blocks, buffer, topic, keptFor } = surroundings;
  const { rules = [], ranges } = props;
  if (rules.length === 0) return [];
  const { handler } = new RuleEvaluation(scope, 'RuleEvaluation', { household, files: rules });
  series.lookedUpBy(handler);
  series.readBy(handler);
  series.queriedBy(handler);
  series.keptBy(handler);
  // What it rang can be looked up.
  series.writtenBy(handler);
  blocks.readBy(handler);
  buffer.fedBy(handler);
  topic.rungBy(handler);
  handler.knows(environment.retention, keptFor);
  if (ranges === 'prometheus-2') handler.knows(environment.ranges, ranges);
  return [handler];
};

type RuleEvaluationProps = {
  readonly household: Household;
  /** Paths of files of rules. */
  readonly files: readonly string[];
};

/** Evaluates rules each minute, which costs what its runs cost. */
class RuleEvaluation extends Construct {
  readonly handler: Handler;

  constructor(scope: Construct, id: string, { household, files }: RuleEvaluationProps) {
    super(scope, id);
    // The files travel in front of the code: no table, no bucket and no setting holds so much, or would be read for nothing.
    const front = `globalThis.sluiceRules=${JSON.stringify(filesIn(files))};\n`;
    // A whole core: it queries as query does.
    const room = { memoryMiB: 1769, timeoutSeconds: 55 };
    this.handler = new Handler(this, 'Rules', { household, entry: 'rules', front, ...room });
    new Tick(this, 'Tick', { wakes: this.handler });
  }
}

/** Throws on the first file that cannot be meant, with place and reason. */
const filesIn = (paths: readonly string[]): { readonly name: string; readonly text: string }[] => {
  const files = paths.map(path => ({ name: basename(path), path, text: readFileSync(path, 'utf8') }));
  for (const { path, name, text } of files) {
    if (files.filter(each => each.name === name).length > 1)
      throw new Error(`rules: two files are called ${name}, which their groups are known by`);
    const [reject] = readRules(text, name).rejects;
    if (reject === undefined) continue;
    const { line, path: where = '' } = reject.place ?? {};
    throw new Error(`rules: ${path}${line === undefined ? '' : `:${line}`}: ${where}: ${reject.reason}`);
  }
  return files.map(({ name, text }) => ({ name, text }));
};
