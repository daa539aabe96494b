import { limits } from '../../core/limits.ts';
import type { CloudMapInstance } from '../../core/scrape/found/cloud-map.ts';
import type { Inventory } from '../ports.ts';
import type { Amazon } from './amazon.ts';
import { everyPage, listIn } from './pages.ts';

// Shapes as Cloud Map answers them, as far as they are looked at.

type Namespace = { readonly Id: string; readonly Name: string };
type Service = { readonly Id: string; readonly Arn: string; readonly Name: string };
type Instance = { readonly Id: string; readonly Attributes?: Readonly<Record<string, string>> };
type Tag = { readonly Key: string; readonly Value?: string };

/** Instances registered in a region. A service that cannot be looked at is a failure of its own. */
export const cloudMapInventory = (amazon: Amazon, ownRegion: string): Pick<Inventory, 'services'> => {
  const listed = <T>(operation: string, field: string, region: string, input: object): Promise<T[]> =>
    everyPage(`servicediscovery:${operation}`, limits.discoveredTargets, async NextToken => {
      const answer = await amazon.json({
        service: 'servicediscovery',
        operation,
        region,
        input: { ...input, MaxResults: 100, ...(NextToken && { NextToken }) },
      });
      return {
        page: listIn<T>(`servicediscovery:${operation}`, answer, field),
        next: answer['NextToken'] as string | undefined,
      };
    });

  const instancesOf = async (region: string, namespace: Namespace, service: Service): Promise<CloudMapInstance[]> => {
    const { Tags = [] } = (await amazon.json({
      service: 'servicediscovery',
      operation: 'ListTagsForResource',
      region,
      input: { ResourceARN: service.Arn },
    })) as { readonly Tags?: readonly Tag[] };
    const instances = await listed<Instance>('ListInstances', 'Instances', region, { ServiceId: service.Id });
    const tags = Object.fromEntries(Tags.map(({ Key, Value = '' }) => [Key, Value]));
    const { Id: id, Name: name, Arn: arn } = service;
    return instances.map(({ Id, Attributes = {} }) => ({
      id: Id,
      region,
      namespace: namespace.Name,
      service: { id, name, arn, tags },
      attributes: Attributes,
    }));
  };

  return {
    services: async ({ region = ownRegion, namespaces, services }) => {
      const spaces = await listed<Namespace>('ListNamespaces', 'Namespaces', region, {});
      const failures = namespaces
        .filter(each => !spaces.some(({ Name }) => Name === each))
        .map(each => `there is no namespace ${each} in ${region}`);
      const all: CloudMapInstance[] = [];
      for (const space of spaces) {
        if (namespaces.length > 0 && !namespaces.includes(space.Name)) continue;
        const Filters = [{ Name: 'NAMESPACE_ID', Values: [space.Id], Condition: 'EQ' }];
        const there = await listed<Service>('ListServices', 'Services', region, { Filters });
        for (const service of there) {
          if (services.length > 0 && !services.includes(service.Name)) continue;
          await instancesOf(region, space, service).then(
            instances => void all.push(...instances),
            (cause: Error) => void failures.push(`${space.Name}/${service.Name}: ${cause.message}`),
          );
        }
      }
      return { all, failures };
    },
  };
};
