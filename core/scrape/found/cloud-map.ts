import { addressOf, type Found, hasTags, metaLabels, portOf, type Tags, type WantedPort } from './found.ts';

/** An instance as Cloud Map lists it. */
export type CloudMapInstance = {
  readonly id: string;
  readonly region: string;
  readonly namespace: string;
  readonly service: { readonly id: string; readonly name: string; readonly arn: string; readonly tags: Tags };
  readonly attributes: Readonly<Record<string, string>>;
};

type WantedServices = WantedPort & {
  /** Of the service. */
  readonly tags: Tags;
};

/** Attributes that Cloud Map itself gives a meaning. */
const [ipv4, ipv6, cname, own] = [
  'AWS_INSTANCE_IPV4',
  'AWS_INSTANCE_IPV6',
  'AWS_INSTANCE_CNAME',
  'AWS_INSTANCE_PORT',
] as const;

/**
 * The target that an instance is; undefined for one that is not wanted, or has no address. Its own port comes before the row's, and
 * a tag's before both. Prometheus has no labels for it: these are those of cloudmap-prometheus-sd, and more.
 */
export const foundService = (instance: CloudMapInstance, wanted: WantedServices): Found | undefined => {
  const { id, attributes, service, namespace, region } = instance;
  const host = attributes[ipv4] ?? attributes[ipv6] ?? attributes[cname];
  const registered = Number(attributes[own] ?? Number.NaN);
  const port = portOf({ ...wanted, port: Number.isInteger(registered) ? registered : wanted.port }, service.tags);
  if (host === undefined || port === undefined || !hasTags(service.tags, wanted.tags)) return undefined;
  const labels = metaLabels(
    '__meta_cloudmap_',
    { namespace_name: namespace, service_name: service.name, service_arn: service.arn, instance_id: id, region },
    ['attribute_', attributes],
    ['tag_', service.tags],
  );
  return { id: `${service.id}/${id}`, address: addressOf(host, port), labels };
};
