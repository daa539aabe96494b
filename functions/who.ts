import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { isKeyOf, keyTextOf, readKey, readKeyRow } from '../core/key/key.ts';
import type { Reject } from '../core/reject.ts';
import type { Ports } from '../io/ports.ts';
import { headerOf } from './middleware/http.ts';

/** Who pushes: somebody whom IAM let in, or the holder of a key; or nobody, with the answer he gets. */
export type Who =
  | { readonly isKnown: true; readonly isSigned: boolean; readonly mayPush: (job: string) => boolean }
  | { readonly isKnown: false; readonly reject: Reject };

const unknown = (reason: string): Who => ({ isKnown: false, reject: { code: 'unauthorized', reason } });

/**
 * API Gateway says in the request's context whom its IAM authorizer let in; no header can say so. Everybody else needs a
 * key. What cannot be one is refused before anything is asked of a table.
 */
export const whoIs = async ({ keys }: Pick<Ports, 'keys'>, event: APIGatewayProxyEventV2): Promise<Who> => {
  const { authorizer } = event.requestContext as { readonly authorizer?: { readonly iam?: object } };
  if (authorizer?.iam !== undefined) return { isKnown: true, isSigned: true, mayPush: () => true };
  const text = keyTextOf(name => headerOf(event, name));
  if (text === undefined)
    return unknown('no key: send one as Authorization: Bearer KEY, as a Basic password, or as X-Api-Key: KEY');
  const key = readKey(text);
  if (key === undefined) return unknown('what was sent is no key of this collector');
  const row = await keys.get(key.id);
  const known = row === undefined ? undefined : readKeyRow(row).value;
  if (!isKeyOf(key, known)) return unknown('the key is not known here, or was revoked');
  const { jobs } = known ?? {};
  return { isKnown: true, isSigned: false, mayPush: job => jobs === undefined || jobs.includes(job) };
};
