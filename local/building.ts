import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAssembly } from './assembly.ts';
import { Gateway } from './gateway.ts';
import { House } from './house.ts';
import { lockFolder } from './lock.ts';
import { startQueues } from './queues.ts';
import { region } from './resolver.ts';
import type { KeysRequired } from './routes.ts';
import type { GivenSecret } from './secrets.ts';
import type { Engines } from './stores.ts';
import { startTables } from './tables.ts';

type LocalSettings = {
  /** Where everything that must survive is kept. */
  readonly dataFolder: string;
  /** The synthesized stack; called once the data folder is ours and the port is open. */
  readonly assemblyFolder: () => Promise<string>;
  readonly port: number;
  /** What needs a key, as it does where one does not sign. @default nothing */
  readonly keysRequired?: KeysRequired;
  /** Secrets that the user gives to scrapes. @default none */
  readonly givenSecrets?: Readonly<Record<string, GivenSecret>>;
  /** HTTP subscribers of every topic. */
  readonly subscribers: readonly string[];
  /** Endpoints that the user brought: such a part is not started. */
  readonly endpoints: Partial<Engines['endpoints']>;
  /** Keeps tables on dynalite, as on machines without the binary. */
  readonly tables?: 'dynalite';
  readonly print: (line: string) => void;
};

export type LocalBuilding = {
  readonly url: string;
  readonly endpoints: Engines['endpoints'];
  readonly outputs: Readonly<Record<string, string>>;
  readonly stop: () => Promise<void>;
};

/**
 * Hosts what a synthesized template names: functions, queues, tables, schedules, routes and topics. If anything fails on the way up, everything that was started is stopped.
 */
export const startBuilding = async (settings: LocalSettings): Promise<LocalBuilding> => {
  const ends: (() => void | Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const end of ends.splice(0).reverse())
      await Promise.resolve(end()).catch((error: Error) => settings.print(`stopping: ${error.message}`));
  };
  try {
    return { ...(await raise(settings, ends)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const raise = async (
  settings: LocalSettings,
  ends: (() => void | Promise<void>)[],
): Promise<Omit<LocalBuilding, 'stop'>> => {
  const { dataFolder, print } = settings;
  ends.push(lockFolder(dataFolder));
  const gateway = new Gateway(print);
  const url = await gateway.listen(settings.port);
  ends.push(() => gateway.stop());
  const assembly = readAssembly(await settings.assemblyFolder());

  const engines = await startEngines(settings, ends);
  const house = new House({
    assembly,
    dataFolder,
    engines,
    url,
    keysRequired: settings.keysRequired ?? 'nothing',
    givenSecrets: settings.givenSecrets ?? {},
    subscribers: settings.subscribers,
    print,
    atEnd: undo => ends.push(undo),
  });
  await house.stores.make();
  await house.startFunctions();
  await house.declare();
  gateway.routes = house.routes();
  await house.startMappings();

  const { endpoints } = engines;
  const outputs = house.resolver.outputs();
  const file = join(dataFolder, 'local.json');
  writeFileSync(file, JSON.stringify({ pid: process.pid, url, region, endpoints, outputs }, null, 2));
  ends.push(() => rmSync(file, { force: true }));
  return { url, endpoints, outputs };
};

const startEngines = async (
  { dataFolder, endpoints: own, tables, print }: LocalSettings,
  ends: (() => void | Promise<void>)[],
): Promise<Engines> => {
  let { dynamodb, sqs, sns, s3 } = own;
  let queueServer: Engines['queueServer'];
  if (dynamodb === undefined) {
    const engine = await startTables(dataFolder, tables);
    ends.push(engine.stop);
    dynamodb = engine.endpoint;
    print(`tables on ${engine.name} at ${engine.endpoint}`);
  }
  if (sqs === undefined || sns === undefined || s3 === undefined) {
    const queuesFolder = join(dataFolder, 'queues');
    mkdirSync(queuesFolder, { recursive: true });
    const server = await startQueues(queuesFolder);
    ends.push(() => server.stop());
    if (sqs === undefined) queueServer = server;
    sqs ??= server.address;
    sns ??= server.address;
    s3 ??= server.address;
    print(`queues, topics and objects on fauxqs at ${server.address}`);
  }
  return { endpoints: { dynamodb, sqs, sns, s3 }, queueServer };
};
