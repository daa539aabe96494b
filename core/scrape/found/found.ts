/** Something that is there, on its way to being a target. */
export type Found = {
  /** Its own name, which no other ever has: what comes to the same address later is not the same. */
  readonly id: string;
  readonly address: string;
  /** Prometheus's meta labels, where it has some for it. */
  readonly labels: Readonly<Record<string, string>>;
  /** Since when it runs. */
  readonly startedMs?: number | undefined;
};

/** Tags by name. */
export type Tags = Readonly<Record<string, string>>;

/** Which port is meant: a number, or what the tag of that name says. */
export type WantedPort = { readonly port?: number | undefined; readonly portTag?: string | undefined };

/** Whether they have all wanted tags; `*` is any value. */
export const hasTags = (tags: Tags, wanted: Tags): boolean =>
  Object.entries(wanted).every(([name, value]) => Object.hasOwn(tags, name) && (value === '*' || tags[name] === value));

/** The tag's port before the row's own; undefined where neither names one. */
export const portOf = ({ port, portTag }: WantedPort, tags: Tags): number | undefined => {
  const tagged = portTag === undefined || !Object.hasOwn(tags, portTag) ? undefined : Number(tags[portTag]);
  return tagged !== undefined && Number.isInteger(tagged) && tagged >= 1 && tagged <= 65_535 ? tagged : port;
};

/** Host and port as an address has them. */
export const addressOf = (host: string, port: number): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** Meta labels: what is not there makes none, as in Prometheus. */
export const metaLabels = (
  prefix: string,
  values: Readonly<Record<string, string | undefined>>,
  ...tags: readonly (readonly [infix: string, Tags])[]
): Record<string, string> => {
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(values))
    if (value !== undefined && value !== '') labels[`${prefix}${name}`] = value;
  for (const [infix, all] of tags)
    for (const [name, value] of Object.entries(all)) labels[`${prefix}${infix}${sanitized(name)}`] = value;
  return labels;
};

/** Prometheus's strutil.SanitizeLabelName. */
const sanitized = (name: string): string => name.replace(/[^a-zA-Z0-9_]/g, '_');
