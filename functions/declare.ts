import middy from '@middy/core';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { anyInstance } from '../core/heartbeat/heartbeat.ts';
import { readHeartbeat } from '../core/heartbeat/row.ts';
import { type Reject, textOfReject } from '../core/reject.ts';
import { readTarget } from '../core/scrape/target.ts';
import type { Ports, Row } from '../io/ports.ts';

type DeclarePorts = Pick<Ports, 'targets' | 'heartbeats' | 'deployment'>;

/** What is declared, by the name of its row. `put` refuses what the collector could not read. */
type Declaration = {
  readonly name: string;
  readonly put: () => Promise<void>;
  readonly remove: () => Promise<boolean>;
};

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
    if (known?.startsWith(refused)) return known;
    await declarationOf(ports, ResourceType, row).remove();
    return known ?? '';
  }
  const { name, put } = declarationOf(ports, ResourceType, row);
  await put();
  return name;
};

const declarationOf = ({ targets, heartbeats }: DeclarePorts, type: string, row: Row): Declaration => {
  if (type === 'Custom::SluiceTarget') {
    const id = String(row['id']);
    return {
      name: id,
      put: async () => {
        orThrow(readTarget(row).rejects);
        await targets.put(row);
      },
      remove: () => targets.remove(id),
    };
  }
  if (type === 'Custom::SluiceHeartbeat') {
    const { job, instance = anyInstance, ...promise } = row;
    const key = { job: String(job), instance: String(instance) };
    return {
      name: `${key.job}/${key.instance}`,
      put: async () => {
        orThrow(readHeartbeat({ ...key, ...promise }).rejects);
        await heartbeats.expect(key, { interval: '60s', grace: '35s', ...promise });
      },
      remove: () => heartbeats.remove(key),
    };
  }
  throw new Error(`${type} is nothing that can be declared here`);
};

const orThrow = (rejects: readonly Reject[]): void => {
  if (rejects.length > 0) throw new Error(rejects.map(textOfReject).join('; '));
};
