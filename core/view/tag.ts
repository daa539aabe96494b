import { createHash } from 'node:crypto';

/** An entity tag: the same bytes have the same one. */
export const tagOf = (body: string): string =>
  `"${createHash('sha256').update(body).digest('base64url').slice(0, 16)}"`;
