import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { readDuration } from '../../core/duration.ts';
import { type KeyRight, keyFrom, readKey, readKeyRow, renamed, rotated } from '../../core/key/key.ts';
import { quotaNames } from '../../core/key/quota.ts';
import { limits } from '../../core/limits.ts';
import { protocolNames } from '../../core/protocol/request.ts';
import { textOfReject } from '../../core/reject.ts';
import type { Connect } from './collector.ts';
import { Complaint } from './complaint.ts';
import { show, told } from './show.ts';

type CreateOptions = {
  job?: string[];
  protocols?: string;
  rename?: true;
  read?: true;
  operate?: true;
  limits?: string;
  json?: boolean;
};

export const keysCommand = (connect: Connect): Command => {
  const keys = new Command('keys').description('who may push, read or operate without signing');

  keys
    .command('create')
    .description('make a key and show it, once: only its hash is kept')
    .option('--job <job...>', 'jobs that may be pushed with it (default: any)')
    .option('--protocols <list>', `protocols it may be used with (default: all), of ${protocolNames.join(', ')}`)
    .option(
      '--rename',
      'take what is pushed for other jobs as the first job’s, the claim in exported_job; else it is refused',
    )
    .option('--read', 'a key to read with, for the page and for Grafana, instead of one to push with')
    .option('--operate', 'a key to read with and to pause heartbeats with')
    .option('--limits <list>', `what may be pushed with it, as name=number, of ${quotaNames.join(', ')}`)
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  sluice keys create --job checkout --protocols otlp,pushgateway' +
        '\n  sluice keys create --job batch --limits samplesPerSecond=5000,activeSeries=20000' +
        '\n  sluice keys create --read',
    )
    .action(async (asked: CreateOptions) => {
      const { job, protocols, rename, read, operate, limits: quota } = asked;
      const text = made();
      const may: readonly KeyRight[] = operate ? ['read', 'operate'] : ['read'];
      if ((read || operate) && (job || protocols || rename))
        throw new Complaint(
          '--job, --protocols and --rename are of keys to push with: leave them out, or make two keys',
        );
      const row = {
        ...readKey(text),
        ...((read || operate) && { may }),
        ...(job && { jobs: job }),
        ...(protocols !== undefined && { protocols: protocols.split(',').map(name => name.trim()) }),
        ...(rename && { forgedJobs: 'rename' }),
        ...(quota !== undefined && { limits: limitsOf(quota) }),
        createdAt: new Date().toISOString(),
      };
      const { rejects } = readKeyRow(row);
      if (rejects.length > 0) throw new Complaint(rejects.map(textOfReject).join('\n'));
      await (await connect()).ports.keys.put(row);
      told(asked, text, { key: text, id: row.id, createdAt: row.createdAt });
      console.error(
        'shown once; send it as Authorization: Bearer KEY, as a Basic password, as X-Api-Key: KEY, or where your protocol has it',
      );
    });

  keys
    .command('list')
    .description('keys by their beginning, and what they are good for')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  sluice keys list')
    .action(async (options: { json?: boolean }) => {
      const rows = (await (await connect()).ports.keys.all()).map(row => ({
        id: row['id'],
        jobs: (row['jobs'] as string[] | undefined)?.join(' ') ?? 'any',
        protocols: (row['protocols'] as string[] | undefined)?.join(' ') ?? 'all',
        limits: textOfLimits(row['limits']),
        may: (row['may'] as string[] | undefined)?.join(' ') ?? 'push',
        created: row['createdAt'] ?? 'by CDK',
        oldSecretUntil: isLater(row['previousUntil']) ? row['previousUntil'] : undefined,
      }));
      show(rows, options, 'no keys yet: make one with `npx sluice keys create --job JOB`');
    });

  keys
    .command('revoke <id>')
    .description('refuse a key from now on, by its beginning; a warm function believes it for up to 30 s more')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  sluice keys revoke Q3mXw8b2Jt0aZk9L')
    .action(async (id: string, options: { json?: boolean }) => {
      if (!(await (await connect()).ports.keys.remove(id)))
        throw new Complaint(`no key begins with ${id}: \`npx sluice keys list\` shows them`);
      told(options, `revoked ${id}`, { id, revoked: true });
    });

  keys
    .command('rotate <id>')
    .description(
      'give a key a new secret and show it, once; the old one stays good for a while, so that nobody is locked out',
    )
    .option(
      '--old-for <duration>',
      'how long the old secret stays good; 0s for not at all',
      `${limits.keyOldSecretMs / 86_400_000}d`,
    )
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  sluice keys rotate Q3mXw8b2Jt0aZk9L --old-for 2h')
    .action(async (id: string, { oldFor, json = false }: { oldFor: string; json?: boolean }) => {
      const oldMs = readDuration(oldFor);
      if (oldMs === undefined || oldMs > limits.keyOldSecretMaxMs)
        throw new Complaint(
          `--old-for: expected a duration of at most ${limits.keyOldSecretMaxMs / 86_400_000}d such as 12h, found ${oldFor}`,
        );
      const { ports } = await connect();
      const row = (await ports.keys.all()).find(each => each['id'] === id);
      if (row === undefined) throw new Complaint(`no key begins with ${id}: \`npx sluice keys list\` shows them`);
      const text = renamed(made(), id);
      const key = readKey(text);
      const next = key && rotated(row, key, ports.clock.nowMs() + oldMs);
      if (next === undefined) throw new Complaint(`${id} is no key’s beginning`);
      await ports.keys.put({ ...next, rotatedAt: new Date(ports.clock.nowMs()).toISOString() });
      told({ json }, text, { key: text, id, oldSecretUntil: next['previousUntil'] });
      console.error(
        `shown once; good everywhere in ${limits.keyCacheMs / 1_000} s. The old secret is good until ${String(next['previousUntil'])}`,
      );
    });

  return keys;
};

const isLater = (instant: unknown): boolean => Date.parse(String(instant)) > Date.now();

const limitsOf = (told: string): Record<string, number> =>
  Object.fromEntries(
    told.split(',').map(each => {
      const [name = '', value = ''] = each.split('=');
      return [name.trim(), Number(value)];
    }),
  );

const textOfLimits = (told: unknown): string =>
  Object.entries((told ?? {}) as Record<string, unknown>)
    .map(([name, value]) => `${name}=${String(value)}`)
    .join(' ') || 'usual';

/** Twice as many bytes as it takes: three in a hundred are passed over. */
const made = (): string => keyFrom(randomBytes(128)) ?? made();
