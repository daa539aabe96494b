import { createHash } from 'node:crypto';
import type { Template } from './assembly.ts';
import { account, type Physical, region } from './resolver.ts';

/** Where the embedded parts listen, as known before anything is made. */
type Addresses = { readonly api: string; readonly sqs: string };

/** Stable from start to start: the stack, the logical id, cut to what every service takes. */
const nameOf = (stackName: string, logicalId: string): string => {
  const name = `${stackName}-${logicalId}`;
  return name.length <= 64
    ? name
    : `${name.slice(0, 55)}-${createHash('sha256').update(name).digest('hex').slice(0, 8)}`;
};

const arn = (service: string, resource: string): string => `arn:aws:${service}:${region}:${account}:${resource}`;

/** Names every resource that others may refer to, by its type alone: no resource is known here by name. */
export const physicalNames = (template: Template, stackName: string, addresses: Addresses): Map<string, Physical> => {
  const named = new Map<string, Physical>();
  for (const [logicalId, { Type }] of Object.entries(template.Resources)) {
    const name = nameOf(stackName, logicalId);
    const physical = makers[Type]?.(name, addresses);
    if (physical !== undefined) named.set(logicalId, physical);
  }
  return named;
};

const table = (name: string): Physical => {
  const own = arn('dynamodb', `table/${name}`);
  return { ref: name, attributes: { Arn: own, StreamArn: `${own}/stream/local` } };
};

const makers: Readonly<Record<string, (name: string, addresses: Addresses) => Physical>> = {
  'AWS::Lambda::Function': name => ({ ref: name, attributes: { Arn: arn('lambda', `function:${name}`) } }),
  'AWS::SQS::Queue': (name, { sqs }) => ({
    ref: `${sqs}/${account}/${name}`,
    attributes: { Arn: arn('sqs', name), QueueName: name },
  }),
  'AWS::DynamoDB::GlobalTable': table,
  'AWS::DynamoDB::Table': table,
  // Buckets have small letters and 63 characters at most.
  'AWS::S3::Bucket': name => {
    const bucket = name.toLowerCase().slice(-63).replace(/^-+/, '');
    return { ref: bucket, attributes: { Arn: `arn:aws:s3:::${bucket}` } };
  },
  'AWS::SNS::Topic': name => ({ ref: arn('sns', name), attributes: { TopicArn: arn('sns', name), TopicName: name } }),
  'AWS::SecretsManager::Secret': name => ({ ref: arn('secretsmanager', `secret:${name}`), attributes: {} }),
  'AWS::ApiGatewayV2::Api': (name, { api }) => ({ ref: name, attributes: { ApiEndpoint: api } }),
};

/** The last part of an ARN: a queue's, table's, topic's or function's name. */
export const nameOfArn = (text: string): string => text.split(/[:/]/).at(-1) ?? text;

/** The table's name in the ARN of its stream. */
export const tableOfStream = (streamArn: string): string => /:table\/([^/]+)\/stream\//.exec(streamArn)?.[1] ?? '';
