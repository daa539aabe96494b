import type { Command } from 'commander';
import type { Reject } from '../../core/reject.ts';
import { rulesOf } from '../../core/scrape/import.ts';
import { readTarget, type Target } from '../../core/scrape/target.ts';
import { Complaint } from './complaint.ts';
import { readTexts } from './yaml.ts';

/** What `targets add` may be told; each is an attribute of the row. */
export type AddOptions = {
  readonly id?: string;
  readonly job?: string;
  readonly instance?: string;
  readonly interval?: string;
  readonly timeout?: string;
  readonly retries?: string;
  readonly network?: string;
  readonly label?: string[];
  readonly param?: string[];
  readonly header?: string[];
  readonly relabel?: string;
  readonly metricRelabel?: string;
  readonly honorLabels?: boolean;
  readonly honorTimestamps?: boolean;
  readonly followRedirects?: boolean;
  readonly fallback?: string;
  readonly sampleLimit?: string;
  readonly labelLimit?: string;
  readonly labelNameLengthLimit?: string;
  readonly labelValueLengthLimit?: string;
  readonly bodySizeLimit?: string;
  readonly auth?: string;
  readonly authOption?: string[];
  readonly json?: boolean;
};

/** Tells a command of them. */
export const withRowOptions = (command: Command): Command =>
  command
    .option('--id <id>', 'its name in the registry (default: job and instance)')
    .option('--job <job>', 'the job its series belong to (default "default")')
    .option('--instance <instance>', 'the instance its series belong to (default: host and port)')
    .option('--interval <duration>', 'how often, from 5s to 1d, for example 15s (default 1m)')
    .option('--timeout <duration>', 'how long one scrape may take (default 10s, at most the interval and 50s)')
    .option('--retries <count>', 'further tries of a failed scrape, inside its timeout (default 0, at most 5)')
    .option('--network <network>', 'from where: public, or vpc where the collector has a scraper in one')
    .option('--label <name=value...>', 'labels put on all its series')
    .option('--param <name=value...>', 'query parameters; one given several times has all its values')
    .option('--header <name=value...>', 'headers; a secret goes into --auth')
    .option('--relabel <file>', 'relabel_configs, as JSON or YAML')
    .option('--metric-relabel <file>', 'metric_relabel_configs, as JSON or YAML')
    .option('--honor-labels', "labels on the page win over the target's own")
    .option('--no-honor-timestamps', 'times on the page are not taken')
    .option('--follow-redirects', 'redirects are followed, each judged as the URL is')
    .option('--fallback <protocol>', 'what a page is that does not say it, for example PrometheusText0.0.4')
    .option('--sample-limit <count>', 'samples a page may have')
    .option('--label-limit <count>', 'labels a series may have')
    .option('--label-name-length-limit <bytes>', "characters of a label's name")
    .option('--label-value-length-limit <bytes>', "characters of a label's value")
    .option('--body-size-limit <bytes>', 'bytes of a page, unpacked, for example 10MB')
    .option(
      '--auth <type:secret>',
      'basic, bearer, header, oauth2 or mtls, and the name of the secret that holds it (bearer:scrapes/shop; one that ' +
        'begins with / is a parameter of Systems Manager); or sigv4',
    )
    .option(
      '--auth-option <name=value...>',
      'username of basic; scheme of bearer; name of header; client_id, token_url, scopes of oauth2; region, service of ' +
        'sigv4; field of the JSON in the secret',
    );

/** `name=value` of options that may be given several times. */
const pairsOf = (option: string, pairs: readonly string[]): (readonly [name: string, value: string])[] =>
  pairs.map(pair => {
    const at = pair.indexOf('=');
    if (at <= 0) throw new Complaint(`--${option} takes name=value, found ${pair}`);
    return [pair.slice(0, at), pair.slice(at + 1)];
  });

/** Of each name one value. Names of headers are the same in any case. */
const valuesOf = (option: string, given: readonly string[] = []): Record<string, string> | undefined => {
  const pairs = pairsOf(option, given);
  const known = new Set<string>();
  for (const [name] of pairs) {
    const key = option === 'header' ? name.toLowerCase() : name;
    // Their values are not repeated: some are secrets.
    if (known.has(key)) throw new Complaint(`--${option} ${name} is given twice, and has one value`);
    known.add(key);
  }
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs);
};

/** A parameter that is given several times has all these values, as in a URL. */
const paramsOf = (given: readonly string[] = []): Record<string, string | string[]> | undefined => {
  const byName = Map.groupBy(pairsOf('param', given), ([name]) => name);
  if (byName.size === 0) return undefined;
  return Object.fromEntries(
    [...byName].map(([name, pairs]) => {
      const values = pairs.map(([, value]) => value);
      return [name, values.length === 1 ? values[0]! : values];
    }),
  );
};

const authOf = (text: string | undefined, options: readonly string[] = []): Record<string, unknown> | undefined => {
  if (text === undefined) {
    if (options.length > 0) throw new Complaint('--auth-option stands without --auth, which says what it is of');
    return undefined;
  }
  const [type = '', ...rest] = text.split(':');
  const name = rest.join(':');
  if (name === '' && type !== 'sigv4')
    throw new Complaint(`--auth takes a type and the name of a secret, as bearer:scrapes/shop, found ${text}`);
  const { scopes, ...more } = valuesOf('auth-option', options) ?? {};
  return {
    type,
    ...(name !== '' && { [name.startsWith('/') ? 'parameter' : 'secret']: name }),
    ...more,
    ...(scopes !== undefined && { scopes: scopes.split(/[ ,]+/) }),
  };
};

const rulesIn = (option: string, file: string | undefined): unknown => {
  if (file === undefined) return undefined;
  const rules = readTexts(file);
  if (!Array.isArray(rules))
    throw new Complaint(`--${option}: ${file} is no list of rules, as relabel_configs has them`);
  return rulesOf(rules);
};

const countIn = (option: string, text: string | undefined): number | undefined => {
  if (text === undefined) return undefined;
  if (!/^\d+$/.test(text)) throw new Complaint(`--${option} takes a whole number, found ${text}`);
  return Number(text);
};

/** One line for each thing that is wrong, by its attribute. */
export const complaintOf = (rejects: readonly Reject[]): string =>
  rejects.map(({ place, reason }) => `${place?.path ?? 'row'}: ${reason}`).join('\n');

/** The row as a user would write it by hand, checked before it is stored. */
export const rowOf = (url: string, options: AddOptions): Record<string, unknown> => {
  const { honorLabels, honorTimestamps, followRedirects } = options;
  const asked = {
    url,
    job: options.job,
    instance: options.instance,
    interval: options.interval,
    timeout: options.timeout,
    retries: countIn('retries', options.retries),
    network: options.network,
    labels: valuesOf('label', options.label),
    params: paramsOf(options.param),
    headers: valuesOf('header', options.header),
    relabel: rulesIn('relabel', options.relabel),
    metric_relabel: rulesIn('metric-relabel', options.metricRelabel),
    honor_labels: honorLabels,
    honor_timestamps: honorTimestamps === false ? false : undefined,
    follow_redirects: followRedirects,
    fallback_scrape_protocol: options.fallback,
    sample_limit: countIn('sample-limit', options.sampleLimit),
    label_limit: countIn('label-limit', options.labelLimit),
    label_name_length_limit: countIn('label-name-length-limit', options.labelNameLengthLimit),
    label_value_length_limit: countIn('label-value-length-limit', options.labelValueLengthLimit),
    body_size_limit: options.bodySizeLimit,
    auth: authOf(options.auth, options.authOption),
  };
  const row = Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
  const { value, rejects } = readTarget({ ...row, id: 'new' });
  if (rejects.length > 0) throw new Complaint(complaintOf(rejects));
  if (value === undefined) throw new Complaint(`relabel: the rules drop ${url}: nothing would be scraped`);
  // A bare host means its /metrics; what parameters and rules make of it stays theirs.
  const isPlain = options.param === undefined && options.relabel === undefined;
  const id = options.id ?? idOf(value);
  const { rejects: wrong } = readTarget({ ...row, id });
  if (wrong.length > 0)
    throw new Complaint(`${complaintOf(wrong)}${options.id === undefined ? '; --id gives it a shorter one' : ''}`);
  return { id, ...row, url: isPlain ? value.url : url };
};

/** What a target is called that nobody gave a name: job and instance, and what sets it apart from the usual /metrics. */
export const idOf = ({ job, instance, url }: Target): string => {
  const { pathname, search } = new URL(url);
  return `${job}/${instance}${pathname === '/metrics' && search === '' ? '' : pathname + search}`;
};
