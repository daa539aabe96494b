import { RE2JS } from 're2js';
import { type LabelSet, labelOf, labelSetOf } from '../../labels.ts';
import type { Call, StringLiteral } from '../ast.ts';
import { bare } from '../ast.ts';
import { EvaluationError } from '../result.ts';
import type { Emit, StepSeries, Steps } from '../series.ts';
import { Union } from '../union.ts';
import type { Evaluation } from './evaluation.ts';

const textsOf = (call: Call): string[] => call.args.slice(1).map(arg => (bare(arg) as StringLiteral).value);

/** Any text but the empty one, as labels are in Prometheus 3. */
const isLabelName = (name: string): boolean => name !== '' && name.isWellFormed();

const withLabel = (labels: LabelSet, name: string, value: string): LabelSet => labelSetOf([...labels, [name, value]]);

/** The series of the first argument under labels made of theirs. */
const relabelled = (
  evaluation: Evaluation,
  call: Call,
  steps: Steps,
  emit: Emit<StepSeries>,
  of: (labels: LabelSet) => LabelSet,
): void => {
  const union = new Union(evaluation.budget);
  evaluation.series(call.args[0]!, steps, series => union.add({ ...series, labels: of(series.labels) }));
  union.emit(emit);
};

export const labelReplace = (evaluation: Evaluation, call: Call, steps: Steps, emit: Emit<StepSeries>): void => {
  const [into = '', replacement = '', from = '', pattern = ''] = textsOf(call);
  const matching = compile(pattern);
  if (!isLabelName(into)) throw new EvaluationError(`invalid destination label name in label_replace(): ${into}`);
  relabelled(evaluation, call, steps, emit, labels => {
    const groups = matching(labelOf(labels, from));
    return groups === undefined ? labels : withLabel(labels, into, expand(replacement, groups));
  });
};

export const labelJoin = (evaluation: Evaluation, call: Call, steps: Steps, emit: Emit<StepSeries>): void => {
  const [into = '', separator = '', ...sources] = textsOf(call);
  for (const source of sources)
    if (!isLabelName(source)) throw new EvaluationError(`invalid source label name in label_join(): ${source}`);
  if (!isLabelName(into)) throw new EvaluationError(`invalid destination label name in label_join(): ${into}`);
  relabelled(evaluation, call, steps, emit, labels =>
    withLabel(labels, into, sources.map(source => labelOf(labels, source)).join(separator)),
  );
};

/** The groups of a match, by their number and name; the whole match is 0. */
type Groups = ReadonlyMap<string, string>;

/** Matches the whole text, `.` a newline too. */
const compile = (pattern: string): ((text: string) => Groups | undefined) => {
  let compiled: RE2JS;
  try {
    compiled = RE2JS.compile(`^(?:${pattern})$`, RE2JS.DOTALL);
  } catch {
    throw new EvaluationError(`invalid regular expression in label_replace(): ${pattern}`);
  }
  const names = Object.entries(compiled.namedGroups() as Record<string, number>);
  return text => {
    const matcher = compiled.matcher(text);
    if (!matcher.matches()) return undefined;
    const groups = new Map<string, string>();
    for (let at = 0; at <= compiled.groupCount(); at += 1) groups.set(String(at), matcher.group(at) ?? '');
    for (const [name, at] of names) groups.set(name, groups.get(String(at))!);
    return groups;
  };
};

/** Go's Regexp.Expand: `$1`, `${1}`, `$name`, `$$`; a name is as long as it can be, an unknown group is empty. */
const expand = (template: string, groups: Groups): string =>
  template.replace(/\$(?:(\$)|\{(\w+)\}|(\w+))/g, (_, dollar?: string, braced?: string, plain?: string) =>
    dollar !== undefined ? '$' : (groups.get(canonical(braced ?? plain ?? '')) ?? ''),
  );

/** `01` is group 1. */
const canonical = (name: string): string => (/^\d+$/.test(name) ? String(Number(name)) : name);
