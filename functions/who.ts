import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { isKeyOf, type KeyRight, type KeyRow, keyTextOf, readKey, readKeyRow } from '../core/key/key.ts';
import type { Reject } from '../core/reject.ts';
import type { Ports } from '../io/ports.ts';
import { headerOf } from './middleware/http.ts';

/** Who asks: somebody whom IAM let in, or the holder of a key; or nobody, with the answer he gets. */
export type Who =
  | {
      readonly isKnown: true;
      readonly scope: Pick<KeyRow, 'jobs' | 'protocols' | 'forgedJobs'>;
      /** With whose limits; IAM's have none of their own. */
      readonly key?: Pick<KeyRow, 'id' | 'quota'>;
    }
  | { readonly isKnown: false; readonly reject: Reject };

/** IAM decides whom it lets in to what; once in, everything may be pushed. */
const anything = { jobs: undefined, protocols: undefined, forgedJobs: 'refuse' } as const;

const unknown = (reason: string): Who => ({ isKnown: false, reject: { code: 'unauthorized', reason } });

/**
 * Whether whoever sent this has a right to it. API Gateway says in the request's context whom its IAM authorizer let in; no header can say so. Everybody else needs a
 * key. What cannot be one is refused before anything is asked of a table.
 */
export const whoIs = async (
  { keys, clock }: Pick<Ports, 'keys' | 'clock'>,
  event: APIGatewayProxyEventV2,
  right: KeyRight,
): Promise<Who> => {
  const { authorizer } = event.requestContext as { readonly authorizer?: { readonly iam?: object } };
  if (authorizer?.iam !== undefined) return { isKnown: true, scope: anything };
  const text = keyTextOf(name => headerOf(event, name));
  if (text === undefined)
    return unknown(
      'no key: send one as Authorization: Bearer KEY, Token KEY or the password of Basic, as X-Api-Key, DD-API-KEY or X-Amz-Firehose-Access-Key',
    );
  const key = readKey(text);
  if (key === undefined) return unknown('what was sent is no key of this collector');
  const row = await keys.get(key.id);
  const known = row === undefined ? undefined : readKeyRow(row).value;
  if (!isKeyOf(key, known, clock.nowMs()) || known === undefined)
    return unknown('the key is not known here, or was revoked');
  if (!known.may.includes(right)) return unknown(`this key may ${known.may.join(' and ')}, and not ${right}`);
  return { isKnown: true, scope: known, key: known };
};
