import type { Ports } from '../../io/ports.ts';
import type { Told } from './api.ts';
import { deployedCollector } from './deployed.ts';
import { localCollector } from './local.ts';

/** Metrics of the collector over a span, by name: counts as sums, durations as their maximum. */
export type Counted = {
  readonly since: string;
  readonly values: Readonly<Record<string, number>>;
  /** Pushes and samples by protocol and job, where the collector keeps them; deployed they are in its log. */
  readonly pushed?: Readonly<Record<string, Readonly<Record<string, number>>>>;
};

/** A collector the command line can talk to: its tables through the ports, its API by path. */
export type Collector = {
  readonly name: string;
  readonly url: string;
  readonly ports: Pick<Ports, 'clock' | 'targets' | 'heartbeats' | 'keys' | 'buffer' | 'quarantine'>;
  /** A GET of its API, parsed; whatever the API says of an error. */
  readonly get: (path: string) => Promise<unknown>;
  /** The same as it came, with its headers. */
  readonly probe: (path: string) => Promise<Told>;
  /** A POST to its API; whatever comes of it. */
  readonly post: (path: string, body: Uint8Array, headers: Readonly<Record<string, string>>) => Promise<Told>;
  readonly counted: () => Promise<Counted>;
  /** Messages in the buffer, waiting or at work. */
  readonly buffered: () => Promise<number>;
  /** How many hear its alarms; undefined where that is not known: at home they are named when it starts. */
  readonly listeners: () => Promise<number | undefined>;
  /** Messages in its dead letters. */
  readonly quarantined: () => Promise<number>;
};

/** Finds the collector that the user means: the one running in this folder, or with `--stack` a deployed one. */
export type Connect = () => Promise<Collector>;

export const connectTo =
  (options: () => { readonly stack?: string }): Connect =>
  async () => {
    const { stack } = options();
    return stack === undefined ? localCollector() : deployedCollector(stack);
  };
