import * as z from 'zod';
import { limits } from '../limits.ts';

/** Where a secret is kept: in Secrets Manager by name or ARN, or as a parameter of Systems Manager by name; `field` of the JSON in it. */
export type SecretReference = {
  readonly kind: 'secret' | 'parameter';
  readonly name: string;
  readonly field?: string;
};

/** How a target is told who asks. Never the secret itself: rows are read by many and kept in backups. */
export type Auth =
  | { readonly type: 'basic'; readonly username?: string; readonly from: SecretReference }
  | { readonly type: 'bearer'; readonly scheme: string; readonly from: SecretReference }
  | { readonly type: 'header'; readonly name: string; readonly from: SecretReference }
  | {
      readonly type: 'oauth2';
      readonly clientId: string;
      readonly tokenUrl: string;
      readonly scopes: readonly string[];
      readonly endpointParams: Readonly<Record<string, string>>;
      readonly from: SecretReference;
    }
  | { readonly type: 'sigv4'; readonly region: string; readonly service: string }
  /** A client's certificate: JSON with `cert` and `key`, and `ca` where the target's own is not a public one; each PEM. */
  | { readonly type: 'mtls'; readonly from: SecretReference };

/** What other configurations put a secret into. */
const literalSecrets = [
  'password',
  'token',
  'bearer_token',
  'credentials',
  'client_secret',
  'value',
  'secret_key',
  'key',
  'cert',
] as const;

export const literalReason =
  'a secret does not belong into a row: put it into Secrets Manager or SSM and name it here, as "secret" or "parameter"';

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

const text = z.string().min(1).max(limits.labelValueBytes);

/** Names of Secrets Manager and their ARNs; what has a blank in it is rather a secret. */
const secret = z
  .string()
  .max(limits.labelValueBytes)
  .regex(/^[\w/+=.@:-]+$/, 'is no name or ARN of a secret');
const parameter = z
  .string()
  .max(limits.labelValueBytes)
  .regex(/^[\w/.:-]+$/, 'is no name or ARN of a parameter');

const referring = { secret: secret.optional(), parameter: parameter.optional(), field: text.optional() };

const httpUrl = text.refine(
  url => URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol) && new URL(url).username === '',
  'expected an http or https URL',
);

const written = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('basic'), username: text.optional(), ...referring }),
  z.strictObject({
    type: z.literal('bearer'),
    scheme: text.regex(headerName, 'is no scheme').default('Bearer'),
    ...referring,
  }),
  z.strictObject({ type: z.literal('header'), name: text.regex(headerName, 'is no name of a header'), ...referring }),
  z.strictObject({
    type: z.literal('oauth2'),
    client_id: text,
    token_url: httpUrl,
    scopes: z.array(text).max(limits.paramCount).default([]),
    endpoint_params: z.record(text, text).default({}),
    ...referring,
  }),
  z.strictObject({
    type: z.literal('sigv4'),
    region: text.regex(/^[a-z0-9-]+$/, 'is no region'),
    service: text.regex(/^[a-z0-9-]+$/, 'is no service').default('aps'),
  }),
  z.strictObject({ type: z.literal('mtls'), ...referring }),
]);

/** Reads `auth`: {type: basic|bearer|header|oauth2|sigv4|mtls, secret | parameter: its name, …}. */
export const authField = z
  .unknown()
  .superRefine((input, context) => {
    if (typeof input !== 'object' || input === null) return;
    for (const name of literalSecrets)
      if (Object.hasOwn(input, name)) context.addIssue({ code: 'custom', path: [name], message: literalReason });
  })
  .pipe(written)
  .transform((read, context): Auth => {
    if (read.type === 'sigv4') return read;
    const { secret, parameter, field, ...rest } = read;
    if ((secret === undefined) === (parameter === undefined)) {
      context.addIssue({ code: 'custom', message: 'names a "secret" or a "parameter", and not both' });
      return z.NEVER;
    }
    const named =
      secret === undefined
        ? { kind: 'parameter' as const, name: parameter! }
        : { kind: 'secret' as const, name: secret };
    const from: SecretReference = { ...named, ...(field !== undefined && { field }) };
    if (rest.type === 'oauth2') {
      const { client_id: clientId, token_url: tokenUrl, endpoint_params: endpointParams, ...oauth2 } = rest;
      return { ...oauth2, clientId, tokenUrl, endpointParams, from };
    }
    if (rest.type === 'basic') {
      const { username, ...basic } = rest;
      return { ...basic, ...(username !== undefined && { username }), from };
    }
    return { ...rest, from };
  });
