import { describe, expect, test } from 'vitest';
import { readCall } from '../../local/calls.ts';
import { allows, type Statement, statementsOf } from '../../local/permissions.ts';
import { Resolver } from '../../local/resolver.ts';

const allow = (actions: string[], resources: string[]): Statement => ({ effect: 'Allow', actions, resources });
const deny = (actions: string[], resources: string[]): Statement => ({ effect: 'Deny', actions, resources });

describe('a role allows', () => {
  test.each<[string, Statement[], string, string, boolean]>([
    ['what is named', [allow(['sqs:SendMessage'], ['q'])], 'sqs:SendMessage', 'q', true],
    ['nothing without a statement', [], 'sqs:SendMessage', 'q', false],
    ['no other action', [allow(['sqs:SendMessage'], ['q'])], 'sqs:DeleteMessage', 'q', false],
    ['no other resource', [allow(['sqs:SendMessage'], ['q'])], 'sqs:SendMessage', 'q2', false],
    ['by wildcard', [allow(['sqs:*'], ['arn:*:q'])], 'sqs:SendMessage', 'arn:aws:q', true],
    ['by one character', [allow(['sqs:Send?'], ['q'])], 'sqs:Sends', 'q', true],
    ['not by a dot', [allow(['sqs.SendMessage'], ['q'])], 'sqs:SendMessage', 'q', false],
    ['not what is denied', [allow(['*'], ['*']), deny(['sqs:*'], ['q'])], 'sqs:SendMessage', 'q', false],
    ['what is denied elsewhere', [allow(['*'], ['*']), deny(['sqs:*'], ['r'])], 'sqs:SendMessage', 'q', true],
  ])('%s', (_, statements, action, resource, expected) => {
    expect(allows(statements, action, resource)).toBe(expected);
  });
});

test('a role has its own policies and those that name it, and no statement with a condition', () => {
  const statement = (Action: string, more: object = {}) => ({
    Effect: 'Allow',
    Action,
    Resource: { Ref: 'T' },
    ...more,
  });
  const policy = (Statement: object[]) => ({ PolicyDocument: { Statement } });
  const template = {
    Resources: {
      R: { Type: 'AWS::IAM::Role', Properties: { Policies: [policy([statement('a:Own')])] } },
      P: {
        Type: 'AWS::IAM::Policy',
        Properties: {
          Roles: [{ Ref: 'R' }],
          ...policy([
            statement('a:Named'),
            statement('a:Perhaps', { Condition: { Bool: { 'aws:SecureTransport': 'true' } } }),
          ]),
        },
      },
      Q: { Type: 'AWS::IAM::Policy', Properties: { Roles: [{ Ref: 'Other' }], ...policy([statement('a:Others')]) } },
    },
  };
  const resolver = new Resolver(template, 'Test', new Map([['T', { ref: 'table', attributes: {} }]]));
  expect(statementsOf(template, resolver, 'R')).toEqual([allow(['a:Own'], ['table']), allow(['a:Named'], ['table'])]);
});

describe('a call is', () => {
  const table = (name: string): string => `arn:aws:dynamodb:us-east-1:000000000000:table/${name}`;

  test.each([
    ['DynamoDB_20120810.PutItem', { TableName: 't' }, { action: 'dynamodb:PutItem', resources: [table('t')] }],
    ['DynamoDB_20120810.PutItem', { TableName: table('t') }, { action: 'dynamodb:PutItem', resources: [table('t')] }],
    [
      'DynamoDB_20120810.BatchWriteItem',
      { RequestItems: { t: [], u: [] } },
      { action: 'dynamodb:BatchWriteItem', resources: [table('t'), table('u')] },
    ],
    [
      'AmazonSQS.SendMessageBatch',
      { QueueUrl: 'http://127.0.0.1:1/000000000000/q' },
      { action: 'sqs:SendMessage', resources: ['arn:aws:sqs:us-east-1:000000000000:q'] },
    ],
  ])('%s with %j', (target, body, expected) => {
    expect(readCall(target, JSON.stringify(body))).toEqual(expected);
  });

  test('a form of SNS', () => {
    expect(readCall('', 'Action=Publish&TopicArn=arn%3Aaws%3Asns%3Ax&Message=m')).toEqual({
      action: 'sns:Publish',
      resources: ['arn:aws:sns:x'],
    });
  });

  test.each([
    ['Kinesis_20131202.PutRecord', '{}'],
    ['DynamoDB_20120810.PutItem', 'not JSON'],
    ['', 'nothing'],
  ])('not understood: %j %j', (target, body) => {
    expect(readCall(target, body)).toBeUndefined();
  });
});
