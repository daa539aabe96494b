import { isIP } from 'node:net';
import { type Duration, Token } from 'aws-cdk-lib';
import { limits } from '../core/limits.ts';
import type {
  CollectorProps,
  HeartbeatProps,
  KeyProps,
  MirrorProps,
  OnwardProps,
  RetentionProps,
  TargetProps,
} from './collector-props.ts';
import { checkDiscovery } from './discovery.ts';
import { checkScrapeSecrets } from './scrape-secrets.ts';

/** Throws on the first property that cannot be meant, by its name. What is known only at deployment is passed over. */
export const checkCollector = (props: CollectorProps, region: string): void => {
  const { scrapeAllowCidrs = [], vpcScraping, encryptionKey, throttle, domain, onward, mirror = [] } = props;
  checkScrapeSecrets(props.scrapeSecrets ?? []);
  checkDiscovery(props.discovery, vpcScraping !== undefined);
  if (encryptionKey !== undefined && Token.isUnresolved(region))
    throw new Error('encryptionKey: DynamoDB asks for the region of the key: give the stack one, as env: { region }');
  checkCidrs('scrapeAllowCidrs', scrapeAllowCidrs);
  checkBetween('freshness', props.freshness, 0, limits.freshnessMaxMs);
  checkMemory(props.scrapeMemoryMiB ?? limits.scrapeMemoryMiB);
  if (vpcScraping !== undefined) {
    checkCidrs('vpcScraping.allowCidrs', vpcScraping.allowCidrs ?? []);
    if (vpcScraping.allowCidrs?.length === 0)
      throw new Error(
        'vpcScraping.allowCidrs: none is given, so that the scraper in the VPC could reach nothing there',
      );
  }
  if (throttle !== undefined) {
    for (const name of ['requestsPerSecond', 'atOnce'] as const) {
      const value = throttle[name];
      if (!Token.isUnresolved(value) && !(Number.isInteger(value) && value >= 1))
        throw new Error(`throttle.${name}: ${value} is no whole number from 1 on`);
    }
  }
  if (onward !== undefined) checkOnward(onward);
  checkMirror(mirror);
  checkAddress('watchdogUrl', props.watchdogUrl, 'https://hc-ping.com/ID');
  checkAddress('alertmanagerUrl', props.alertmanagerUrl, 'https://alertmanager.example.com');
  backfillDaysOf(props);
  if (domain !== undefined && !Token.isUnresolved(domain.name) && !/^([a-z0-9-]+\.)+[a-z]{2,}$/.test(domain.name))
    throw new Error(`domain.name: ${JSON.stringify(domain.name)} is no name such as metrics.example.com`);
};

/** Also one that is known only at deployment is none: how large the heap may be is worked out of it. */
const checkMemory = (mebibytes: number): void => {
  const got = Token.isUnresolved(mebibytes) ? 'a value that is known only at deployment' : mebibytes;
  if (typeof got === 'string' || !(Number.isInteger(got) && got >= 128 && got <= 10_240))
    throw new Error(`scrapeMemoryMiB: ${got}, expected whole ones from 128 to 10,240`);
};

const checkAddress = (name: string, url: string | undefined, example: string): void => {
  if (url !== undefined && !Token.isUnresolved(url) && !/^https?:\/\/[^\s/]+/.test(url))
    throw new Error(`${name}: ${JSON.stringify(url)} is no address such as ${example}`);
};

const checkOnward = (onward: OnwardProps): void => {
  if ('workspaceArn' in onward) {
    const { workspaceArn } = onward;
    if (!Token.isUnresolved(workspaceArn) && !/^arn:[a-z-]+:aps:[a-z0-9-]+:\d*:workspace\/[\w-]+$/.test(workspaceArn))
      throw new Error(
        `onward.workspaceArn: ${JSON.stringify(workspaceArn)} is no arn:aws:aps:<region>:<account>:workspace/<id>`,
      );
    return;
  }
  if (Token.isUnresolved(onward.url)) return;
  const url = URL.canParse(onward.url) ? new URL(onward.url) : undefined;
  const isPlain = url?.protocol === 'http:' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url?.protocol !== 'https:' && !isPlain)
    throw new Error(`onward.url: ${JSON.stringify(onward.url)} is no https URL (http is for this machine only)`);
};

const checkMirror = (mirror: readonly MirrorProps[]): void => {
  if (mirror.length > limits.mirrorChoices)
    throw new Error(`mirror: ${mirror.length} choices, the limit is ${limits.mirrorChoices}`);
  for (const [index, { metric }] of mirror.entries()) {
    // Who writes JavaScript may have left it out.
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(metric ?? ''))
      throw new Error(`mirror[${index}].metric: ${JSON.stringify(metric)} is no name of a metric, such as up`);
  }
};

/** The retention in days, defaults filled in. Throws on one that cannot be meant. */
export const retentionDaysOf = ({ samples, fiveMinutes, hours }: RetentionProps = {}) => {
  const { retentionMinMs, retentionMaxMs } = limits;
  const daysOf = (name: string, asked: Duration | undefined, usualMs: number): number => {
    checkBetween(`retention.${name}`, asked, retentionMinMs, retentionMaxMs);
    const days = (asked?.toMilliseconds() ?? usualMs) / retentionMinMs;
    if (!Number.isInteger(days)) throw new Error(`retention.${name}: ${days} days, expected whole ones`);
    return days;
  };
  const keptSamples = daysOf('samples', samples, limits.rawRetentionMs);
  // What is coarser is kept at least as long where nothing else is said.
  const atLeast = (usualMs: number, finerDays: number): number => Math.max(usualMs, finerDays * retentionMinMs);
  const keptFiveMinutes = daysOf('fiveMinutes', fiveMinutes, atLeast(limits.fiveMinuteRetentionMs, keptSamples));
  const kept = {
    samples: keptSamples,
    fiveMinutes: keptFiveMinutes,
    hours: daysOf('hours', hours, atLeast(limits.hourRetentionMs, keptFiveMinutes)),
  };
  for (const [finer, coarser] of [
    ['samples', 'fiveMinutes'],
    ['fiveMinutes', 'hours'],
  ] as const) {
    if (kept[coarser] < kept[finer])
      throw new Error(`retention.${coarser}: ${kept[coarser]} days, but ${finer} are kept for ${kept[finer]}`);
  }
  return kept;
};

/** How many days old pushed samples may be. Throws where they would be older than what is kept. */
export const backfillDaysOf = ({ retention, backfill }: Pick<CollectorProps, 'retention' | 'backfill'>): number => {
  const { samples } = retentionDaysOf(retention);
  if (backfill === undefined || backfill.isUnresolved()) return samples;
  const mostMs = samples * limits.retentionMinMs;
  checkBetween('backfill', backfill, limits.timestampBehindMs, mostMs);
  return backfill.toMilliseconds() / limits.retentionMinMs;
};

/** The same for a target. */
export const checkTarget = ({
  url,
  interval,
  timeout,
  labels = {},
  sampleLimit = 0,
  retries = 0,
}: TargetProps): void => {
  if (!Token.isUnresolved(sampleLimit) && !(Number.isInteger(sampleLimit) && sampleLimit >= 0))
    throw new Error(`sampleLimit: ${sampleLimit} is no whole number`);
  if (!Token.isUnresolved(retries) && !(Number.isInteger(retries) && retries >= 0 && retries <= limits.scrapeRetries))
    throw new Error(`retries: ${retries}, expected 0 to ${limits.scrapeRetries}`);
  if (!Token.isUnresolved(url)) {
    const protocol = URL.canParse(url) ? new URL(url).protocol : '';
    if (protocol !== 'http:' && protocol !== 'https:')
      throw new Error(`url: ${JSON.stringify(url)} is no http or https URL`);
  }
  checkBetween('interval', interval, limits.scrapeIntervalMinMs, limits.scrapeIntervalMaxMs);
  checkBetween('timeout', timeout, 100, limits.scrapeTimeoutMaxMs);
  const intervalMs = interval?.toMilliseconds() ?? limits.scrapeIntervalDefaultMs;
  if (timeout !== undefined && timeout.toMilliseconds() > intervalMs)
    throw new Error(`timeout: ${timeout.toMilliseconds()} ms is longer than the interval, ${intervalMs} ms`);
  for (const name of Object.keys(labels)) {
    if (Token.isUnresolved(name)) continue;
    if (!/^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || name === 'job' || name === 'instance')
      throw new Error(
        `labels.${name}: a label has letters, digits and underscores, and is not job, instance or __ reserved`,
      );
  }
};

/** The same for a heartbeat. */
export const checkHeartbeat = ({ job, interval, grace }: HeartbeatProps): void => {
  if (job === '') throw new Error('job: is empty');
  checkBetween('interval', interval, limits.heartbeatIntervalMinMs, limits.heartbeatIntervalMaxMs);
  checkBetween('grace', grace, 0, limits.heartbeatIntervalMaxMs);
};

/** The same for a key. */
export const checkKey = ({ jobs }: KeyProps): void => {
  if (jobs?.length === 0) throw new Error('jobs: none is given, so that nothing could be pushed with the key');
  if (jobs?.includes('')) throw new Error('jobs: one is empty');
};

const checkBetween = (name: string, duration: Duration | undefined, minMs: number, maxMs: number): void => {
  if (duration === undefined || duration.isUnresolved()) return;
  const ms = duration.toMilliseconds();
  if (ms < minMs || ms > maxMs) throw new Error(`${name}: ${ms} ms, expected from ${minMs} ms to ${maxMs} ms`);
};

const checkCidrs = (name: string, cidrs: readonly string[]): void => {
  for (const cidr of cidrs) {
    if (!Token.isUnresolved(cidr) && !isCidr(cidr))
      throw new Error(`${name}: ${JSON.stringify(cidr)} is no CIDR block such as 10.0.0.0/8`);
  }
};

/** Whether the text is an address or a block of addresses, IPv4 or IPv6, as the scraper's allow-list reads it. */
const isCidr = (text: string): boolean => {
  const [address = '', bits, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
};
