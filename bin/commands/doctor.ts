import { Command } from 'commander';
import { readHeartbeat } from '../../core/heartbeat/row.ts';
import { limits } from '../../core/limits.ts';
import { textOfReject } from '../../core/reject.ts';
import { isDiscovery } from '../../core/scrape/discovery.ts';
import { readTargetRow } from '../../core/scrape/target.ts';
import type { Vitals } from '../../core/view/vitals.ts';
import type { Collector, Connect } from './collector.ts';
import { printable } from './show.ts';

/** One thing that was looked at: what there was, and where it is wrong what to do. */
type Finding = {
  readonly what: string;
  readonly state: 'ok' | 'warn' | 'bad';
  readonly found: string;
  readonly fix?: string;
};
type Look = (collector: Collector) => Promise<Finding[]>;

const signs = { ok: 'ok  ', warn: 'warn', bad: 'BAD ' } as const;

export const doctorCommand = (connect: Connect): Command =>
  new Command('doctor')
    .description('look at everything that can be wrong, and say how to put it right; exit code 2 if something is')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  sluice --stack Sluice doctor')
    .action(async (options: { json?: boolean }) => {
      const collector = await connect();
      const findings: Finding[] = [{ what: 'collector', state: 'ok', found: `${collector.name} at ${collector.url}` }];
      for (const [what, look] of Object.entries(looks)) {
        findings.push(
          ...(await look(collector).catch((error: Error): Finding[] => [
            { what, state: 'bad', found: error.message, fix: fixes[what] ?? 'see docs/runbook.md' },
          ])),
        );
      }
      if (options.json) console.log(JSON.stringify(findings, null, 2));
      else
        for (const { what, state, found, fix } of findings) {
          console.log(printable(`${signs[state]}  ${what.padEnd(12)} ${found}`));
          if (fix !== undefined && state !== 'ok') console.log(printable(`                   ${fix}`));
        }
      if (findings.some(({ state }) => state === 'bad')) process.exitCode = 2;
    });

/** What to do where a thing cannot be looked at at all. */
const fixes: Readonly<Record<string, string>> = {
  api: 'does it run? `npm start`; deployed: grantQuery(you) lets you ask, see docs/deploy.md',
  health: 'grantQuery lets you ask; the runbook has a page for each alarm of the collector itself',
  targets: 'you need dynamodb:Scan on the table of targets: `npx sluice status` shows who you are taken for',
  heartbeats: 'you need dynamodb:Scan on the table of heartbeats',
  buffer: 'you need sqs:GetQueueAttributes on the buffer',
  listeners: 'you need sns:ListSubscriptionsByTopic on the topic of alarms',
  keys: 'you need dynamodb:Scan on the table of keys',
};

const looks: Readonly<Record<string, Look>> = {
  api: async collector => {
    const beganMs = Date.now();
    const { status, headers } = await collector.probe('/-/ready');
    const tookMs = Date.now() - beganMs;
    const aheadMs = Date.parse(String(headers['date'] ?? '')) - (beganMs + tookMs / 2);
    return [
      status === 200
        ? { what: 'api', state: 'ok', found: `ready within ${tookMs} ms` }
        : {
            what: 'api',
            state: 'bad',
            found: `/-/ready answers ${status}`,
            fix: 'it cannot reach its tables: see the log of the query function',
          },
      Math.abs(aheadMs) < 5_000 || Number.isNaN(aheadMs)
        ? { what: 'clock', state: 'ok', found: 'yours and the collector’s agree within 5 s' }
        : {
            what: 'clock',
            state: Math.abs(aheadMs) > limits.timestampAheadMs ? 'bad' : 'warn',
            found: `yours is ${Math.round(-aheadMs / 1_000)} s off`,
            fix: 'samples with times from this machine will be off, or refused: set its clock by NTP (timedatectl set-ntp true)',
          },
    ];
  },

  health: async collector => {
    const vitals = (await collector.get('/v1/health')) as Vitals;
    const { checkedMs, plannedUntilMs, today } = vitals;
    const nowMs = collector.ports.clock.nowMs();
    const { Quarantined = 0, Refused = 0, Pushes = 0, ScrapesMissed = 0 } = today;
    const share = Refused / Math.max(1, Refused + Pushes);
    return [
      checkedMs !== null && nowMs - checkedMs < 180_000
        ? {
            what: 'checker',
            state: 'ok',
            found: `looked at everybody ${Math.round((nowMs - checkedMs) / 1_000)} s ago`,
          }
        : {
            what: 'checker',
            state: 'bad',
            found: 'has not looked for three minutes: nobody would ring',
            fix: 'docs/runbook.md, dead man',
          },
      plannedUntilMs === null || plannedUntilMs > nowMs - 60_000
        ? { what: 'plan', state: 'ok', found: 'scrapes are ordered ahead' }
        : {
            what: 'plan',
            state: 'bad',
            found: 'scrapes are not ordered',
            fix: 'docs/runbook.md: the plan function fails, its log says why',
          },
      Quarantined === 0
        ? { what: 'quarantine', state: 'ok', found: 'empty today' }
        : {
            what: 'quarantine',
            state: 'bad',
            found: `${Quarantined} samples could not be read today`,
            fix: '`npx sluice quarantine list`',
          },
      share < 0.01
        ? { what: 'refused', state: 'ok', found: `${Refused} pushes today` }
        : {
            what: 'refused',
            state: 'warn',
            found: `${Refused} pushes today, ${Math.round(share * 100)} % of all`,
            fix: 'their senders were told why: `npx sluice lint FILE` says the same of a body',
          },
      ScrapesMissed === 0
        ? { what: 'missed', state: 'ok', found: 'no scrape today' }
        : {
            what: 'missed',
            state: 'warn',
            found: `${ScrapesMissed} scrapes came too late today`,
            fix: 'docs/runbook.md, scrapes: is the account short of concurrency?',
          },
    ];
  },

  targets: async ({ ports }) => {
    const rows = await ports.targets.all();
    const wrong = rows.flatMap((row): Finding[] => {
      if (isDiscovery(row)) return [];
      const { value, rejects } = readTargetRow(row);
      const problem = value === undefined ? rejects.map(textOfReject).join('; ') : row['problem'];
      return problem === undefined || problem === null
        ? []
        : [
            {
              what: 'target',
              state: 'bad',
              found: `${row['id']}: ${problem}`,
              fix: `npx sluice targets check '${row['id']}'`,
            },
          ];
    });
    return [
      { what: 'targets', state: 'ok', found: `${rows.length - wrong.length} of ${rows.length} rows can be read` },
      ...wrong,
    ];
  },

  heartbeats: async ({ ports }) => {
    const rows = await ports.heartbeats.all();
    const wrong = rows.flatMap((row): Finding[] => {
      const { value, rejects } = readHeartbeat(row);
      const name = `${row['job']}/${row['instance']}`;
      if (value === undefined)
        return [
          {
            what: 'heartbeat',
            state: 'bad',
            found: `${name}: ${rejects.map(textOfReject).join('; ')}`,
            fix: 'put the row right, or remove it',
          },
        ];
      const graceMs = value.promise?.graceMs;
      return graceMs !== undefined &&
        graceMs < limits.heartbeatGraceDefaultMs &&
        (value.promise?.intervalMs ?? 0) >= 15_000
        ? [
            {
              what: 'heartbeat',
              state: 'warn',
              found: `${name} has a grace of ${graceMs / 1_000} s`,
              fix: `producers that back off may need more: --grace ${limits.heartbeatGraceDefaultMs / 1_000}s`,
            },
          ]
        : [];
    });
    return [{ what: 'heartbeats', state: 'ok', found: `${rows.length} rows` }, ...wrong];
  },

  buffer: async collector => {
    const waiting = await collector.buffered();
    return [
      waiting < 10_000
        ? { what: 'buffer', state: 'ok', found: `${waiting} messages` }
        : {
            what: 'buffer',
            state: 'warn',
            found: `${waiting} messages wait`,
            fix: 'docs/runbook.md, buffer age: ingest is behind',
          },
    ];
  },

  listeners: async collector => {
    const count = await collector.listeners();
    if (count === undefined) return [];
    return [
      count > 0
        ? { what: 'listeners', state: 'ok', found: `${count} hear the alarms` }
        : {
            what: 'listeners',
            state: 'bad',
            found: 'nobody would hear an alarm',
            fix: 'aws sns subscribe --topic-arn ARN --protocol email --notification-endpoint you@example.com, and confirm the mail',
          },
    ];
  },

  keys: async ({ ports }) => [{ what: 'keys', state: 'ok', found: `${(await ports.keys.all()).length} keys` }],
};
