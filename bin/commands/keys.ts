import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import { type KeyRight, keyFrom, readKey, readKeyRow } from '../../core/key/key.ts';
import { protocolNames } from '../../core/protocol/request.ts';
import { textOfReject } from '../../core/reject.ts';
import type { Connect } from './collector.ts';
import { Complaint } from './complaint.ts';
import { show } from './show.ts';

type CreateOptions = { job?: string[]; protocols?: string; rename?: true; read?: true; operate?: true };

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
    .addHelpText(
      'after',
      '\nExamples:\n  sluice keys create --job checkout --protocols otlp,pushgateway\n  sluice keys create --read',
    )
    .action(async ({ job, protocols, rename, read, operate }: CreateOptions) => {
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
        createdAt: new Date().toISOString(),
      };
      const { rejects } = readKeyRow(row);
      if (rejects.length > 0) throw new Complaint(rejects.map(textOfReject).join('\n'));
      await (await connect()).ports.keys.put(row);
      console.log(text);
      console.error(
        'shown once; send it as Authorization: Bearer KEY, as a Basic password, as X-Api-Key: KEY, or where your protocol has it',
      );
    });

  keys
    .command('list')
    .description('keys by their beginning, and what they are good for')
    .option('--json', 'print JSON')
    .action(async (options: { json?: boolean }) => {
      const rows = (await (await connect()).ports.keys.all()).map(row => ({
        id: row['id'],
        jobs: (row['jobs'] as string[] | undefined)?.join(' ') ?? 'any',
        protocols: (row['protocols'] as string[] | undefined)?.join(' ') ?? 'all',
        may: (row['may'] as string[] | undefined)?.join(' ') ?? 'push',
        created: row['createdAt'] ?? 'by CDK',
      }));
      show(rows, options, 'no keys yet: make one with `npx sluice keys create --job JOB`');
    });

  keys
    .command('revoke <id>')
    .description('refuse a key from now on, by its beginning; a warm function believes it for up to 30 s more')
    .action(async (id: string) => {
      if (!(await (await connect()).ports.keys.remove(id)))
        throw new Complaint(`no key begins with ${id}: \`npx sluice keys list\` shows them`);
      console.log(`revoked ${id}`);
    });

  return keys;
};

/** Twice as many bytes as it takes: three in a hundred are passed over. */
const made = (): string => keyFrom(randomBytes(128)) ?? made();
