import middy from '@middy/core';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { anyInstance } from '../core/heartbeat/heartbeat.ts';
import { readHeartbeat } from '../core/heartbeat/row.ts';
import { readKey, readKeyRow } from '../core/key/key.ts';
import { type Reject, textOfReject } from '../core/reject.ts';
import { isDiscovery, readDiscovery } from '../core/scrape/discovery.ts';
import { readTarget } from '../core/scrape/target.ts';
import type { Ports, Row } from '../io/ports.ts';

type DeclarePorts = Pick<Ports, 'targets' | 'heartbeats' | 'keys' | 'secrets' | 'deployment'>;

/** What is declared: `put` refuses what the collector could not read, and answers the name of the row. */
type Declaration = {
  readonly put: () => Promise<string>;
  readonly remove: (name: string) => Promise<boolean>;
};

/** What an app no longer says of a heartbeat is taken back; a snooze or a window of maintenance is not the app's. */
const undeclared = {
  cron: null,
  onCalendar: null,
  tz: null,
  firstSeen: null,
  failures: null,
  flapping: null,
  expect: null,
  proposal: null,
  learned: null,
} as const;

const refused = 'refused:';

/**
 * A deployment → rows. Puts what the app declares, takes out what has left it, and answers CloudFormation in any case:
 * without an answer it would wait for an hour. A row that cannot be read fails the deployment with place and reason.
 */
export const declare = (ports: DeclarePorts) =>
  middy<CloudFormationCustomResourceEvent, void>().handler(async event => {
    const { StackId, RequestId, LogicalResourceId, ResponseURL } = event;
    const known = 'PhysicalResourceId' in event ? event.PhysicalResourceId : undefined;
    const about = { StackId, RequestId, LogicalResourceId };
    try {
      const PhysicalResourceId = await carryOut(ports, event, known);
      await ports.deployment.answer(ResponseURL, { ...about, Status: 'SUCCESS', PhysicalResourceId });
    } catch (error) {
      const Reason = (error as Error).message;
      const PhysicalResourceId = known ?? `${refused}${LogicalResourceId}`;
      await ports.deployment.answer(ResponseURL, { ...about, Status: 'FAILED', PhysicalResourceId, Reason });
    }
  });

const carryOut = async (
  ports: DeclarePorts,
  event: CloudFormationCustomResourceEvent,
  known: string | undefined,
): Promise<string> => {
  const { RequestType, ResourceType, ResourceProperties } = event;
  const row = ResourceProperties['Row'] as Row;
  if (RequestType === 'Delete') {
    // What was refused was never put; a row of the same name is somebody else's.
    if (known === undefined || known.startsWith(refused)) return known ?? '';
    await declarationOf(ports, ResourceType, row).remove(known);
    return known;
  }
  return declarationOf(ports, ResourceType, row).put();
};

const declarationOf = ({ targets, heartbeats, keys, secrets }: DeclarePorts, type: string, row: Row): Declaration => {
  if (type === 'Custom::SluiceTarget') {
    return {
      put: async () => {
        orThrow((isDiscovery(row) ? readDiscovery(row) : readTarget(row)).rejects);
        await targets.put(row);
        return String(row['id']);
      },
      remove: id => targets.remove(id),
    };
  }
  if (type === 'Custom::SluiceHeartbeat') {
    const { job, instance = anyInstance, ...promise } = row;
    const key = { job: String(job), instance: String(instance) };
    return {
      put: async () => {
        orThrow(readHeartbeat({ ...key, ...promise }).rejects);
        await heartbeats.expect(key, { ...undeclared, interval: '60s', grace: '35s', ...promise });
        return `${key.job}/${key.instance}`;
      },
      remove: () => heartbeats.remove(key),
    };
  }
  if (type === 'Custom::SluiceKey') {
    const { secret, ...rest } = row;
    return {
      put: async () => {
        const key = readKey(await secrets.read(String(secret)));
        if (key === undefined) throw new Error('the secret holds no key: 64 letters and digits');
        const kept = { ...rest, ...key };
        orThrow(readKeyRow(kept).rejects);
        await keys.put(kept);
        return key.id;
      },
      remove: id => keys.remove(id),
    };
  }
  throw new Error(`${type} is nothing that can be declared here`);
};

const orThrow = (rejects: readonly Reject[]): void => {
  if (rejects.length > 0) throw new Error(rejects.map(textOfReject).join('; '));
};
