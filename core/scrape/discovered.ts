import { limits } from '../limits.ts';
import { type Read, type Reject, textOfReject } from '../reject.ts';
import type { AwsList, Discovery, HttpList } from './discovery.ts';
import type { Found } from './found/found.ts';
import { importTargets, type Row } from './import.ts';
import { readTarget } from './target.ts';

// What was found becomes rows. One that cannot be a target is left out and said; one that the list's own rules drop is left out.

const rejectOf = (reason: string): Reject => ({ code: 'bad_list', reason });

const tooMany = (count: number): Reject => rejectOf(`lists ${count} targets, the limit is ${limits.discoveredTargets}`);

/** Which rows there should be; `isPart` where there may be more than is known, so that none is to go. */
export type Listed = Read<readonly Row[] | undefined> & { readonly isPart?: boolean };

const isObject = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);

const isGroup = (value: unknown): boolean =>
  isObject(value) &&
  Array.isArray(value['targets']) &&
  value['targets'].every(target => typeof target === 'string') &&
  (value['labels'] == null || isObject(value['labels']));

/**
 * The rows that a list of HTTP SD asks for. Undefined where any of it is no list, as in Prometheus; a target that cannot be one is
 * left out, and keeps none that are listed no more.
 */
export const rowsOfList = ({ id, url, template }: HttpList, body: Uint8Array): Read<readonly Row[] | undefined> => {
  let list: unknown;
  try {
    list = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return { value: undefined, rejects: [rejectOf('answers no JSON')] };
  }
  if (!Array.isArray(list)) return { value: undefined, rejects: [rejectOf('answers no list')] };
  if (!list.every(isGroup))
    return { value: undefined, rejects: [rejectOf('answers something else than a list of {targets, labels}')] };
  const { rows, notes } = importTargets(
    list,
    { job: 'default', ...template, discovered_by: id },
    { __meta_url: url },
    { drops: 'silent', within: `${id}/` },
  );
  if (rows.length > limits.discoveredTargets) return { value: undefined, rejects: [tooMany(rows.length)] };
  return { value: rows, rejects: notes.slice(0, limits.rejectsListed).map(rejectOf) };
};

/** The rows that what was found in the account asks for, named by what is found and not by where it is. */
export const rowsOfFound = (list: AwsList, found: readonly Found[]): Read<readonly Row[] | undefined> => {
  if (found.length > limits.discoveredTargets) return { value: undefined, rejects: [tooMany(found.length)] };
  const rows: Row[] = [];
  const rejects: Reject[] = [];
  for (const each of found) {
    const row = rowOf(list, each);
    const { value, rejects: wrong } = readTarget(row);
    if (wrong.length > 0) rejects.push(rejectOf(`${each.id} was not taken: ${wrong.map(textOfReject).join('; ')}`));
    else if (value !== undefined) rows.push(row);
  }
  return { value: rows, rejects: rejects.slice(0, limits.rejectsListed) };
};

/** What the row of something found is called: of a task or an instance the same in every state. */
export const rowIdOf = ({ id }: Discovery, foundId: string): string => `${id}/${foundId}`;

const rowOf = (list: AwsList, { id, address, labels, startedMs }: Found): Row => {
  const { template } = list;
  return {
    ...template,
    id: rowIdOf(list, id),
    address,
    // The row's own win, as everywhere.
    labels: { ...labels, ...(template['labels'] as Row | undefined) },
    ...(startedMs !== undefined && { started_at: startedMs }),
    discovered_by: list.id,
  };
};
