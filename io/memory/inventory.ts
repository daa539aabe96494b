import type { CloudMapInstance } from '../../core/scrape/found/cloud-map.ts';
import type { Ec2Instance } from '../../core/scrape/found/ec2.ts';
import type { EcsTask } from '../../core/scrape/found/ecs.ts';
import type { Inventoried, Inventory } from '../ports.ts';
import { type Faults, noFaults, struck } from './faults.ts';

/** An account in lists, which fails where it is told to. Knows filters of EC2 by `instance-id` alone. */
export class MemoryInventory implements Inventory {
  readonly #faults: Faults;
  ecs: EcsTask[] = [];
  ec2: Ec2Instance[] = [];
  cloudMap: CloudMapInstance[] = [];
  failures: string[] = [];

  constructor(faults: Faults = noFaults) {
    this.#faults = faults;
  }

  tasks({ clusters }: { readonly clusters: readonly string[] }): Promise<Inventoried<EcsTask>> {
    return struck(this.#faults, 'inventory.tasks', () => ({
      all: this.ecs.filter(
        ({ cluster, desiredStatus }) =>
          desiredStatus === 'RUNNING' &&
          (clusters.length === 0 || clusters.includes(cluster.name) || clusters.includes(cluster.arn)),
      ),
      failures: this.failures,
    }));
  }

  task({ arn }: { readonly arn: string }): Promise<EcsTask | undefined> {
    return struck(this.#faults, 'inventory.task', () => this.ecs.find(each => each.arn === arn));
  }

  instances({
    filters,
  }: {
    readonly filters: readonly { readonly name: string; readonly values: readonly string[] }[];
  }): Promise<Inventoried<Ec2Instance>> {
    const byId = filters.find(({ name }) => name === 'instance-id');
    return struck(this.#faults, 'inventory.instances', () => ({
      all: this.ec2.filter(({ id }) => byId === undefined || byId.values.includes(id)),
      failures: this.failures,
    }));
  }

  services({
    namespaces,
    services,
  }: {
    readonly namespaces: readonly string[];
    readonly services: readonly string[];
  }): Promise<Inventoried<CloudMapInstance>> {
    return struck(this.#faults, 'inventory.services', () => ({
      all: this.cloudMap.filter(
        ({ namespace, service }) =>
          (namespaces.length === 0 || namespaces.includes(namespace)) &&
          (services.length === 0 || services.includes(service.name)),
      ),
      failures: this.failures,
    }));
  }
}
