import * as z from 'zod';
import { limits } from '../limits.ts';
import { durationField, idField, jobField } from '../row.ts';
import { authField, literalReason } from './auth.ts';
import { relabelField } from './relabel.ts';

// The attributes of a target's row: Prometheus's own names for what Prometheus has names for.

const labelName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** An address to be shown, without what stands before its `@`: who asks, and a password. */
export const withoutPassword = (address: string): string => address.replace(/^(\w+:\/\/)?.*@/s, '$1…@');

const url = z
  .string()
  .max(limits.urlChars)
  .transform((text, context) => {
    const parsed = URL.canParse(text) ? new URL(text) : undefined;
    if (parsed === undefined || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
      context.addIssue({
        code: 'custom',
        message: `expected an http or https URL, found ${JSON.stringify(withoutPassword(text))}`,
      });
      return z.NEVER;
    }
    if (parsed.username !== '' || parsed.password !== '') {
      context.addIssue({
        code: 'custom',
        message: 'a URL must not carry a password: rows are not a place for secrets',
      });
      return z.NEVER;
    }
    // A bare host means its /metrics, as everywhere in the field.
    if (parsed.pathname === '/' && !text.replace(/^[a-z]+:\/\//i, '').includes('/')) parsed.pathname = '/metrics';
    return parsed;
  });

/** Headers that a scrape sets itself, that are the connection's own, or that carry secrets. */
const ownHeaders = new Set([
  'host',
  'connection',
  'keep-alive',
  'content-length',
  'content-type',
  'content-encoding',
  'transfer-encoding',
  'accept-encoding',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'user-agent',
  'x-prometheus-scrape-timeout-seconds',
]);
const secretHeaders =
  /^(authorization|proxy-auth.*|cookie|www-authenticate|x-amz-.*|.*(api-?key|token|secret|password).*)$/;

const headers = z
  .record(
    z.string().superRefine((name, context) => {
      const lower = name.toLowerCase();
      if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name))
        context.addIssue({ code: 'custom', message: 'is no name of a header' });
      else if (ownHeaders.has(lower))
        context.addIssue({ code: 'custom', message: `${lower} is set by the scrape itself` });
      else if (secretHeaders.test(lower))
        context.addIssue({
          code: 'custom',
          message: `${literalReason}, in auth: {"type": "header", "name": "${name}"}`,
        });
    }),
    z
      .string()
      .max(limits.labelValueBytes)
      .regex(/^[\t\x20-\x7e]*$/, 'has characters that no header may have'),
  )
  .refine(all => Object.keys(all).length <= limits.paramCount, `has more than ${limits.paramCount} headers`);

const params = z
  .record(
    z.string().min(1),
    z.union([z.string(), z.array(z.string()).max(limits.paramCount)]).transform(values => [values].flat()),
  )
  .refine(all => Object.keys(all).length <= limits.paramCount, `has more than ${limits.paramCount} names`);

/** CloudFormation hands on every number and truth as a text. */
const count = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
  ])
  .pipe(z.number().int().nonnegative());
export const truth = z.union([z.boolean(), z.enum(['true', 'false']).transform(text => text === 'true')]);

/** Bytes: a number, or Prometheus's `10MB` or `1.5MB`, whose units are all powers of 1,024. 0 is no limit. */
const byteCount = z.union([z.string(), z.number()]).transform((input, context) => {
  const found = /^(\d{1,15}(?:\.\d{1,15})?)([KMG]i?)?B?$/.exec(String(input));
  if (found === null) {
    context.addIssue({ code: 'custom', message: `expected bytes such as 10MB, found ${JSON.stringify(input)}` });
    return z.NEVER;
  }
  const power = ['', 'K', 'M', 'G'].indexOf((found[2] ?? '').slice(0, 1));
  return Math.floor(Number(found[1]) * 1_024 ** power);
});

const fallbacks = {
  'PrometheusText0.0.4': 'text/plain; version=0.0.4',
  'PrometheusText1.0.0': 'text/plain; version=1.0.0',
  'OpenMetricsText0.0.1': 'application/openmetrics-text; version=0.0.1',
  'OpenMetricsText1.0.0': 'application/openmetrics-text; version=1.0.0',
  PrometheusProto: 'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
} as const;

/** Where Prometheus keeps what does not belong into a row. */
const elsewhere = [
  'basic_auth',
  'authorization',
  'bearer_token',
  'bearer_token_file',
  'oauth2',
  'sigv4',
  'tls_config',
  'password',
  'token',
  'credentials',
  'secret',
] as const;

export const targetRow = z
  .object({
    id: idField,
    url: url.optional(),
    /** What relabeling begins with as `__address__` where there is no URL. */
    address: z.string().min(1).max(limits.urlChars).optional(),
    scheme: z.enum(['http', 'https']).optional(),
    path: z.string().max(limits.urlChars).startsWith('/', 'begins with /').optional(),
    params: params.optional(),
    headers: headers.optional(),
    job: jobField.optional(),
    instance: z.string().min(1).max(limits.labelValueBytes).optional(),
    interval: durationField(limits.scrapeIntervalMinMs, limits.scrapeIntervalMaxMs).default(
      limits.scrapeIntervalDefaultMs,
    ),
    timeout: durationField(100, limits.scrapeTimeoutMaxMs).optional(),
    retries: count.refine(tries => tries <= limits.scrapeRetries, `is over ${limits.scrapeRetries}`).default(0),
    network: z.enum(['public', 'vpc']).default('public'),
    /** Since when it runs, in milliseconds, where that is known. */
    started_at: count.optional(),
    labels: z
      .record(
        z.string().regex(labelName, 'a label name has letters, digits and underscores and begins with no digit'),
        z.string().max(limits.labelValueBytes),
      )
      .optional(),
    auth: authField.optional(),
    relabel: relabelField.optional(),
    metric_relabel: relabelField.optional(),
    honor_labels: truth.default(false),
    honor_timestamps: truth.default(true),
    follow_redirects: truth.default(false),
    fallback_scrape_protocol: z
      .enum(Object.keys(fallbacks) as (keyof typeof fallbacks)[])
      .transform(name => fallbacks[name])
      .optional(),
    sample_limit: count.default(0),
    label_limit: count.default(0),
    label_name_length_limit: count.default(0),
    label_value_length_limit: count.default(0),
    body_size_limit: byteCount.default(0),
    ...Object.fromEntries(elsewhere.map(name => [name, z.undefined(`${literalReason}, in "auth"`).optional()])),
  })
  .superRefine(({ url, address, scheme, labels = {} }, context) => {
    const refuse = (path: string[], message: string): void => context.addIssue({ code: 'custom', path, message });
    if (url === undefined && address === undefined) refuse(['url'], 'is missing');
    if (url !== undefined && address !== undefined) refuse(['address'], 'stands beside a url, which has an address');
    if (url !== undefined && scheme !== undefined) refuse(['scheme'], 'stands beside a url, which has a scheme');
    for (const name of ['job', 'instance'])
      if (Object.hasOwn(labels, name)) refuse(['labels', name], 'cannot be set here: it is an attribute of its own');
    if (Object.hasOwn(labels, '__name__')) refuse(['labels', '__name__'], 'is the name of a metric');
  });

export type TargetRow = z.output<typeof targetRow>;
