import { createHash, timingSafeEqual } from 'node:crypto';
import * as z from 'zod';
import { limits } from '../limits.ts';
import { type ProtocolName, protocolNames } from '../protocol/request.ts';
import type { Read } from '../reject.ts';
import { jobField, readRow } from '../row.ts';
import { type Quota, quotaField, quotaOf } from './quota.ts';

/**
 * A push key as its holder has it: letters and digits, of which the first limits.keyIdChars name it and the others are
 * secret. Only its hash is ever stored.
 */
type PushKey = { readonly id: string; readonly hash: string };

/**
 * What a key may be used for: pushing, reading what is stored, or saying what is waited for (pausing a heartbeat). Each
 * includes nothing of the others.
 */
const keyRights = ['push', 'read', 'operate'] as const;

export type KeyRight = (typeof keyRights)[number];

/** What a key is good for. */
export type KeyRow = {
  readonly id: string;
  /** SHA-256 of the whole key, in hex. */
  readonly hash: string;
  readonly may: readonly KeyRight[];
  /** Jobs it may push for; undefined is any. */
  readonly jobs: readonly string[] | undefined;
  /** Protocols it may be used with; undefined is all. */
  readonly protocols: readonly ProtocolName[] | undefined;
  /** What becomes of a push that says it is of another job; see identity.ts. */
  readonly forgedJobs: 'refuse' | 'rename';
  readonly quota: Quota;
  /** The secret before the last rotation, and until when it is good. */
  readonly previous: { readonly hash: string; readonly untilMs: number } | undefined;
};

/** Undefined where the text cannot be a key: nobody needs to look it up. */
export const readKey = (text: string): PushKey | undefined =>
  text.length === limits.keyChars && /^[A-Za-z0-9]+$/.test(text)
    ? { id: text.slice(0, limits.keyIdChars), hash: createHash('sha256').update(text).digest('hex') }
    : undefined;

/** Headers of their own that producers have for keys: our own, Datadog's, Firehose's. */
const keyHeaders = ['x-api-key', 'dd-api-key', 'x-amz-firehose-access-key'];

/**
 * The key in a request's headers: `Authorization: Bearer KEY`, `Basic` with the key as password, `Token KEY`, or in one of
 * `keyHeaders`. Undefined where there is none, an empty text where there is something else.
 */
export const keyTextOf = (header: (name: string) => string): string | undefined => {
  const [, scheme = '', credentials = ''] = /^(\S+) +(\S+) *$/.exec(header('authorization')) ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
    case 'token':
      return credentials;
    case 'basic': {
      const text = Buffer.from(credentials, 'base64').toString('latin1');
      return text.slice(text.indexOf(':') + 1);
    }
    default:
      return header('authorization') === '' ? keyHeaders.map(header).find(text => text !== '') : '';
  }
};

const hashField = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hex');

const instantField = z.string().refine(text => !Number.isNaN(Date.parse(text)), 'expected an instant');

const row = z.object({
  id: z.string().length(limits.keyIdChars),
  hash: hashField,
  may: z.array(z.enum(keyRights)).min(1).optional(),
  jobs: z.array(jobField).min(1).optional(),
  protocols: z.array(z.enum(protocolNames)).min(1).optional(),
  forgedJobs: z.enum(['refuse', 'rename']).optional(),
  limits: quotaField,
  previousHash: hashField.optional(),
  previousUntil: instantField.optional(),
});

export const readKeyRow = (input: unknown): Read<KeyRow | undefined> => {
  const { value, rejects } = readRow(row, input);
  if (value === undefined) return { value, rejects };
  const { id, hash, may = ['push'], jobs, protocols, forgedJobs = 'refuse', previousHash, previousUntil } = value;
  const previous =
    previousHash === undefined || previousUntil === undefined
      ? undefined
      : { hash: previousHash, untilMs: Date.parse(previousUntil) };
  return { value: { id, hash, may, jobs, protocols, forgedJobs, previous, quota: quotaOf(value.limits) }, rejects };
};

const nobody = '0'.repeat(64);

/**
 * Whether the key is the row's: its secret, or until its time is over the one before. Takes as long where there is no row or
 * no secret before, so that a wrong id is not told from a wrong secret.
 */
export const isKeyOf = (key: PushKey, known: KeyRow | undefined, nowMs: number): boolean => {
  const isHash = (hash = nobody): boolean => timingSafeEqual(Buffer.from(key.hash, 'hex'), Buffer.from(hash, 'hex'));
  const { previous } = known ?? {};
  const [isNew, isOld] = [isHash(known?.hash), isHash(previous?.hash)];
  return known !== undefined && (isNew || (isOld && previous !== undefined && nowMs < previous.untilMs));
};

/** The row with a new secret, the one it had being good until then; undefined where the key has another id. */
export const rotated = (row: Readonly<Record<string, unknown>>, key: PushKey, oldUntilMs: number) =>
  row['id'] === key.id
    ? { ...row, hash: key.hash, previousHash: row['hash'], previousUntil: new Date(oldUntilMs).toISOString() }
    : undefined;

/** The same name with the secret of another key. */
export const renamed = (text: string, id: string): string => id + text.slice(limits.keyIdChars);

/** A new key from as many random bytes: every character equally likely, biased ones passed over. */
export const keyFrom = (bytes: Uint8Array): string | undefined => {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  // 248 is the largest multiple of 62 in a byte.
  const text = Array.from(
    bytes.filter(byte => byte < 248),
    byte => letters[byte % 62],
  ).join('');
  return text.length < limits.keyChars ? undefined : text.slice(0, limits.keyChars);
};
