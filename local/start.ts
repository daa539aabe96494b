import { join, resolve } from 'node:path';
import { synthesize } from './assembly.ts';
import { type LocalBuilding, startBuilding } from './building.ts';
import { Complaint } from './complaint.ts';
import type { KeysRequired } from './routes.ts';
import { readGivenSecrets } from './secrets.ts';

// `npm start`: the synthesized stack, hosted on this machine.

const checkout = join(import.meta.dirname, '..');
const dataFolder = resolve(process.env['SLUICE_DATA'] ?? '.sluice');
const port = Number(process.env['SLUICE_PORT'] ?? 9640);
const list = (text = ''): string[] =>
  text
    .split(',')
    .map(each => each.trim())
    .filter(each => each !== '');
const print = (line: string): void => console.log(line);

/** Waits until the query function answers, which it does once it reached its table. */
const untilReady = async (url: string): Promise<void> => {
  for (let tries = 0; tries < 100; tries += 1) {
    const ready = await fetch(`${url}/-/ready`).then(
      answer => answer.ok,
      () => false,
    );
    if (ready) return;
    await new Promise(wait => setTimeout(wait, 100));
  }
  throw new Complaint(`${url}/-/ready did not answer 200 within 10 s: the lines above say why`);
};

const welcome = ({ url, endpoints, outputs }: LocalBuilding): void => {
  print(`sluice ready ${url}`);
  print('');
  print(`  look at it:          ${url}/`);
  print(`  push something:      echo 'demo_orders_total 1' | curl --data-binary @- '${url}/v1/push?job=demo'`);
  print('  register a target:   npx sluice targets add http://127.0.0.1:9100/metrics --interval 15s');
  print(`  read it back:        curl '${url}/api/v1/query?query=demo_orders_total'   (a few seconds after the push)`);
  print('');
  print(
    `  tables for the AWS CLI at ${endpoints.dynamodb}: ${[outputs['TargetsTable'], outputs['HeartbeatsTable']].join(', ')}`,
  );
};

/** What of them the stack is told: names and hosts, not texts. A name that begins with a slash is a parameter's. */
const secretsSetting = (given: ReturnType<typeof readGivenSecrets>): string => {
  const named = Object.entries(given).map(([name, { hosts }]) =>
    name.startsWith('/') ? { parameter: name, hosts } : { secret: name, hosts },
  );
  return named.length === 0 ? '' : JSON.stringify(named);
};

const keysRequiredBy = (text = ''): KeysRequired => {
  if (text === '') return 'nothing';
  if (text === 'required') return 'pushes';
  if (text === 'everything') return text;
  throw new Complaint(`SLUICE_KEYS is ${text}, expected required (pushes need a key) or everything (reading too)`);
};

let building: LocalBuilding | undefined;
let stopping = false;

const stop = async (): Promise<void> => {
  // A second Ctrl-C does not wait.
  if (stopping) process.exit(130);
  stopping = true;
  print('stopping');
  await building?.stop();
  process.exit(0);
};
process.on('SIGINT', () => void stop());
process.on('SIGTERM', () => void stop());

try {
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Complaint(`SLUICE_PORT is ${process.env['SLUICE_PORT']}, expected a port such as 9640`);
  const givenSecrets = readGivenSecrets(process.env['SLUICE_SECRETS']);
  const started = await startBuilding({
    givenSecrets,
    dataFolder,
    port,
    keysRequired: keysRequiredBy(process.env['SLUICE_KEYS']),
    print,
    subscribers: list(process.env['SLUICE_SUBSCRIBE']),
    endpoints: {
      ...(process.env['AWS_ENDPOINT_URL_DYNAMODB'] && { dynamodb: process.env['AWS_ENDPOINT_URL_DYNAMODB'] }),
      ...(process.env['AWS_ENDPOINT_URL_SQS'] && { sqs: process.env['AWS_ENDPOINT_URL_SQS'] }),
      ...(process.env['AWS_ENDPOINT_URL_SNS'] && { sns: process.env['AWS_ENDPOINT_URL_SNS'] }),
      ...(process.env['AWS_ENDPOINT_URL_S3'] && { s3: process.env['AWS_ENDPOINT_URL_S3'] }),
    },
    assemblyFolder: async () => {
      const folder = join(dataFolder, 'cdk.out');
      print('synthesizing the stack');
      await synthesize(checkout, folder, {
        scrapeAllow: process.env['SLUICE_SCRAPE_ALLOW'] ?? '127.0.0.0/8,::1/128',
        scrapeSecrets: secretsSetting(givenSecrets),
        onward: process.env['SLUICE_ONWARD'] ?? '',
        mirror: process.env['SLUICE_MIRROR'] ?? '',
        watchdog: process.env['SLUICE_WATCHDOG'] ?? '',
        // Years of history fit on a disk that is there anyway, and can be tried out at once.
        retention: process.env['SLUICE_RETENTION'] ?? '400,400,730',
        // Synthesis runs in the checkout, and the user somewhere else.
        rules: list(process.env['SLUICE_RULES'])
          .map(path => resolve(path))
          .join(','),
        ranges: process.env['SLUICE_RANGES'] ?? '',
        backfill: process.env['SLUICE_BACKFILL'] ?? '',
        alertmanager: process.env['SLUICE_ALERTMANAGER'] ?? '',
        // Nothing is charged here.
        freshness: process.env['SLUICE_FRESHNESS'] ?? '0',
      });
      return folder;
    },
  });
  building = started;
  if (stopping) await started.stop();
  await untilReady(started.url);
  welcome(started);
} catch (error) {
  await building?.stop();
  console.error(error instanceof Complaint ? `sluice: ${error.message}` : error);
  process.exit(1);
}
