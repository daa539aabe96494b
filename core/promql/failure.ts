/** A question of good grammar and types that cannot be answered: Prometheus's own text, or a limit with its figures. */
export class EvaluationError extends Error {}
