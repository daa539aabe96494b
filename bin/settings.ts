import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { CollectorProps } from '../lib/collector-props.ts';

/** What `cdk deploy -c name=value` may say; each is one of CollectorProps. Anything else belongs in an app of your own. */
const settings = [
  'stackName',
  'scrapeAllow',
  'scrapeSecrets',
  'removal',
  'selfAlarms',
  'dashboard',
  'onward',
  'mirror',
  'freshness',
  'scrapeMemoryMiB',
] as const;

type Setting = (typeof settings)[number];

/** Reads the settings from CDK's context. Throws on a value that cannot be meant, by its name. */
export const settingsOf = (
  contextOf: (name: Setting) => unknown,
): Pick<
  CollectorProps,
  | 'scrapeAllowCidrs'
  | 'scrapeSecrets'
  | 'removalPolicy'
  | 'selfAlarms'
  | 'dashboard'
  | 'onward'
  | 'mirror'
  | 'freshness'
  | 'scrapeMemoryMiB'
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
  const onward = text('onward');
  const freshness = text('freshness');
  if (!/^\d*$/.test(freshness)) throw new Error(`freshness: ${JSON.stringify(freshness)}, expected whole seconds`);
  const mirror = list('mirror').map(metric => ({ metric }));
  return {
    stackName: text('stackName') || 'Sluice',
    scrapeAllowCidrs: list('scrapeAllow'),
    ...(text('scrapeSecrets') !== '' && { scrapeSecrets: secretsIn(contextOf('scrapeSecrets')) }),
    ...(onward !== '' && { onward: onward.startsWith('arn:') ? { workspaceArn: onward } : { url: onward } }),
    ...(mirror.length > 0 && { mirror }),
    ...(text('scrapeMemoryMiB') !== '' && { scrapeMemoryMiB: Number(text('scrapeMemoryMiB')) }),
    ...(freshness !== '' && { freshness: Duration.seconds(Number(freshness)) }),
    ...(removalPolicy && { removalPolicy }),
    ...(selfAlarms !== undefined && { selfAlarms }),
    ...(dashboard !== undefined && { dashboard }),
  };
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
