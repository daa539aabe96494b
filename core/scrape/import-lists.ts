import { readDuration, writeDuration } from '../duration.ts';
import { limits } from '../limits.ts';
import { textOfReject } from '../reject.ts';
import { readDiscovery } from './discovery.ts';
import type { Row } from './import.ts';
import { isSection, numberOf, type Section, saidIn, truthOf } from './written.ts';

// Prometheus's sections of discovery, as far as there are rows for them. What they say beside is said to be left out.

/** What one section becomes, and which of its words were understood. */
type Taken = { readonly row: Row; readonly understood: readonly string[] };

/** How a section authenticates, its secret left behind, and what is said about that. */
type AuthOf = (where: string, section: Section) => Row | undefined;

const authentication = ['basic_auth', 'authorization', 'bearer_token', 'bearer_token_file', 'oauth2'];

/** Lists are looked at once a minute at most. */
const refreshOf = ({ refresh_interval: refresh }: Section): Row => {
  if (refresh === undefined) return {};
  const ms = typeof refresh === 'string' ? readDuration(refresh) : undefined;
  return { refresh_interval: ms !== undefined && ms < limits.tickMs ? writeDuration(limits.tickMs) : refresh };
};

const where = ({ region, port, ...section }: Section): Row => ({
  ...(region !== undefined && region !== '' && { region }),
  // Prometheus's own.
  port: numberOf(port ?? 80),
  ...refreshOf(section),
});

const common = ['region', 'port', 'refresh_interval'];

const ec2 = (section: Section): Taken => ({
  row: { kind: 'ec2', ...where(section), ...('filters' in section && { filters: section['filters'] }) },
  understood: [...common, 'filters', 'role'],
});

const ecs = (section: Section): Taken => ({
  row: { kind: 'ecs', ...where(section), ...('clusters' in section && { clusters: section['clusters'] }) },
  understood: [...common, 'clusters', 'role'],
});

const sections: Readonly<Record<string, (section: Section, auth: () => Row | undefined) => Taken | undefined>> = {
  http_sd_configs: ({ url, ...section }, auth) => {
    const asked = auth();
    return {
      row: {
        kind: 'http_sd',
        url,
        ...refreshOf(section),
        ...(asked !== undefined && { list_auth: asked }),
        ...(truthOf(section['follow_redirects']) === false && { list_follow_redirects: false }),
      },
      understood: ['url', 'refresh_interval', 'follow_redirects', ...authentication],
    };
  },
  ec2_sd_configs: ec2,
  aws_sd_configs: section =>
    section['role'] === 'ec2' ? ec2(section) : section['role'] === 'ecs' ? ecs(section) : undefined,
};

/** Names of sections that become lists. */
export const listSections: ReadonlySet<string> = new Set(Object.keys(sections));

/** As tools that write out every default have it. */
const isEmpty = (value: unknown): boolean => value === '' || (Array.isArray(value) && value.length === 0);

/** Why a word of a section is of no use here. */
const elsewhere = (word: string): string =>
  ['role_arn', 'profile', 'access_key', 'secret_key', 'endpoint'].includes(word)
    ? ': the collector asks in its own name, which discovery on the Collector grants'
    : '';

/** The lists of one job. */
export const listsOf = (
  job: string,
  config: Section,
  template: Row,
  authOf: AuthOf,
): { readonly rows: readonly Row[]; readonly notes: readonly string[] } => {
  const rows: Row[] = [];
  const notes: string[] = [];
  for (const [name, take] of Object.entries(sections)) {
    const all = Array.isArray(config[name]) ? (config[name] as unknown[]) : [];
    for (const [index, each] of all.entries()) {
      const section = isSection(each) ? saidIn(each) : {};
      const id = `${job}/${name.replace('_configs', '')}${index === 0 ? '' : index + 1}`;
      const taken = take(section, () => authOf(id, section));
      if (taken === undefined) {
        notes.push(`${job}: ${name} of role ${String(section['role'])} was not taken: only ec2 and ecs are known here`);
        continue;
      }
      for (const word of Object.keys(section))
        if (!taken.understood.includes(word) && !isEmpty(section[word]))
          notes.push(`${job}: ${name}.${word} was not taken${elsewhere(word)}`);
      // `params`, `scheme` and the like of the job are its targets'; `url` and `port` the list's own.
      const row: Row = { ...template, id, ...taken.row };
      const { rejects } = readDiscovery(row);
      if (rejects.length > 0) notes.push(`${id} was not taken: ${rejects.map(textOfReject).join('; ')}`);
      else rows.push(row);
    }
  }
  return { rows, notes };
};
