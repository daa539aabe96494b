import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { CollectorProps } from '../lib/collector-props.ts';

/** What `cdk deploy -c name=value` may say; each is one of CollectorProps. Anything else belongs in an app of your own. */
const settings = [
  'stackName',
  'scrapeAllow',
  'scrapeSecrets',
  'discovery',
  'removal',
  'selfAlarms',
  'dashboard',
  'onward',
  'mirror',
  'watchdog',
  'retention',
  'backfill',
  'ranges',
  'rules',
  'alertmanager',
  'freshness',
] as const;

type Setting = (typeof settings)[number];

/** Reads the settings from CDK's context. Throws on a value that cannot be meant, by its name. */
export const settingsOf = (
  contextOf: (name: Setting) => unknown,
): Pick<
  CollectorProps,
  | 'scrapeAllowCidrs'
  | 'scrapeSecrets'
  | 'discovery'
  | 'removalPolicy'
  | 'selfAlarms'
  | 'dashboard'
  | 'onward'
  | 'mirror'
  | 'watchdogUrl'
  | 'retention'
  | 'backfill'
  | 'ranges'
  | 'rules'
  | 'alertmanagerUrl'
  | 'freshness'
> & {
  stackName: string;
} => {
  const text = (name: Setting): string => String(contextOf(name) ?? '').trim();
  const oneOf = <T>(name: Setting, choices: Readonly<Record<string, T>>): T | undefined => {
    const chosen = text(name);
    if (chosen === '') return undefined;
    if (!Object.hasOwn(choices, chosen))
      throw new Error(`${name}: ${JSON.stringify(chosen)}, expected ${Object.keys(choices).join(' or ')}`);
    return choices[chosen];
  };
  const removalPolicy = oneOf('removal', { retain: RemovalPolicy.RETAIN, destroy: RemovalPolicy.DESTROY });
  const selfAlarms = oneOf('selfAlarms', { true: true, false: false });
  const dashboard = oneOf('dashboard', { true: true, false: false });
  const list = (name: Setting): string[] =>
    text(name)
      .split(',')
      .map(each => each.trim())
      .filter(each => each !== '');
  const discovery = discoveryIn(list('discovery'));
  const onward = text('onward');
  const watchdogUrl = text('watchdog');
  const alertmanagerUrl = text('alertmanager');
  const freshness = text('freshness');
  if (!/^\d*$/.test(freshness)) throw new Error(`freshness: ${JSON.stringify(freshness)}, expected whole seconds`);
  const mirror = list('mirror').map(metric => ({ metric }));
  const rules = list('rules');
  const retention = text('retention');
  const backfill = text('backfill');
  const ranges = oneOf('ranges', { 'prometheus-2': 'prometheus-2', 'prometheus-3': 'prometheus-3' } as const);
  return {
    stackName: text('stackName') || 'Sluice',
    scrapeAllowCidrs: list('scrapeAllow'),
    ...(text('scrapeSecrets') !== '' && { scrapeSecrets: secretsIn(contextOf('scrapeSecrets')) }),
    ...(discovery && { discovery }),
    ...(onward !== '' && { onward: onward.startsWith('arn:') ? { workspaceArn: onward } : { url: onward } }),
    ...(retention !== '' && { retention: retentionIn(retention) }),
    ...(backfill !== '' && { backfill: daysIn('backfill', backfill) }),
    ...(ranges && { ranges }),
    ...(rules.length > 0 && { rules }),
    ...(mirror.length > 0 && { mirror }),
    ...(watchdogUrl !== '' && { watchdogUrl }),
    ...(alertmanagerUrl !== '' && { alertmanagerUrl }),
    ...(freshness !== '' && { freshness: Duration.seconds(Number(freshness)) }),
    ...(removalPolicy && { removalPolicy }),
    ...(selfAlarms !== undefined && { selfAlarms }),
    ...(dashboard !== undefined && { dashboard }),
  };
};

/** Days of samples, of buckets of five minutes and of those of an hour; what is left out is as usual. */
const retentionIn = (text: string): NonNullable<CollectorProps['retention']> => {
  const [samples, fiveMinutes, hours] = text.split(',').map(each => daysIn('retention', each));
  return { ...(samples && { samples }), ...(fiveMinutes && { fiveMinutes }), ...(hours && { hours }) };
};

const daysIn = (name: string, text: string): Duration => {
  const days = Number(text);
  if (text.trim() === '' || !Number.isFinite(days) || days <= 0)
    throw new Error(`${name}: ${JSON.stringify(text)}, expected days, such as 15`);
  return Duration.hours(days * 24);
};

/** `ecs,ec2,cloud_map`: kinds of rows that are to be found in the account. */
const discoveryIn = (kinds: readonly string[]): CollectorProps['discovery'] => {
  const wrong = kinds.find(kind => !['ecs', 'ec2', 'cloud_map'].includes(kind));
  if (wrong !== undefined) throw new Error(`discovery: ${JSON.stringify(wrong)}, expected some of ecs,ec2,cloud_map`);
  if (kinds.length === 0) return undefined;
  return { ecs: kinds.includes('ecs'), ec2: kinds.includes('ec2'), cloudMap: kinds.includes('cloud_map') };
};

/** JSON, as a text or as CDK read it: `[{"secret": "scrapes/shop", "hosts": ["shop.example.com"]}]`. */
const secretsIn = (setting: unknown): NonNullable<CollectorProps['scrapeSecrets']> => {
  const wrong = 'scrapeSecrets: expected JSON such as [{"secret": "scrapes/shop", "hosts": ["shop.example.com"]}]';
  let read: unknown;
  try {
    read = typeof setting === 'string' ? JSON.parse(setting) : setting;
  } catch {
    throw new Error(wrong);
  }
  const isOne = (each: { secret?: unknown; parameter?: unknown; hosts?: unknown } | null): boolean =>
    typeof (each?.secret ?? each?.parameter) === 'string' &&
    Array.isArray(each?.hosts) &&
    each.hosts.every(host => typeof host === 'string');
  if (!Array.isArray(read) || !read.every(isOne)) throw new Error(wrong);
  return read as NonNullable<CollectorProps['scrapeSecrets']>;
};
