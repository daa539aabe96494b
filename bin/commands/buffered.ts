import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';

const attributes = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesDelayed',
  'ApproximateNumberOfMessagesNotVisible',
] as const;

/** Messages of a queue, whether they wait, wait on purpose, or are at work. SQS counts approximately. */
export const messagesIn = async (queueUrl: string): Promise<number> => {
  const client = new SQSClient({});
  try {
    const asked = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...attributes] });
    const { Attributes = {} } = await client.send(asked);
    return attributes.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
  } finally {
    client.destroy();
  }
};
