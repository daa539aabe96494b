import { createHash } from 'node:crypto';
import { readDuration } from '../duration.ts';
import { limits } from '../limits.ts';
import { textOfReject } from '../reject.ts';
import { listSections, listsOf } from './import-lists.ts';
import { canonical } from './order.ts';
import { withoutPassword } from './row.ts';
import { readTarget } from './target.ts';
import { isSection, listOf, numberOf, type Section, saidIn, textOf, truthOf } from './written.ts';

// Configurations of Prometheus, made into rows. What is not taken is said.

export type Row = Readonly<Record<string, unknown>>;

/** Rows that can be read as they are, and what was left behind, each with the job it belongs to. */
type Imported = {
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
  /** False where nothing of it is what can be imported at all. */
  readonly isUnderstood: boolean;
};

/** A group of targets as static_configs and file_sd have it. */
const isGroup = (group: unknown): group is Section & { readonly targets: readonly unknown[] } =>
  isSection(group) && Array.isArray(group['targets']);

const asItIs = (value: unknown): unknown => value;

const paramsOf = (params: unknown): unknown =>
  isSection(params)
    ? Object.fromEntries(Object.entries(params).map(([name, values]) => [name, [values ?? []].flat().map(textOf)]))
    : params;

/** A request's path begins with a slash, whether it is written or not. */
const pathOf = (path: unknown): string => textOf(path).replace(/^(?!\/)/, '/');

/**
 * A rule as YAML has it: `regex: true` and `replacement: 9100` are texts, and an empty regex is one that only nothing matches.
 */
const ruleOf = (rule: unknown): unknown =>
  isSection(rule)
    ? Object.fromEntries(
        Object.entries(rule).flatMap(([name, value]) => {
          if (value === null) return ['regex', 'separator', 'replacement'].includes(name) ? [[name, '']] : [];
          if (name === 'modulus') return [[name, numberOf(value)]];
          return [[name, typeof value === 'boolean' || typeof value === 'number' ? String(value) : value]];
        }),
      )
    : rule;

/** A list of rules as relabel_configs has it. */
export const rulesOf = (rules: unknown): readonly unknown[] => listOf(rules).map(ruleOf);

/** A timeout for all jobs is no mistake where one has a shorter interval. */
const shorterOf = (timeout: unknown, interval: unknown): unknown =>
  (readDuration(textOf(timeout)) ?? 0) > (readDuration(textOf(interval)) ?? Number.POSITIVE_INFINITY)
    ? interval
    : timeout;

/** What rows take under the very name that Prometheus has for it, and how it is read. */
const same = [
  ['params', paramsOf],
  ['honor_labels', truthOf],
  ['honor_timestamps', truthOf],
  ['sample_limit', numberOf],
  ['label_limit', numberOf],
  ['label_name_length_limit', numberOf],
  ['label_value_length_limit', numberOf],
  ['body_size_limit', asItIs],
  ['fallback_scrape_protocol', asItIs],
] as const;

/** What rows take under another name. */
const renamed = [
  ['scheme', 'scheme', asItIs],
  ['metrics_path', 'path', pathOf],
  ['scrape_interval', 'interval', asItIs],
  ['scrape_timeout', 'timeout', asItIs],
  ['relabel_configs', 'relabel', rulesOf],
  ['metric_relabel_configs', 'metric_relabel', rulesOf],
] as const;

const understood = new Set<string>([
  ...same.map(([name]) => name),
  ...renamed.map(([name]) => name),
  'job_name',
  'static_configs',
  'file_sd_configs',
  'http_headers',
  ...listSections,
  'follow_redirects',
  'basic_auth',
  'authorization',
  'bearer_token',
  'bearer_token_file',
  'oauth2',
]);

/** What stands in a file that a configuration names, read as YAML; undefined where it cannot be. */
type NamedFile = { readonly path: string; readonly content: unknown };

type ImportOptions = {
  /** Whether it is worth a word that the rules of a job drop a target. */
  readonly drops?: 'noted' | 'silent';
  /** The files of a pattern such as `targets/*.json`. @default they are not looked at */
  readonly filesOf?: ((pattern: string) => readonly NamedFile[]) | undefined;
  /** What every id begins with. @default nothing */
  readonly within?: string;
};

/**
 * A whole prometheus.yml, or a list of targets as file_sd and HTTP SD have them. All of a list have what `template` says, and
 * the labels `under` those they are given.
 */
export const importTargets = (
  config: unknown,
  template: Row = { job: 'default' },
  under: Row = {},
  options: ImportOptions = {},
): Imported => {
  const into = new Importing(options);
  if (Array.isArray(config)) {
    into.groups(config, template, under);
    into.isUnderstood = config.length === 0 || config.some(isGroup);
  } else if (isSection(config)) into.whole(config);
  else {
    into.notes.push('this is neither a prometheus.yml nor a list of {targets, labels}');
    into.isUnderstood = false;
  }
  return into.imported();
};

const briefly = (text: string): string =>
  text.length <= limits.refusedChars ? text : `${text.slice(0, limits.refusedChars)}…`;

const hashOfLabels = ({ job, instance, labels }: Row): string =>
  createHash('sha256').update(canonical({ job, instance, labels })).digest('base64url').slice(0, limits.toldApartChars);

class Importing {
  readonly notes: string[] = [];
  isUnderstood = true;
  readonly #targets: Row[] = [];
  readonly #lists: Row[] = [];
  readonly #areDropsNoted: boolean;

  readonly #filesOf: ImportOptions['filesOf'];

  readonly #within: string;

  constructor({ drops = 'noted', filesOf, within = '' }: ImportOptions) {
    this.#areDropsNoted = drops === 'noted';
    this.#filesOf = filesOf;
    this.#within = within;
  }

  whole(config: Section): void {
    const known = new Set(['global', 'scrape_configs', 'scrape_config_files']);
    const jobs = config['scrape_configs'] ?? [];
    this.isUnderstood = Array.isArray(jobs) && Object.keys(config).some(name => known.has(name));
    if (!Array.isArray(jobs)) this.notes.push('scrape_configs: is no list, each of which begins with "- job_name"');
    for (const name of Object.keys(config)) if (!known.has(name)) this.notes.push(`${name}: is not about targets`);
    const global = isSection(config['global']) ? saidIn(config['global']) : {};
    if ('external_labels' in global) this.notes.push('global.external_labels: are not put on anything here');
    const files = listOf(config['scrape_config_files']).flatMap(pattern =>
      this.#files(`scrape_config_files: ${String(pattern)}`, String(pattern)),
    );
    const more = files.flatMap(({ content }) => (isSection(content) ? listOf(content['scrape_configs']) : []));
    for (const each of [...listOf(jobs), ...more]) {
      if (isSection(each)) this.#job(each, global);
      else this.notes.push('scrape_configs: one is no section');
    }
  }

  #files(where: string, pattern: string): readonly NamedFile[] {
    const files = this.#filesOf?.(pattern);
    if (files === undefined) this.notes.push(`${where} was not taken: its files can be imported by themselves`);
    else if (files.length === 0) this.notes.push(`${where}: there is no such file`);
    for (const { path, content } of files ?? [])
      if (content === undefined) this.notes.push(`${where}: ${path} is no JSON or YAML`);
    return (files ?? []).filter(({ content }) => content !== undefined);
  }

  #job(written: Section, global: Section): void {
    const config = saidIn(written);
    const job = String(config['job_name'] ?? 'default');
    for (const name of Object.keys(config))
      if (!understood.has(name)) this.notes.push(`${job}: ${name} was not taken${this.#why(name)}`);
    const interval = global['scrape_interval'] ?? '1m';
    const template: Record<string, unknown> = {
      job,
      interval,
      ...('scrape_timeout' in global && {
        timeout: shorterOf(global['scrape_timeout'], config['scrape_interval'] ?? interval),
      }),
      // Prometheus follows them where nothing is said.
      follow_redirects: truthOf(config['follow_redirects'] ?? true),
    };
    for (const [name, read] of same) {
      if (name in config) template[name] = read(config[name]);
      else if (name.endsWith('_limit') && name in global) template[name] = read(global[name]);
    }
    for (const [name, own, read] of renamed) if (name in config) template[own] = read(config[name]);
    const headers = this.#headers(job, config['http_headers']);
    if (Object.keys(headers).length > 0) template['headers'] = headers;
    const auth = this.#auth(job, config);
    if (auth !== undefined) template['auth'] = auth;
    this.groups(listOf(config['static_configs']), template);
    for (const each of listOf(config['file_sd_configs'])) {
      for (const pattern of listOf(isSection(each) ? each['files'] : []))
        for (const { path, content } of this.#files(`${job}: file_sd_configs: ${String(pattern)}`, String(pattern)))
          this.groups(listOf(content), template, { __meta_filepath: path });
    }
    const lists = listsOf(job, config, template, (where, section) =>
      this.#auth(where, section, ', granted with lists: true'),
    );
    this.#lists.push(...lists.rows);
    this.notes.push(...lists.notes);
  }

  /** Headers that are written where everybody may read them; those of files and secrets are not. */
  #headers(job: string, headers: unknown): Record<string, string> {
    const taken: Record<string, string> = {};
    for (const [name, each] of Object.entries(isSection(headers) ? headers : {})) {
      const { values, ...others } = isSection(each) ? each : {};
      const [only, ...more] = listOf(values);
      if (only !== undefined && more.length === 0 && Object.keys(others).length === 0) taken[name] = textOf(only);
      else
        this.notes.push(
          `${job}: http_headers.${name} was not taken: one value can go into headers, a secret into auth {"type": "header"}`,
        );
    }
    return taken;
  }

  #why(name: string): string {
    if (name === 'tls_config') return ': a certificate goes into auth {"type": "mtls"}, by the name of a secret';
    return name.endsWith('_sd_configs')
      ? ': its targets are not known here; a list that speaks HTTP SD (kind http_sd) can stand for it'
      : '';
  }

  /** How a job authenticates, its secret left behind: it is expected under a name made of the job's. */
  #auth(job: string, config: Section, how = ''): Row | undefined {
    const secret = `scrapes/${job.replace(/[^\w/+=.@-]/g, '_')}`;
    const expected = (what: string): void => {
      this.notes.push(
        `${job}: the ${what} ${what.endsWith('s') ? 'were not taken: put them' : 'was not taken: put it'} into a secret named ${secret}, and name that in scrapeSecrets${how}`,
      );
    };
    const [basic, authorization, oauth2] = ['basic_auth', 'authorization', 'oauth2'].map(name =>
      isSection(config[name]) ? saidIn(config[name]) : undefined,
    );
    if (basic !== undefined) {
      expected('password of basic_auth');
      return { type: 'basic', username: basic['username'], secret };
    }
    if (authorization !== undefined || 'bearer_token' in config || 'bearer_token_file' in config) {
      expected('credentials');
      const scheme = authorization?.['type'];
      return { type: 'bearer', ...(scheme !== undefined && { scheme }), secret };
    }
    if (oauth2 !== undefined) {
      expected('client_secret of oauth2');
      const { client_id, token_url, scopes, endpoint_params } = oauth2;
      return {
        type: 'oauth2',
        client_id,
        token_url,
        ...(scopes !== undefined && { scopes }),
        ...(endpoint_params !== undefined && { endpoint_params }),
        secret,
      };
    }
    return undefined;
  }

  /** Targets as static_configs and file_sd have them: [{targets: […], labels: {…}}]. */
  groups(groups: readonly unknown[], template: Row, under: Row = {}): void {
    for (const group of groups) {
      if (!isGroup(group)) {
        this.notes.push(`${template['job']}: a group of targets is no {targets, labels}`);
        continue;
      }
      const shared = isSection(template['labels']) ? template['labels'] : {};
      const given = isSection(group['labels']) ? group['labels'] : {};
      const { job, instance, ...labels }: Row = { ...under, ...shared, ...given };
      const own: Row = {
        ...template,
        // An empty one is none.
        ...(textOf(job) !== '' && { job: textOf(job) }),
        ...(textOf(instance) !== '' && { instance: textOf(instance) }),
        ...(Object.keys(labels).length > 0 && {
          labels: Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, textOf(value)])),
        }),
      };
      for (const target of group.targets) this.#target(textOf(target), own);
    }
  }

  #target(address: string, template: Row): void {
    const row: Row = { id: `${this.#within}${String(template['job'])}/${address}`, address, ...template };
    if (this.#isTaken(row)) this.#targets.push(row);
  }

  #isTaken(row: Row): boolean {
    const { value, rejects } = readTarget(row);
    const refuse = (reason: string): void => {
      this.notes.push(
        `${briefly(String(row['job']))}: ${briefly(withoutPassword(String(row['address'])))} was not taken: ${reason}`,
      );
    };
    if (rejects.length > 0) refuse(rejects.map(textOfReject).join('; '));
    else if (value === undefined && this.#areDropsNoted) refuse('its relabeling drops it');
    return value !== undefined;
  }

  /** Once all are known: who stands twice is one. */
  imported(): Imported {
    const byId = Map.groupBy(this.#targets, ({ id }) => id).values();
    const targets = [...byId].flatMap(same => (same.length === 1 ? same : this.#toldApart(same)));
    return { rows: [...targets, ...this.#lists], notes: this.notes, isUnderstood: this.isUnderstood };
  }

  /** Of one job and address, by their labels: a list may come in another order each time. */
  #toldApart(same: readonly Row[]): readonly Row[] {
    const once = [...new Map(same.map(row => [canonical(row), row])).values()];
    if (once.length === 1) return once;
    const ids = new Set<string>();
    const named = once.map(row => {
      const name = `${row['id']}#${hashOfLabels(row)}`;
      let id = name;
      for (let more = 2; ids.has(id); more += 1) id = `${name}#${more}`;
      ids.add(id);
      return { ...row, id };
    });
    return named.filter(row => this.#isTaken(row));
  }
}
