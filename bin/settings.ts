import { RemovalPolicy } from 'aws-cdk-lib';
import type { CollectorProps } from '../lib/collector-props.ts';

/** What `cdk deploy -c name=value` may say; each is one of CollectorProps. Anything else belongs in an app of your own. */
const settings = [
  'stackName',
  'scrapeAllow',
  'removal',
  'selfAlarms',
  'dashboard',
  'onward',
  'mirror',
  'watchdog',
] as const;

type Setting = (typeof settings)[number];

/** Reads the settings from CDK's context. Throws on a value that cannot be meant, by its name. */
export const settingsOf = (
  contextOf: (name: Setting) => unknown,
): Pick<
  CollectorProps,
  'scrapeAllowCidrs' | 'removalPolicy' | 'selfAlarms' | 'dashboard' | 'onward' | 'mirror' | 'watchdogUrl'
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
  const watchdogUrl = text('watchdog');
  const mirror = list('mirror').map(metric => ({ metric }));
  return {
    stackName: text('stackName') || 'Sluice',
    scrapeAllowCidrs: list('scrapeAllow'),
    ...(onward !== '' && { onward: onward.startsWith('arn:') ? { workspaceArn: onward } : { url: onward } }),
    ...(mirror.length > 0 && { mirror }),
    ...(watchdogUrl !== '' && { watchdogUrl }),
    ...(removalPolicy && { removalPolicy }),
    ...(selfAlarms !== undefined && { selfAlarms }),
    ...(dashboard !== undefined && { dashboard }),
  };
};
