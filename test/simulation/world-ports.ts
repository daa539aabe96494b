import { usualBackfillMs, usualRetention } from '../../core/retention.ts';
import { awsBlocks } from '../../io/aws/blocks.ts';
import { sqsQueue } from '../../io/aws/queue.ts';
import { dynamoSeries } from '../../io/aws/series.ts';
import { MemoryBlocks, MemoryLate } from '../../io/memory/blocks.ts';
import { MemoryExemplars } from '../../io/memory/exemplars.ts';
import { MemoryFamilies } from '../../io/memory/families.ts';
import type { MemoryHeartbeats } from '../../io/memory/heartbeats.ts';
import { MemoryHistory } from '../../io/memory/history.ts';
import { MemoryInventory } from '../../io/memory/inventory.ts';
import { MemoryKeys, MemorySecrets } from '../../io/memory/keys.ts';
import { MemoryAlarms, MemoryDeployment, MemoryMeasures, MemoryMirror, MemoryOnward } from '../../io/memory/ports.ts';
import { MemoryQuarantine } from '../../io/memory/quarantine.ts';
import { MemoryQueue } from '../../io/memory/queue.ts';
import { MemoryRefusals } from '../../io/memory/refusals.ts';
import { MemoryRules } from '../../io/memory/rules.ts';
import { MemorySeries } from '../../io/memory/series.ts';
import type { MemoryTargets } from '../../io/memory/targets.ts';
import { MemoryUsage } from '../../io/memory/usage.ts';
import type { Http, Log, Ports } from '../../io/ports.ts';
import type { Agenda } from './agenda.ts';
import { Chance } from './chance.ts';
import { SimulatedDynamo } from './dynamo.ts';
import { fate } from './life.ts';
import type { Messages } from './messages.ts';
import type { Plan } from './plan.ts';
import { simulatedS3 } from './s3.ts';
import { simulatedSqs } from './sqs.ts';

/** What a world's workers talk to. */
type Services = {
  readonly plan: Plan;
  readonly agenda: Agenda;
  readonly buffer: Messages;
  readonly heartbeats: MemoryHeartbeats;
  readonly targets: MemoryTargets;
  readonly http: Http;
  readonly log: Log;
};

/** The ports as each worker gets them: memory or the shipped adapters, every call of them meeting its worker's fate. */
export const worldPorts = ({ plan, agenda, buffer, heartbeats, targets, http, log }: Services): (() => Ports) => {
  const families = new MemoryFamilies(agenda, fate);
  const exemplars = new MemoryExemplars(agenda, fate);
  const late = new MemoryLate();
  const memory = { series: new MemorySeries(agenda, fate, late), blocks: new MemoryBlocks(late, fate) };
  const dynamo = plan.on === 'services' ? new SimulatedDynamo(agenda) : undefined;
  const s3 = simulatedS3(agenda);
  const chance = new Chance(plan.seed, 'handlers');
  const [scrapes, deadlines] = ['scrapes', 'deadlines'].map(name => new MemoryQueue(name, agenda, fate));
  // The adapters are made for each worker, as they remember things; what they talk to is one for all.
  return (): Ports => ({
    clock: agenda,
    chance,
    log,
    measures: new MemoryMeasures(),
    buffer: dynamo === undefined ? buffer : sqsQueue(simulatedSqs(buffer, agenda), agenda, 'buffer', 'buffer'),
    quarantine: new MemoryQuarantine(fate),
    scrapes: scrapes!,
    vpcScrapes: undefined,
    deadlines: deadlines!,
    passedOn: undefined,
    onward: new MemoryOnward(fate),
    mirror: new MemoryMirror(),
    families,
    exemplars,
    retention: usualRetention,
    includesOlderEnd: false,
    rules: new MemoryRules(fate),
    backfillMs: usualBackfillMs(usualRetention),
    freshnessMs: plan.freshnessMs,
    memoryBytes: plan.memoryBytes,
    ...(dynamo === undefined
      ? memory
      : {
          series: dynamoSeries(dynamo.client, agenda, 'series'),
          blocks: awsBlocks({ dynamo: dynamo.client, s3, clock: agenda }, 'series', 'blocks'),
        }),
    targets: targets,
    heartbeats: heartbeats,
    canary: undefined,
    gateway: undefined,
    watchdog: undefined,
    keys: new MemoryKeys(fate),
    usage: new MemoryUsage(fate),
    refusals: new MemoryRefusals(),
    secrets: new MemorySecrets(),
    parameters: new MemorySecrets(),
    signatures: { sign: async () => ({}) },
    scrapeGrants: [],
    deployment: new MemoryDeployment(fate),
    alarms: new MemoryAlarms(fate),
    history: new MemoryHistory(agenda, fate),
    vitals: { told: async () => ({}), buffered: async () => 0 },
    pageFiles: [],
    http: http,
    reach: { public: () => true, vpc: undefined },
    inventory: new MemoryInventory(fate),
    discoveries: new Set(),
  });
};
