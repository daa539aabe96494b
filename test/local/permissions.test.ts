import { describe, expect, test } from 'vitest';
import { readCall, type SentRequest } from '../../local/calls.ts';
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

const sent = (request: Partial<SentRequest> & { readonly text?: string }): SentRequest => ({
  target: '',
  authorization: '',
  method: 'POST',
  path: '/',
  body: () => request.text ?? '',
  ...request,
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
    expect(readCall(sent({ target, text: JSON.stringify(body) }))).toEqual(expected);
  });

  test('a form of SNS', () => {
    expect(readCall(sent({ text: 'Action=Publish&TopicArn=arn%3Aaws%3Asns%3Ax&Message=m' }))).toEqual({
      action: 'sns:Publish',
      resources: ['arn:aws:sns:x'],
    });
  });

  const signedFor = (service: string): string =>
    `AWS4-HMAC-SHA256 Credential=local/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;

  test.each([
    ['GET', '/b/raw/1/2/x?x-id=GetObject', 's3:GetObject', '/raw/1/2/x'],
    ['HEAD', '/b/raw%20x', 's3:GetObject', '/raw x'],
    ['PUT', '/b/x?x-id=PutObject', 's3:PutObject', '/x'],
    ['DELETE', '/b/x', 's3:DeleteObject', '/x'],
    ['GET', '/b?list-type=2&prefix=raw%2F', 's3:ListBucket', ''],
    ['GET', '/b/?list-type=2', 's3:ListBucket', ''],
    ['HEAD', '/b', 's3:ListBucket', ''],
  ])('S3: %s %s', (method, path, action, key) => {
    expect(readCall(sent({ authorization: signedFor('s3'), method, path }))).toEqual({
      action,
      resources: [`arn:aws:s3:::b${key}`],
    });
  });

  test.each([
    ['s3', 'PUT', '/b'],
    ['s3', 'POST', '/b/x?delete'],
    ['s3', 'GET', '/'],
    ['s3', 'GET', '/b/%'],
    ['kinesis', 'GET', '/b/x'],
  ])('not understood: of %s %s %s', (service, method, path) => {
    expect(readCall(sent({ authorization: signedFor(service), method, path }))).toBeUndefined();
  });

  test.each([
    ['Kinesis_20131202.PutRecord', '{}'],
    ['DynamoDB_20120810.PutItem', 'not JSON'],
    ['', 'nothing'],
  ])('not understood: %j %j', (target, body) => {
    expect(readCall(sent({ target, text: body }))).toBeUndefined();
  });
});
