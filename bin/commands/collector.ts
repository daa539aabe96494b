import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from '../../io/aws/connect.ts';
import { environment, outputs } from '../../io/aws/contract.ts';
import type { Ports } from '../../io/ports.ts';

/** What a running local collector says about itself. */
type LocalCollector = {
  readonly pid: number;
  readonly url: string;
  readonly region: string;
  readonly endpoints: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
};

/** A collector the command line can talk to: its tables through the ports, its API by URL. */
export type Collector = { readonly url: string; readonly ports: Pick<Ports, 'clock' | 'targets' | 'heartbeats'> };

/** What to tell the user instead of a stack trace; exit code 1. */
export class Complaint extends Error {}

/** The collector of this folder, running now. */
export const localCollector = (): Collector => {
  const file = join(process.env['SLUICE_DATA'] ?? '.sluice', 'local.json');
  let local: LocalCollector;
  try {
    local = JSON.parse(readFileSync(file, 'utf8')) as LocalCollector;
    process.kill(local.pid, 0);
  } catch {
    throw new Complaint('no collector is running here: start one with `npm start` in another terminal');
  }
  // The SDK reads its endpoints from the environment; what the user has set there wins.
  for (const [service, url] of Object.entries(local.endpoints))
    process.env[`AWS_ENDPOINT_URL_${service.toUpperCase()}`] ??= url;
  process.env['AWS_REGION'] ??= local.region;
  process.env['AWS_ACCESS_KEY_ID'] ??= 'local';
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'local';
  const named = (output: string): string | undefined => local.outputs[output];
  const ports = connect({
    [environment.targets]: named(outputs.targets),
    [environment.heartbeats]: named(outputs.heartbeats),
  });
  return { url: local.url, ports };
};
