import type { Expr } from '../promql/ast.ts';

export type Recording = {
  readonly kind: 'recording';
  /** The metric that is made. */
  readonly name: string;
  readonly text: string;
  readonly expr: Expr;
  readonly labels: readonly (readonly [name: string, value: string])[];
};

export type Alerting = {
  readonly kind: 'alerting';
  readonly name: string;
  readonly text: string;
  readonly expr: Expr;
  /** How long it must hold before it fires, and go on firing once it no longer does. */
  readonly forMs: number;
  readonly keepFiringMs: number;
  /** Templates, like the annotations. */
  readonly labels: readonly (readonly [name: string, value: string])[];
  readonly annotations: readonly (readonly [name: string, value: string])[];
};

export type Rule = Recording | Alerting;

/** Rules that are evaluated one after the other at the same instants: whole multiples of the interval since 1970. */
export type Group = {
  readonly file: string;
  readonly name: string;
  readonly intervalMs: number;
  /** Series or alerts one rule may give; 0 for as many as limits.ruleSeries. */
  readonly limit: number;
  /** How far before their instant queries look, besides the delay that is measured. */
  readonly offsetMs: number;
  readonly rules: readonly Rule[];
};

/** What a group is called everywhere. */
export const groupIdOf = ({ file, name }: Pick<Group, 'file' | 'name'>): string => `${file};${name}`;
