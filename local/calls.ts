import { account, region } from './resolver.ts';

/** One call of an AWS service, as IAM sees it: an action, and every resource it touches. */
export type Call = { readonly action: string; readonly resources: readonly string[] };

type Input = {
  readonly TableName?: string;
  readonly RequestItems?: Readonly<Record<string, unknown>>;
  readonly QueueUrl?: string;
  readonly SecretId?: string;
  readonly Name?: string;
};

/**
 * Reads what an SDK sends. DynamoDB and SQS name the operation in a header and the resource in JSON; SNS sends a form.
 * Undefined where it is no call that is understood here, which nobody is allowed to make.
 */
export const readCall = (target: string, body: string): Call | undefined => {
  try {
    const [service = '', operation = ''] = target.split('.');
    if (service.startsWith('DynamoDB')) return dynamodb(operation, JSON.parse(body) as Input);
    if (service === 'AmazonSQS') return sqs(operation, JSON.parse(body) as Input);
    if (service === 'secretsmanager') return secretsmanager(operation, JSON.parse(body) as Input);
    if (service === 'AmazonSSM') return ssm(operation, JSON.parse(body) as Input);
    if (target === '') return sns(new URLSearchParams(body));
  } catch {
    // Not what such a call looks like.
  }
  return undefined;
};

const dynamodb = (operation: string, { TableName, RequestItems = {} }: Input): Call => {
  const tables = TableName === undefined ? Object.keys(RequestItems) : [TableName];
  const arns = tables.map(name =>
    name.startsWith('arn:') ? name : `arn:aws:dynamodb:${region}:${account}:table/${name}`,
  );
  return { action: `dynamodb:${operation}`, resources: arns };
};

/** A batch needs the right of the single call. */
const sqs = (operation: string, { QueueUrl = '' }: Input): Call => ({
  action: `sqs:${operation.replace(/Batch$/, '')}`,
  resources: [`arn:aws:sqs:${region}:${account}:${QueueUrl.split('/').at(-1)}`],
});

const secretsmanager = (operation: string, { SecretId = '' }: Input): Call => ({
  action: `secretsmanager:${operation}`,
  resources: [
    SecretId.startsWith('arn:') ? SecretId : `arn:aws:secretsmanager:${region}:${account}:secret:${SecretId}-xxxxxx`,
  ],
});

const ssm = (operation: string, { Name = '' }: Input): Call => ({
  action: `ssm:${operation}`,
  resources: [Name.startsWith('arn:') ? Name : `arn:aws:ssm:${region}:${account}:parameter/${Name.replace(/^\//, '')}`],
});

const sns = (form: URLSearchParams): Call | undefined => {
  const [action, topic] = [form.get('Action'), form.get('TopicArn')];
  return action === null || topic === null ? undefined : { action: `sns:${action}`, resources: [topic] };
};
