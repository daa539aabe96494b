import { Fault } from '../../core/fault.ts';
import { limits } from '../../core/limits.ts';

type Page<T> = { readonly page: readonly T[]; readonly next: string | undefined };

/** Everything that an operation lists, page by page. Throws beyond `most`: a part would look as if the rest were gone. */
export const everyPage = async <T>(
  operation: string,
  most: number,
  ask: (token: string | undefined) => Promise<Page<T>>,
): Promise<T[]> => {
  const all: T[] = [];
  let token: string | undefined;
  for (let pages = 0; pages < limits.inventoryPages; pages += 1) {
    const { page, next } = await ask(token);
    all.push(...page);
    if (all.length > most) break;
    if (next === undefined || next === '') return all;
    token = next;
  }
  throw new Fault('TooMany', `${operation}: lists more than ${most}, name what you want of them`, { retryable: false });
};

/** The list that an answer has under a name. Throws where it has none: another answer than was asked for must not read as an empty one. */
export const listIn = <T>(
  operation: string,
  answer: Readonly<Record<string, unknown>>,
  field: string,
): readonly T[] => {
  const list = answer[field];
  if (Array.isArray(list)) return list as readonly T[];
  throw new Fault('BadAnswer', `${operation}: answers without ${field}`, { retryable: true });
};

/** In groups of so many, as operations take names. */
export const groupsOf = <T>(all: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));
