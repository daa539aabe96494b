import type { AttributeValue } from '@aws-sdk/client-dynamodb';

type Item = Readonly<Record<string, AttributeValue>>;

export type ExpressionContext = {
  readonly names?: Readonly<Record<string, string>> | undefined;
  readonly values?: Readonly<Record<string, AttributeValue>> | undefined;
};

/** What DynamoDB compares: texts by their code units, numbers by value, bytes by their text here. */
const comparable = (value: AttributeValue | undefined): string | number | undefined => {
  if (value === undefined) return undefined;
  if (value.S !== undefined) return value.S;
  if (value.N !== undefined) return Number(value.N);
  if (value.BOOL !== undefined) return String(value.BOOL);
  if (value.B !== undefined) return Buffer.from(value.B).toString('latin1');
  return JSON.stringify(value);
};

const comparisons: Readonly<Record<string, (a: string | number, b: string | number) => boolean>> = {
  '=': (a, b) => a === b,
  '<>': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** Whether a condition, filter or key condition of DynamoDB's holds for an item; what is not known here is a throw. */
export const holds = (expression: string | undefined, item: Item | undefined, context: ExpressionContext): boolean =>
  expression === undefined || new Evaluation(expression, item ?? {}, context).result();

const known = new Map<string, readonly string[]>();

/** The product has a dozen expressions, each evaluated for every item. */
const tokensOf = (expression: string): readonly string[] => {
  const tokens = known.get(expression) ?? expression.match(/[#:]?[A-Za-z_][\w.-]*|<=|>=|<>|[=<>(),]/g) ?? [];
  known.set(expression, tokens);
  return tokens;
};

class Evaluation {
  readonly #tokens: readonly string[];
  readonly #item: Item;
  readonly #context: ExpressionContext;
  #at = 0;

  constructor(expression: string, item: Item, context: ExpressionContext) {
    this.#tokens = tokensOf(expression);
    this.#item = item;
    this.#context = context;
  }

  result(): boolean {
    const result = this.#any();
    if (this.#at < this.#tokens.length) throw new Error(`not understood: ${this.#tokens.slice(this.#at).join(' ')}`);
    return result;
  }

  #any(): boolean {
    let result = this.#all();
    while (this.#takes('OR')) result = this.#all() || result;
    return result;
  }

  #all(): boolean {
    let result = this.#one();
    while (this.#takes('AND')) result = this.#one() && result;
    return result;
  }

  #one(): boolean {
    if (this.#takes('NOT')) return !this.#one();
    if (this.#takes('(')) {
      const result = this.#any();
      this.#expect(')');
      return result;
    }
    if (this.#takes('attribute_exists')) return this.#arguments(1)[0] !== undefined;
    if (this.#takes('attribute_not_exists')) return this.#arguments(1)[0] === undefined;
    if (this.#takes('begins_with')) {
      const [text, start] = this.#arguments(2);
      return typeof text === 'string' && text.startsWith(String(start));
    }
    const left = this.#operand();
    if (this.#takes('BETWEEN')) {
      const from = this.#operand();
      this.#expect('AND');
      const to = this.#operand();
      return left !== undefined && left >= from! && left <= to!;
    }
    const compare = comparisons[this.#tokens[this.#at++] ?? ''];
    if (compare === undefined) throw new Error(`no comparison at ${this.#at} of ${this.#tokens.join(' ')}`);
    const right = this.#operand();
    return left !== undefined && right !== undefined && compare(left, right);
  }

  #arguments(count: number): (string | number | undefined)[] {
    this.#expect('(');
    const found = [this.#operand()];
    while (found.length < count) {
      this.#expect(',');
      found.push(this.#operand());
    }
    this.#expect(')');
    return found;
  }

  #operand(): string | number | undefined {
    const token = this.#tokens[this.#at++] ?? '';
    if (token.startsWith(':')) return comparable(this.#context.values?.[token]);
    return comparable(this.#item[token.startsWith('#') ? (this.#context.names?.[token] ?? token) : token]);
  }

  #takes(word: string): boolean {
    if (this.#tokens[this.#at] !== word) return false;
    this.#at += 1;
    return true;
  }

  #expect(word: string): void {
    if (!this.#takes(word)) throw new Error(`expected ${word} at ${this.#at} of ${this.#tokens.join(' ')}`);
  }
}
