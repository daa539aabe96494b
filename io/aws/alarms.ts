import { PublishCommand, type SNSClient } from '@aws-sdk/client-sns';
import type { Alarms } from '../ports.ts';
import { called } from './calls.ts';

/** Rings an SNS topic: JSON for machines, text for people, attributes for subscription filters. */
export const snsAlarms = (client: SNSClient, topicArn: string): Alarms => ({
  ring: async alarm => {
    const attribute = (value: string) => ({ DataType: 'String', StringValue: value });
    await called('alarms.ring', () =>
      client.send(
        new PublishCommand({
          TopicArn: topicArn,
          Subject: alarm.subject,
          MessageStructure: 'json',
          Message: JSON.stringify({
            default: JSON.stringify({
              ...alarm,
              since: new Date(alarm.sinceMs).toISOString(),
              at: new Date(alarm.atMs).toISOString(),
            }),
            email: `${alarm.text}\n\n${alarm.id}`,
            sms: alarm.subject,
          }),
          // SNS refuses empty attribute values, and the collector's own alarm has no job.
          MessageAttributes: Object.fromEntries(
            Object.entries({
              id: alarm.id,
              kind: alarm.kind,
              job: alarm.job,
              instance: alarm.instance,
              reason: alarm.reason,
            })
              .filter(([, value]) => value !== '')
              .map(([name, value]) => [name, attribute(value)]),
          ),
        }),
      ),
    );
  },
});
