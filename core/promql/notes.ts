import { placeIn } from './syntax.ts';

/** Listed in an answer, as Prometheus does (web/api/v1/api.go); further ones are counted. */
const listed = 10;

/**
 * What a query's author should know of an answer: warnings where it may be wrong, infos where the question may be. The
 * words are Prometheus's (util/annotations), each with the place in the query that it is about, and each once.
 */
export class Notes {
  readonly #text: string;
  readonly #warnings = new Set<string>();
  readonly #infos = new Set<string>();

  constructor(text: string) {
    this.#text = text;
  }

  warn(about: string, at: number): void {
    this.#warnings.add(`PromQL warning: ${about} (${this.#place(at)})`);
  }

  inform(about: string, at: number): void {
    this.#infos.add(`PromQL info: ${about} (${this.#place(at)})`);
  }

  get warnings(): string[] {
    return shortened([...this.#warnings], 'warning');
  }

  get infos(): string[] {
    return shortened([...this.#infos], 'info');
  }

  #place(at: number): string {
    const { line, column } = placeIn(this.#text, at);
    return `${line}:${column}`;
  }
}

const shortened = (texts: readonly string[], kind: string): string[] =>
  texts.length <= listed
    ? [...texts]
    : [...texts.slice(0, listed), `${texts.length - listed} more ${kind} annotations omitted`];
