import { addressOf, type Found, hasTags, metaLabels, portOf, type Tags, type WantedPort } from './found.ts';

/** An instance as EC2 describes it. */
export type Ec2Instance = {
  readonly id: string;
  readonly region: string;
  readonly zone?: string | undefined;
  readonly state: string;
  readonly type?: string | undefined;
  readonly ami?: string | undefined;
  readonly architecture?: string | undefined;
  readonly lifecycle?: string | undefined;
  readonly platform?: string | undefined;
  readonly ownerId?: string | undefined;
  readonly privateIp?: string | undefined;
  readonly privateDnsName?: string | undefined;
  readonly publicIp?: string | undefined;
  readonly publicDnsName?: string | undefined;
  readonly vpcId?: string | undefined;
  readonly primarySubnetId?: string | undefined;
  readonly subnetIds: readonly string[];
  readonly ipv6: readonly string[];
  readonly tags: Tags;
  readonly startedMs?: number | undefined;
};

type WantedInstances = WantedPort & { readonly tags: Tags };

/** Prometheus joins lists so, with separators at both ends, that a rule can find one whole. */
const listed = (all: readonly string[]): string | undefined => (all.length === 0 ? undefined : `,${all.join(',')},`);

/** The target that a running instance is; undefined for one that is not wanted, or has no address (discovery/aws/ec2.go). */
export const foundInstance = (instance: Ec2Instance, wanted: WantedInstances): Found | undefined => {
  const { id, privateIp, state, tags, startedMs } = instance;
  const host = privateIp ?? instance.ipv6[0];
  const port = portOf(wanted, tags);
  if (state !== 'running' || host === undefined || port === undefined || !hasTags(tags, wanted.tags)) return undefined;
  const labels = metaLabels(
    '__meta_ec2_',
    {
      instance_id: id,
      region: instance.region,
      availability_zone: instance.zone,
      instance_state: state,
      instance_type: instance.type,
      ami: instance.ami,
      architecture: instance.architecture,
      instance_lifecycle: instance.lifecycle,
      platform: instance.platform,
      owner_id: instance.ownerId,
      private_ip: privateIp,
      private_dns_name: instance.privateDnsName,
      public_ip: instance.publicIp,
      public_dns_name: instance.publicDnsName,
      vpc_id: instance.vpcId,
      primary_subnet_id: instance.primarySubnetId,
      subnet_id: listed(instance.subnetIds),
      ipv6_addresses: listed(instance.ipv6),
    },
    ['tag_', tags],
  );
  return { id, address: addressOf(host, port), labels, startedMs };
};
