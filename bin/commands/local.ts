import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../../io/aws/connect.ts';
import { environment, outputs } from '../../io/aws/contract.ts';
import type { Sign } from '../../io/aws/sign.ts';
import { get, getJson, post } from './api.ts';
import { messagesIn } from './buffered.ts';
import type { Collector, Counted } from './collector.ts';
import { Complaint } from './complaint.ts';

/** What a running local collector says about itself. */
type LocalCollector = {
  readonly pid: number;
  readonly url: string;
  readonly region: string;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
};

/** The collector of this folder, running now. */
export const localCollector = (): Collector => {
  const folder = process.env['SLUICE_DATA'] ?? '.sluice';
  let local: LocalCollector;
  try {
    local = JSON.parse(readFileSync(join(folder, 'local.json'), 'utf8')) as LocalCollector;
    process.kill(local.pid, 0);
  } catch {
    throw new Complaint(
      'no collector is running here: start one with `npm start` in another terminal, or name a deployed one with --stack',
    );
  }
  // The SDK reads its endpoints from the environment; what the user has set there wins.
  for (const [service, url] of Object.entries(local.endpoints))
    process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ??= url;
  process.env['AWS_REGION'] ??= local.region;
  process.env['AWS_ACCESS_KEY_ID'] ??= 'local';
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'local';
  const named = (output: string): string => local.outputs[output] ?? '';
  return {
    name: 'local',
    url: local.url,
    ports: connect({
      [environment.targets]: named(outputs.targets),
      [environment.heartbeats]: named(outputs.heartbeats),
      [environment.keys]: named(outputs.keys),
      [environment.buffer]: named(outputs.buffer),
      [environment.deadLetters]: named(outputs.deadLetters),
    }),
    get: path => getJson(new URL(path, local.url), keyed),
    probe: async path => get(new URL(path, local.url), await keyed(new URL(path, local.url))),
    post: (path, body, headers) => post(new URL(path, local.url), body, headers, keyed),
    counted: async () => countedIn(join(folder, 'measures.json')),
    listeners: async () => undefined,
    buffered: () => messagesIn(named(outputs.buffer)),
    quarantined: () => messagesIn(named(outputs.deadLetters)),
  };
};

/** The user's own key, for a collector that asks for one (SLUICE_KEYS=everything). */
const keyed: Sign = async () => {
  const key = process.env['SLUICE_KEY'];
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
};

/** What the local host keeps of the functions' metrics: everything since the data folder was made. */
const countedIn = (file: string): Counted => {
  try {
    const { since, values, pushed = {} } = JSON.parse(readFileSync(file, 'utf8')) as Counted;
    return { since: `since ${since.slice(0, 16).replace('T', ' ')}`, values, pushed };
  } catch {
    return { since: 'so far', values: {} };
  }
};
