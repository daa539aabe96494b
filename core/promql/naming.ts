import { type LabelSet, metricNameLabel, pick } from '../labels.ts';
import { type Expr, isComparison } from './ast.ts';

/** Labels that say what a metric is; what is computed from it is something else (prometheus schema/labels.go). */
const naming: ReadonlySet<string> = new Set([metricNameLabel, '__type__', '__unit__']);

export const withoutName = (labels: LabelSet): LabelSet =>
  labels.some(([name]) => naming.has(name)) ? pick(labels, name => !naming.has(name)) : labels;

/**
 * Whether two series of this expression may differ in nothing but their names, so that dropping these could make them
 * one. Where it is false nobody has to compare label sets.
 */
export const mayClash = (expr: Expr): boolean => {
  switch (expr.kind) {
    case 'selector':
      return !expr.matchers.some(({ name, op }) => name === metricNameLabel && op === '=');
    case 'range':
      return mayClash(expr.selector);
    case 'aggregation':
      if (expr.op === 'topk' || expr.op === 'bottomk' || expr.op === 'limitk') return mayClash(expr.body);
      return expr.grouping.labels.some(label => naming.has(label)) || expr.op === 'count_values';
    case 'call':
      if (expr.name === 'label_replace' || expr.name === 'label_join') return true;
      return expr.args.some(mayClash);
    case 'binary':
      if (expr.op === 'or' || isComparison(expr.op)) return true;
      if (expr.op === 'and' || expr.op === 'unless') return mayClash(expr.left);
      return expr.matching.include.some(label => naming.has(label));
    case 'subquery':
    case 'parens':
    case 'sign':
      return mayClash(expr.body);
    default:
      return false;
  }
};
