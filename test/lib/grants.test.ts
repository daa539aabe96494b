import { describe, expect, test } from 'vitest';
import { environment } from '../../io/aws/contract.ts';
import { type Resource, synthesized } from './synthesized.ts';

const { all, at } = synthesized({ scrapeAllowCidrs: ['10.0.0.0/8', 'fd00::/8'] });

type Statement = { readonly Action: string | string[]; readonly Resource: unknown; readonly Effect: string };

const listOf = <T>(one: T | readonly T[]): readonly T[] => (Array.isArray(one) ? one : [one as T]);

/** Everything a role may do, as `resource: actions`; its own log left out. */
const grantsTo = (role: Resource): string[] =>
  all('AWS::IAM::Policy')
    .filter(({ properties }) => properties.Roles.some((each: unknown) => at(each) === role))
    .flatMap(({ properties }) => properties.PolicyDocument.Statement as Statement[])
    .flatMap(({ Action, Resource }) =>
      listOf(Resource)
        .filter(each => at(each).whole.Type !== 'AWS::Logs::LogGroup')
        .map(each => `${at(each).name}: ${listOf(Action).join(' ')}`),
    )
    .sort();

const receive =
  'sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ReceiveMessage';
const send = 'sqs:GetQueueAttributes sqs:GetQueueUrl sqs:SendMessage';

describe.each([
  {
    name: 'Push',
    knows: ['buffer', 'heartbeats', 'deadlines'],
    may: [
      `BufferQueue: ${send}`,
      `DeadlinesQueue: ${send}`,
      'HeartbeatsTable: dynamodb:BatchGetItem dynamodb:GetItem dynamodb:Query dynamodb:UpdateItem',
    ],
  },
  {
    name: 'Ingest',
    knows: ['series'],
    may: [
      `BufferQueue: ${receive}`,
      'SeriesTable: dynamodb:BatchGetItem dynamodb:BatchWriteItem dynamodb:GetItem dynamodb:Query',
    ],
  },
  {
    name: 'Plan',
    knows: ['targets', 'scrapes', 'heartbeats', 'deadlines'],
    may: [
      `DeadlinesQueue: ${send}`,
      'HeartbeatsTable: dynamodb:BatchGetItem dynamodb:GetItem dynamodb:Query dynamodb:Scan dynamodb:UpdateItem',
      `ScrapesQueue: ${send}`,
      // The table's stream.
      'TargetsTable: dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator dynamodb:ListStreams',
      'TargetsTable: dynamodb:Scan dynamodb:UpdateItem',
    ],
  },
  {
    name: 'Scrape',
    knows: ['buffer', 'heartbeats', 'deadlines', 'scrapeAllow'],
    may: [
      `BufferQueue: ${send}`,
      `DeadlinesQueue: ${send}`,
      'HeartbeatsTable: dynamodb:UpdateItem',
      `ScrapesQueue: ${receive}`,
    ],
  },
  {
    name: 'Check',
    knows: ['heartbeats', 'deadlines', 'alarms'],
    may: [
      'AlarmsTopic: sns:Publish',
      `DeadlinesQueue: ${receive} sqs:SendMessage`,
      'HeartbeatsTable: dynamodb:BatchGetItem dynamodb:DeleteItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query dynamodb:Scan dynamodb:UpdateItem',
    ],
  },
  {
    name: 'Query',
    knows: ['series', 'blocks'],
    may: ['BlocksBucket: s3:GetObject', 'SeriesTable: dynamodb:BatchGetItem dynamodb:GetItem dynamodb:Query'],
  },
  {
    name: 'Compact',
    knows: ['series', 'blocks'],
    may: [
      'BlocksBucket: s3:GetObject s3:PutObject',
      'SeriesTable: dynamodb:BatchGetItem dynamodb:BatchWriteItem dynamodb:DeleteItem dynamodb:GetItem dynamodb:PutItem dynamodb:Query',
    ],
  },
] as const)('$name', ({ name, knows, may }) => {
  const handler = all('AWS::Lambda::Function').find(each => each.name === name);

  test('knows these resources', () => {
    expect(Object.keys(handler?.properties.Environment.Variables).sort()).toEqual(
      knows.map(key => environment[key]).sort(),
    );
  });

  test('may do this, with a role of its own', () => {
    const role = at(handler?.properties.Role);
    expect(grantsTo(role)).toEqual(may);
    expect(role.properties.ManagedPolicyArns).toBeUndefined();
    const users = all('AWS::Lambda::Function').filter(({ properties }) => at(properties.Role) === role);
    expect(users).toEqual([handler]);
  });
});

test('the allowed blocks reach the scraper as one list', () => {
  const scrape = all('AWS::Lambda::Function').find(({ name }) => name === 'Scrape');
  expect(scrape?.properties.Environment.Variables[environment.scrapeAllow]).toBe('10.0.0.0/8,fd00::/8');
});

test('nobody may do anything to everything', () => {
  const statements = all('AWS::IAM::Policy').flatMap(
    ({ properties }) => properties.PolicyDocument.Statement as Statement[],
  );
  for (const { Action, Resource } of statements) {
    expect(listOf(Action).join(' ')).not.toContain('*');
    for (const each of listOf(Resource)) {
      expect(each).not.toBe('*');
      // A schedule may call any version of the one function that it wakes; objects of a bucket have no names beforehand.
      const isObjects = listOf(Action).every(action => /^s3:(Get|Put)Object$/.test(action));
      if (Action !== 'lambda:InvokeFunction' && !isObjects) expect(JSON.stringify(each)).not.toContain('*');
    }
  }
});
