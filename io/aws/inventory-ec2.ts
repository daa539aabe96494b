import { Fault } from '../../core/fault.ts';
import { limits } from '../../core/limits.ts';
import type { Filter } from '../../core/scrape/discovery.ts';
import type { Ec2Instance } from '../../core/scrape/found/ec2.ts';
import type { Amazon } from './amazon.ts';
import { everyPage, groupsOf } from './pages.ts';
import { allAt, textAt, type Xml } from './xml.ts';

/** Instances that all filters let through, in pages of as many as EC2 gives. */
export const instancesWhere = async (
  amazon: Amazon,
  region: string,
  filters: readonly Filter[],
): Promise<Ec2Instance[]> => {
  const asked: Record<string, string> = { MaxResults: '1000' };
  for (const [index, { name, values }] of filters.entries()) {
    asked[`Filter.${index + 1}.Name`] = name;
    for (const [at, value] of values.entries()) asked[`Filter.${index + 1}.Value.${at + 1}`] = value;
  }
  const reservations = await itemsOf(amazon, region, 'DescribeInstances', 'reservationSet', asked);
  return reservations.flatMap(reservation =>
    allAt(reservation, 'instancesSet/item').flatMap(item => instanceOf(item, textAt(reservation, 'ownerId'), region)),
  );
};

/** Public addresses of network interfaces by their ids, of those that have one. */
export const publicIpsOf = async (
  amazon: Amazon,
  region: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const all = new Map<string, string>();
  // Asked for by a filter: an interface that has gone meanwhile is missing then, and fails nobody.
  for (const values of groupsOf(ids, limits.discoveryNames)) {
    const asked: Record<string, string> = { MaxResults: '1000', 'Filter.1.Name': 'network-interface-id' };
    for (const [at, value] of values.entries()) asked[`Filter.1.Value.${at + 1}`] = value;
    for (const item of await itemsOf(amazon, region, 'DescribeNetworkInterfaces', 'networkInterfaceSet', asked)) {
      const [id, ip] = [textAt(item, 'networkInterfaceId'), textAt(item, 'association/publicIp')];
      if (id !== undefined && ip !== undefined) all.set(id, ip);
    }
  }
  return all;
};

/** What a listing operation lists, page by page. */
const itemsOf = (
  amazon: Amazon,
  region: string,
  operation: string,
  set: string,
  asked: Readonly<Record<string, string>>,
): Promise<Xml[]> =>
  everyPage(`ec2:${operation}`, limits.discoveredTargets, async token => {
    const answer = await amazon.ec2({
      operation,
      region,
      input: { ...asked, ...(token !== undefined && { NextToken: token }) },
    });
    const answered = allAt(answer, `${operation}Response`)[0];
    // An empty list is an element too: without it, this is no such answer.
    if (allAt(answered, set).length === 0)
      throw new Fault('BadAnswer', `ec2:${operation}: answers without ${set}`, { retryable: true });
    return { page: allAt(answered, `${set}/item`), next: textAt(answered, 'nextToken') };
  });

const instanceOf = (item: Xml, ownerId: string | undefined, region: string): Ec2Instance[] => {
  const id = textAt(item, 'instanceId');
  if (id === undefined) return [];
  const interfaces = allAt(item, 'networkInterfaceSet/item');
  const launched = textAt(item, 'launchTime');
  return [
    {
      id,
      region,
      ownerId,
      state: textAt(item, 'instanceState/name') ?? '',
      zone: textAt(item, 'placement/availabilityZone'),
      type: textAt(item, 'instanceType'),
      ami: textAt(item, 'imageId'),
      architecture: textAt(item, 'architecture'),
      lifecycle: textAt(item, 'instanceLifecycle'),
      platform: textAt(item, 'platform'),
      privateIp: textAt(item, 'privateIpAddress'),
      privateDnsName: textAt(item, 'privateDnsName'),
      publicIp: textAt(item, 'ipAddress'),
      publicDnsName: textAt(item, 'dnsName'),
      vpcId: textAt(item, 'vpcId'),
      primarySubnetId: textAt(item, 'subnetId'),
      subnetIds: [...new Set(interfaces.flatMap(each => textAt(each, 'subnetId') ?? []))],
      ipv6: interfaces.flatMap(each =>
        allAt(each, 'ipv6AddressesSet/item').flatMap(address => textAt(address, 'ipv6Address') ?? []),
      ),
      tags: Object.fromEntries(
        allAt(item, 'tagSet/item').flatMap(tag => {
          const key = textAt(tag, 'key');
          return key === undefined ? [] : [[key, textAt(tag, 'value') ?? '']];
        }),
      ),
      ...(launched !== undefined && Number.isFinite(Date.parse(launched)) && { startedMs: Date.parse(launched) }),
    },
  ];
};
