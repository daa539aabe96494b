import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, GetMetricDataCommand } from '@aws-sdk/client-cloudwatch';
import { ListSubscriptionsByTopicCommand, SNSClient } from '@aws-sdk/client-sns';
import { defaultProvider } from '@aws-sdk/credential-provider-node';
import { measures } from '../../core/measures.ts';
import { connect } from '../../io/aws/connect.ts';
import { environment, outputs } from '../../io/aws/contract.ts';
import { signerOf } from '../../io/aws/sign.ts';
import { get, getJson, post } from './api.ts';
import { messagesIn } from './buffered.ts';
import type { Collector, Counted } from './collector.ts';
import { Complaint } from './complaint.ts';

/** A collector in an AWS account, by the name of its stack, with the credentials and region that the AWS CLI would use. */
export const deployedCollector = async (stackName: string): Promise<Collector> => {
  const cloudFormation = new CloudFormationClient({});
  const region = await cloudFormation.config.region();
  const told = await outputsOf(cloudFormation, stackName, region);
  cloudFormation.destroy();
  const named = (output: keyof typeof outputs): string => {
    const value = told.get(outputs[output]);
    if (value === undefined)
      throw new Complaint(`the stack ${stackName} is no Sluice: it has no output ${outputs[output]}`);
    return value;
  };
  const sign = signerOf('execute-api', region, defaultProvider());
  return {
    name: `${stackName} in ${region}`,
    url: named('url'),
    ports: connect({
      [environment.targets]: named('targets'),
      [environment.heartbeats]: named('heartbeats'),
      [environment.keys]: named('keys'),
      [environment.buffer]: named('buffer'),
      [environment.deadLetters]: named('deadLetters'),
    }),
    get: path => getJson(new URL(path, named('url')), sign),
    probe: async path => get(new URL(path, named('url')), await sign(new URL(path, named('url')))),
    post: (path, body, headers) => post(new URL(path, named('url')), body, headers, sign),
    counted: () => countedOf(named('collector')),
    listeners: () => listenersOf(named('alarms')),
    buffered: () => messagesIn(named('buffer')),
    quarantined: () => messagesIn(named('deadLetters')),
  };
};

const outputsOf = async (
  client: CloudFormationClient,
  StackName: string,
  region: string,
): Promise<Map<string, string>> => {
  try {
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName }));
    return new Map(Stacks[0]?.Outputs?.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]));
  } catch (error) {
    if ((error as Error).name === 'ValidationError')
      throw new Complaint(
        `there is no stack ${StackName} in ${region}: \`npx cdk deploy\` makes one, AWS_REGION says where`,
      );
    throw error;
  }
};

/** Confirmed subscriptions: whoever did not confirm hears nothing. */
const listenersOf = async (TopicArn: string): Promise<number> => {
  const client = new SNSClient({});
  try {
    const { Subscriptions = [] } = await client.send(new ListSubscriptionsByTopicCommand({ TopicArn }));
    return Subscriptions.filter(({ SubscriptionArn = '' }) => SubscriptionArn.startsWith('arn:')).length;
  } finally {
    client.destroy();
  }
};

/** The last 24 hours, as CloudWatch has them. */
const countedOf = async (collector: string): Promise<Counted> => {
  const client = new CloudWatchClient({});
  const names = Object.entries(measures);
  const end = new Date();
  const asked = new GetMetricDataCommand({
    StartTime: new Date(end.getTime() - 86_400_000),
    EndTime: end,
    MetricDataQueries: names.map(([MetricName, unit], at) => ({
      Id: `m${at}`,
      MetricStat: {
        Metric: { Namespace: 'Sluice', MetricName, Dimensions: [{ Name: 'Collector', Value: collector }] },
        Period: 3_600,
        Stat: unit === 'Count' ? 'Sum' : 'Maximum',
      },
    })),
  });
  try {
    const { MetricDataResults = [] } = await client.send(asked);
    const values: Record<string, number> = {};
    for (const { Id = '', Values = [] } of MetricDataResults) {
      const [name, unit] = names[Number(Id.slice(1))] ?? [];
      if (name === undefined || Values.length === 0) continue;
      values[name] = unit === 'Count' ? Values.reduce((sum, value) => sum + value, 0) : Math.max(...Values);
    }
    return { since: 'in the last 24 hours', values };
  } finally {
    client.destroy();
  }
};
