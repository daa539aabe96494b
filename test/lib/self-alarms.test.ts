import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { measures } from '../../core/measures.ts';
import { synthesized } from './synthesized.ts';

const { all, at } = synthesized();
const alarms = all('AWS::CloudWatch::Alarm');
const [topic] = all('AWS::SNS::Topic');
const pages = [
  ...readFileSync(join(import.meta.dirname, '../../docs/runbook.md'), 'utf8').matchAll(/^## (\S+)$/gm),
].map(([, page]) => page);

test('these ring; an account has ten for nothing', () => {
  expect(alarms.length).toBe(12);
  expect(alarms.map(({ name }) => name.replace('SelfAlarms', '')).sort()).toEqual([
    'ApiServerErrors',
    'BufferAge',
    'BufferDeadLetters',
    'Cardinality',
    'CheckerDead',
    'DeadlinesDeadLetters',
    'KeyedApiServerErrors',
    'NotMerged',
    'PlanErrors',
    'PlanThrottles',
    'ScrapeErrors',
    'ScrapesDeadLetters',
  ]);
});

test.each(alarms)('$name rings the topic, also when it is over, and says what to do', ({ properties }) => {
  expect([properties.AlarmActions, properties.OKActions].map(([action]) => at(action))).toEqual([topic, topic]);
  const [, page] = /docs\/runbook\.md#(\S+)$/.exec(properties.AlarmDescription) ?? [];
  expect(pages).toContain(page);
});

test('every page of the runbook is some alarm’s', () => {
  const named = alarms.map(({ properties }) => properties.AlarmDescription.split('#')[1]);
  // That it is blind the collector says itself.
  expect([...new Set(pages)].sort()).toEqual([...new Set([...named, 'collector-blind'])].sort());
});

test('CloudWatch may ring, for this account only', () => {
  const policy = all('AWS::SNS::TopicPolicy')[0]!;
  const [ringing, ...others] = policy.properties.PolicyDocument.Statement.filter(
    ({ Effect }: { Effect: string }) => Effect === 'Allow',
  );
  expect(others).toEqual([]);
  expect(ringing).toMatchObject({
    Action: 'sns:Publish',
    Principal: { Service: 'cloudwatch.amazonaws.com' },
    Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
  });
});

describe('the dead man', () => {
  const dead = alarms.find(({ name }) => name === 'SelfAlarmsCheckerDead')?.properties;

  test('is missed where nothing is told of him', () => {
    expect(dead).toMatchObject({
      MetricName: 'Sweeps',
      Namespace: 'Sluice',
      Dimensions: [{ Name: 'Collector', Value: 'Sluice/Collector' }],
      Statistic: 'Sum',
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
  });

  test('tells under the name that he is missed by', () => {
    const check = all('AWS::Lambda::Function').find(({ name }) => name === 'Check');
    expect(check?.properties.Environment.Variables.COLLECTOR).toBe('Sluice/Collector');
    expect(Object.keys(measures)).toContain(dead?.MetricName);
  });
});

test('none where they are not wanted, nor may CloudWatch ring then', () => {
  const quiet = synthesized({ selfAlarms: false });
  expect(quiet.all('AWS::CloudWatch::Alarm')).toEqual([]);
  expect(JSON.stringify(quiet.all('AWS::SNS::TopicPolicy'))).not.toContain('cloudwatch');
});

test('a dashboard where it is wanted, over metrics that there are', () => {
  expect(all('AWS::CloudWatch::Dashboard')).toEqual([]);
  const [dashboard] = synthesized({ dashboard: true }).all('AWS::CloudWatch::Dashboard');
  const body: string = dashboard?.properties.DashboardBody['Fn::Join'][1]
    .filter((part: unknown) => typeof part === 'string')
    .join('');
  for (const measure of ['Accepted', 'Stored', 'Merged', 'Quarantined', 'Refused', 'ScrapeLateness', 'WriteUnits']) {
    expect(body).toContain(`["Sluice","${measure}","Collector","Sluice/Collector"`);
  }
});
