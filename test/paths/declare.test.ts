import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { beforeEach, describe, expect, test } from 'vitest';
import { declare } from '../../functions/declare.ts';
import { memoryPorts } from '../../io/memory/ports.ts';

let ports: ReturnType<typeof memoryPorts>;
beforeEach(() => {
  ports = memoryPorts({ startMs: 0 });
});

const ask = async (RequestType: string, ResourceType: string, Row: object, PhysicalResourceId?: string) => {
  const event = {
    RequestType,
    ResourceType,
    ResourceProperties: { ServiceToken: 'arn', Row },
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Logical',
    ResponseURL: 'https://answer',
    ...(PhysicalResourceId && { PhysicalResourceId }),
  } as unknown as CloudFormationCustomResourceEvent;
  await (declare(ports) as (event: unknown, context: unknown) => Promise<void>)(event, {});
  return ports.deployment.answers.at(-1);
};

describe('a target', () => {
  const row = { id: 'App/Shop', url: 'http://shop:9100/metrics', interval: '15000ms' };

  test('is put, changed and taken out', async () => {
    expect(await ask('Create', 'Custom::SluiceTarget', row)).toEqual({
      Status: 'SUCCESS',
      PhysicalResourceId: 'App/Shop',
      StackId: 'stack',
      RequestId: 'request',
      LogicalResourceId: 'Logical',
    });
    expect([...ports.targets.rows.values()]).toEqual([row]);
    await ask('Update', 'Custom::SluiceTarget', { ...row, interval: '30s' }, 'App/Shop');
    expect(ports.targets.rows.get('App/Shop')?.['interval']).toBe('30s');
    await ask('Delete', 'Custom::SluiceTarget', row, 'App/Shop');
    expect(ports.targets.rows.size).toBe(0);
    // Once more, as CloudFormation may.
    expect((await ask('Delete', 'Custom::SluiceTarget', row, 'App/Shop'))?.Status).toBe('SUCCESS');
  });

  test('of a list is one too, with numbers as CloudFormation hands them on', async () => {
    const list = { id: 'App/Tasks', kind: 'ecs', clusters: ['prod'], port: '9102', tags: { sluice: 'scrape' } };
    expect((await ask('Create', 'Custom::SluiceTarget', list))?.Status).toBe('SUCCESS');
    expect(ports.targets.rows.get('App/Tasks')).toEqual(list);
    const answer = await ask('Create', 'Custom::SluiceTarget', { ...list, port: undefined });
    expect(answer?.Reason).toContain('port: bad_row: is missing');
  });

  test('that cannot be read fails the deployment, and what it did not put it does not take out', async () => {
    const answer = await ask('Create', 'Custom::SluiceTarget', { ...row, interval: '1s' });
    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'refused:Logical' });
    expect(answer?.Reason).toContain('interval: bad_row: 1 s is outside 5 s … 86400 s');
    await ports.targets.put(row);
    expect((await ask('Delete', 'Custom::SluiceTarget', row, 'refused:Logical'))?.Status).toBe('SUCCESS');
    expect(ports.targets.rows.size).toBe(1);
  });

  test('changed to what cannot be read stays as it was', async () => {
    await ask('Create', 'Custom::SluiceTarget', row);
    const answer = await ask('Update', 'Custom::SluiceTarget', { ...row, url: 'gopher://x' }, 'App/Shop');
    expect(answer).toMatchObject({ Status: 'FAILED', PhysicalResourceId: 'App/Shop' });
    expect(ports.targets.rows.get('App/Shop')).toEqual(row);
  });
});

test('a heartbeat keeps its state when its promise changes', async () => {
  const key = { job: 'report', instance: '*' };
  expect(await ask('Create', 'Custom::SluiceHeartbeat', { job: 'report', interval: '86400000ms' })).toMatchObject({
    Status: 'SUCCESS',
    PhysicalResourceId: 'report/*',
  });
  await ports.heartbeats.heard([key], 1_000);
  await ask('Update', 'Custom::SluiceHeartbeat', { job: 'report', interval: '3600s', grace: '60s' }, 'report/*');
  const [row] = await ports.heartbeats.get([key]);
  expect(row).toMatchObject({ interval: '3600s', grace: '60s', lastAcceptMs: 1_000 });
  await ask('Delete', 'Custom::SluiceHeartbeat', { job: 'report' }, 'report/*');
  expect(await ports.heartbeats.get([key])).toEqual([]);
});

describe('a key', () => {
  const text = 'S'.repeat(64);

  test('is kept as its hash, and taken out', async () => {
    ports.secrets.texts.set('arn:secret', text);
    const answer = await ask('Create', 'Custom::SluiceKey', { secret: 'arn:secret', jobs: ['shop'] });
    expect(answer).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'S'.repeat(16) });
    const [row] = await ports.keys.all();
    expect(row).toEqual({ id: 'S'.repeat(16), hash: expect.stringMatching(/^[0-9a-f]{64}$/), jobs: ['shop'] });
    expect(JSON.stringify([row, answer])).not.toContain(text);
    await ask('Delete', 'Custom::SluiceKey', { secret: 'arn:secret' }, 'S'.repeat(16));
    expect(await ports.keys.all()).toEqual([]);
  });

  test('that is none fails the deployment without being told', async () => {
    ports.secrets.texts.set('arn:secret', 'hunter2');
    const answer = await ask('Create', 'Custom::SluiceKey', { secret: 'arn:secret' });
    expect(answer?.Status).toBe('FAILED');
    expect(answer?.Reason).not.toContain('hunter2');
  });
});

test('what nobody knows is refused', async () => {
  expect((await ask('Create', 'Custom::SluiceMagic', {}))?.Reason).toContain('Custom::SluiceMagic is nothing');
});
