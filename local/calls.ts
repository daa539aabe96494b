import { account, region } from './resolver.ts';

/** One call of an AWS service, as IAM sees it: an action, and every resource it touches. */
type Call = { readonly action: string; readonly resources: readonly string[] };

type Input = {
  readonly TableName?: string;
  readonly RequestItems?: Readonly<Record<string, unknown>>;
  readonly QueueUrl?: string;
  readonly SecretId?: string;
  readonly Name?: string;
};

/** A request as an SDK sends it. `target` is the header x-amz-target, `authorization` the signature's, each '' where there is none. */
export type SentRequest = {
  readonly target: string;
  readonly authorization: string;
  readonly method: string;
  /** With the query, as on the request line. */
  readonly path: string;
  readonly body: () => string;
};

/**
 * Reads what an SDK sends. DynamoDB and SQS name the operation in a header and the resource in JSON; SNS sends a form; S3's
 * are the method and the path. Undefined where it is no call that is understood here, which nobody is allowed to make.
 */
export const readCall = (request: SentRequest): Call | undefined => {
  try {
    const { target } = request;
    if (signedFor(request) === 's3') return s3(request);
    const body = request.body();
    const [service = '', operation = ''] = target.split('.');
    if (service.startsWith('DynamoDB')) return dynamodb(operation, JSON.parse(body) as Input);
    if (service === 'AmazonSQS') return sqs(operation, JSON.parse(body) as Input);
    if (service === 'secretsmanager') return secretsmanager(operation, JSON.parse(body) as Input);
    if (service === 'AmazonSSM') return ssm(operation, JSON.parse(body) as Input);
    // CloudWatch names no resource.
    if (service.startsWith('GraniteService')) return { action: `cloudwatch:${operation}`, resources: ['*'] };
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

/** The service that a signature is for: `Credential=<key>/<day>/<region>/<service>/aws4_request`. */
const signedFor = ({ authorization }: SentRequest): string | undefined =>
  /Credential=[^/]+\/\d+\/[^/]+\/([^/]+)\/aws4_request/.exec(authorization)?.[1];

const objectActions: Readonly<Record<string, string>> = {
  GET: 's3:GetObject',
  HEAD: 's3:GetObject',
  PUT: 's3:PutObject',
  DELETE: 's3:DeleteObject',
};

/** Of a bucket only what lists it is understood; its name is the first part of the path. */
const s3 = ({ method, path }: SentRequest): Call | undefined => {
  const [, bucket = '', key = ''] = /^\/([^/?]+)\/?([^?]*)/.exec(path) ?? [];
  const isListing = key === '' && (method === 'GET' || method === 'HEAD');
  const action = key === '' ? (isListing ? 's3:ListBucket' : undefined) : objectActions[method];
  if (bucket === '' || action === undefined) return undefined;
  const arn = `arn:aws:s3:::${bucket}`;
  return { action, resources: [key === '' ? arn : `${arn}/${decodeURIComponent(key)}`] };
};
