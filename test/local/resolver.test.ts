import { expect, test } from 'vitest';
import { physicalNames } from '../../local/naming.ts';
import { Resolver } from '../../local/resolver.ts';

const template = {
  Resources: {
    Jobs: { Type: 'AWS::SQS::Queue' },
    Rows: { Type: 'AWS::DynamoDB::GlobalTable' },
    Bell: { Type: 'AWS::SNS::Topic' },
    Work: { Type: 'AWS::Lambda::Function' },
    Door: { Type: 'AWS::ApiGatewayV2::Api' },
    Role: { Type: 'AWS::IAM::Role' },
  },
  Parameters: { Version: { Default: '/cdk/version' } },
  Outputs: { Url: { Value: { 'Fn::GetAtt': ['Door', 'ApiEndpoint'] } } },
};
const addresses = { api: 'http://127.0.0.1:9640', sqs: 'http://127.0.0.1:4566' };
const resolver = new Resolver(template, 'Test', physicalNames(template, 'Test', addresses));

test.each([
  [{ Ref: 'Jobs' }, 'http://127.0.0.1:4566/000000000000/Test-Jobs'],
  [{ 'Fn::GetAtt': ['Jobs', 'Arn'] }, 'arn:aws:sqs:us-east-1:000000000000:Test-Jobs'],
  [{ Ref: 'Rows' }, 'Test-Rows'],
  [{ 'Fn::GetAtt': ['Rows', 'StreamArn'] }, 'arn:aws:dynamodb:us-east-1:000000000000:table/Test-Rows/stream/local'],
  [{ Ref: 'Bell' }, 'arn:aws:sns:us-east-1:000000000000:Test-Bell'],
  [{ 'Fn::GetAtt': 'Work.Arn' }, 'arn:aws:lambda:us-east-1:000000000000:function:Test-Work'],
  [{ Ref: 'Role' }, 'Role'],
  [{ Ref: 'Version' }, '/cdk/version'],
  [{ 'Fn::Join': ['', ['integrations/', { Ref: 'Door' }]] }, 'integrations/Test-Door'],
  [
    { 'Fn::Sub': 'b-${AWS::AccountId}-${AWS::Region}-${Rows}-${Work.Arn}' },
    'b-000000000000-us-east-1-Test-Rows-arn:aws:lambda:us-east-1:000000000000:function:Test-Work',
  ],
  [{ 'Fn::Sub': ['${x}!', { x: { Ref: 'AWS::StackName' } }] }, 'Test!'],
  [{ 'Fn::Select': [1, { 'Fn::Split': ['-', 'a-b'] }] }, 'b'],
  [{ a: [{ Ref: 'Rows' }, 1, null] }, { a: ['Test-Rows', 1, null] }],
])('%j', (value, expected) => {
  expect(resolver.resolve(value)).toEqual(expected);
});

test('outputs are resolved, and what is not understood is said', () => {
  expect(resolver.outputs()).toEqual({ Url: 'http://127.0.0.1:9640' });
  expect(() => resolver.resolve({ 'Fn::Cidr': [] })).toThrow('Fn::Cidr is not understood');
});

test('long names stay within what every service takes, and apart', () => {
  const resources = Object.fromEntries(
    ['A', 'B'].map(end => [`${'Long'.repeat(20)}${end}`, { Type: 'AWS::Lambda::Function' }]),
  );
  const names = [...physicalNames({ Resources: resources }, 'Test', addresses).values()].map(({ ref }) => ref);
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(name.length).toBeLessThanOrEqual(64);
});
