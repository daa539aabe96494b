import * as z from 'zod';
import { limits } from '../limits.ts';
import type { Read, Reject } from '../reject.ts';
import { durationField, idField, readRow } from '../row.ts';
import { type Auth, authField } from './auth.ts';
import type { Tags } from './found/found.ts';
import type { Row } from './import.ts';
import { isSameRow } from './order.ts';
import { targetRow, truth } from './row.ts';
import { readTarget } from './target.ts';

// Rows with a kind are lists: they name where targets are listed, and what all of them have in common. What is listed becomes rows of
// their own, which say by whom they were discovered: everything else sees targets, and knows nothing of discovery.

type Common = {
  readonly id: string;
  readonly refreshMs: number;
  readonly template: Row;
};

/** A URL that lists targets, as Prometheus's HTTP SD. */
export type HttpList = Common & {
  readonly kind: 'http_sd';
  readonly url: string;
  /** From where it is asked. */
  readonly network: 'public' | 'vpc';
  readonly auth?: Auth | undefined;
  readonly followRedirects: boolean;
};

/** What runs in the account. Without a region it is the collector's own. */
export type AwsList = Common & {
  readonly region?: string | undefined;
  readonly port?: number | undefined;
  readonly portTag?: string | undefined;
  readonly tags: Tags;
} & (
    | { readonly kind: 'ecs'; readonly clusters: readonly string[]; readonly services: readonly string[] }
    | { readonly kind: 'ec2'; readonly filters: readonly Filter[] }
    | { readonly kind: 'cloud_map'; readonly namespaces: readonly string[]; readonly services: readonly string[] }
  );

/** One of EC2's own, as ec2_sd_configs has them: any of the values. */
export type Filter = { readonly name: string; readonly values: readonly string[] };

export type Discovery = HttpList | AwsList;

/** Who looks at it: what a collector may look at is asked for by these names. */
export type DiscoveryKind = Discovery['kind'] | 'vpc_http_sd';

export const kindOf = (discovery: Discovery): DiscoveryKind =>
  discovery.kind === 'http_sd' && discovery.network === 'vpc' ? 'vpc_http_sd' : discovery.kind;

export const isAwsList = (discovery: Discovery): discovery is AwsList => discovery.kind !== 'http_sd';

const name = z.string().min(1).max(limits.labelValueBytes);
const names = z.array(name).max(limits.discoveryNames).default([]);
const network = z.enum(['public', 'vpc']);
const port = z.coerce.number('expected a port such as 9100').int().min(1).max(65_535);

const common = {
  id: idField,
  // Looked at by the tick, which comes once a minute.
  refresh_interval: durationField(limits.tickMs, limits.scrapeIntervalMaxMs).default(limits.tickMs),
};

const amazon = {
  ...common,
  region: z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, 'is no region such as eu-west-1')
    .optional(),
  port: port.optional(),
  port_tag: name.optional(),
  tags: z.record(name, z.string().max(limits.labelValueBytes)).default({}),
};

const aPort = {
  check: ({ port, port_tag }: { port?: number | undefined; port_tag?: string | undefined }): boolean =>
    port !== undefined || port_tag !== undefined,
  message: {
    path: ['port'],
    message: 'is missing: which port its targets listen on, or port_tag, the tag that says it',
  },
};

const row = z.discriminatedUnion('kind', [
  z.looseObject({
    ...common,
    kind: z.literal('http_sd'),
    url: z
      .string()
      .max(limits.urlChars)
      .refine(
        url => URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol) && new URL(url).username === '',
        'expected an http or https URL, without a password in it',
      ),
    network: network.default('public'),
    list_network: network.optional(),
    list_auth: authField.optional(),
    // As in Prometheus; whether those of its targets are followed is theirs.
    list_follow_redirects: truth.default(true),
  }),
  z
    .looseObject({ ...amazon, kind: z.literal('ecs'), clusters: names, services: names })
    .refine(aPort.check, aPort.message),
  z
    .looseObject({
      ...amazon,
      kind: z.literal('ec2'),
      filters: z
        .array(z.strictObject({ name, values: z.array(name).min(1).max(limits.discoveryNames) }))
        .max(limits.discoveryNames)
        .default([]),
    })
    .refine(aPort.check, aPort.message),
  z.looseObject({ ...amazon, kind: z.literal('cloud_map'), namespaces: names, services: names }),
]);

/** Attributes that are the list's own, and those that the collector noted. */
const own = new Set([
  'id',
  'kind',
  'url',
  'refresh_interval',
  'list_network',
  'list_auth',
  'list_follow_redirects',
  'region',
  'port',
  'port_tag',
  'tags',
  'clusters',
  'services',
  'namespaces',
  'filters',
  'problem',
  'checkedAtMs',
]);

export const isDiscovery = (row: Row): boolean => row['kind'] !== undefined;

/** What is wrong with what the targets have in common. Rules may want labels that only what is found has: they are not run. */
const rejectsOfTemplate = (template: Row): readonly Reject[] => {
  const any = { ...template, id: 'any', address: 'any.example:80' };
  return (template['relabel'] === undefined ? readTarget(any) : readRow(targetRow, any)).rejects;
};

/** A template that makes no targets is wrong on the list, and not on what is found. */
export const readDiscovery = (input: Row): Read<Discovery | undefined> => {
  const template = Object.fromEntries(Object.entries(input).filter(([name]) => !own.has(name)));
  const { value, rejects } = readRow(row, input);
  const wrong = [...rejects, ...rejectsOfTemplate(template)];
  if (value === undefined || wrong.length > 0) return { value: undefined, rejects: wrong };
  const { id, refresh_interval: refreshMs } = value;
  if (value.kind === 'http_sd') {
    const { kind, url, network, list_network: asked = network, list_auth: auth } = value;
    const { list_follow_redirects: followRedirects } = value;
    return { value: { id, kind, url, network: asked, auth, followRedirects, refreshMs, template }, rejects: [] };
  }
  const { region, port, port_tag: portTag, tags } = value;
  const aws = { id, refreshMs, template, region, port, portTag, tags };
  switch (value.kind) {
    case 'ecs':
      return {
        value: { ...aws, kind: value.kind, clusters: value.clusters, services: value.services },
        rejects: [],
      };
    case 'ec2':
      return { value: { ...aws, kind: value.kind, filters: value.filters }, rejects: [] };
    case 'cloud_map':
      return {
        value: { ...aws, kind: value.kind, namespaces: value.namespaces, services: value.services },
        rejects: [],
      };
  }
};

/** Whether a list is looked at by the tick of this minute: always at the same ones, whoever asks. */
export const isDue = ({ refreshMs }: Discovery, nowMs: number): boolean =>
  Math.floor(nowMs / refreshMs) !== Math.floor((nowMs - limits.tickMs) / refreshMs);

/** Who discovered a row; undefined for one that somebody wrote. */
export const discovererOf = (row: Row): string | undefined =>
  typeof row['discovered_by'] === 'string' ? row['discovered_by'] : undefined;

/** What makes the rows there are those there should be: each change once, none where nothing changed. */
export const changesTo = (
  there: readonly Row[],
  wanted: readonly Row[],
): { readonly puts: readonly Row[]; readonly removes: readonly string[] } => {
  const before = new Map(there.map(each => [String(each['id']), each]));
  const ids = new Set(wanted.map(each => String(each['id'])));
  return {
    puts: wanted.filter(each => {
      const was = before.get(String(each['id']));
      return was === undefined || !isSameRow(was, each);
    }),
    removes: [...before.keys()].filter(id => !ids.has(id)),
  };
};
