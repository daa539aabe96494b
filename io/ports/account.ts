import type { Filter } from '../../core/scrape/discovery.ts';
import type { CloudMapInstance } from '../../core/scrape/found/cloud-map.ts';
import type { Ec2Instance } from '../../core/scrape/found/ec2.ts';
import type { EcsTask } from '../../core/scrape/found/ecs.ts';
import type { ToldOverTime } from '../../core/view/vitals.ts';

// What AWS knows of the account and of the collector, and what it is told.

/** What AWS lists, as far as it could be listed: a failure is a part that nothing is known of, and why. */
export type Inventoried<T> = { readonly all: readonly T[]; readonly failures: readonly string[] };

/** What runs in the account. Without a region it is our own. Throws a Fault where nothing could be listed. */
export type Inventory = {
  /** Tasks that are to run, of the clusters named, or of all. */
  tasks(wanted: {
    readonly region?: string | undefined;
    readonly clusters: readonly string[];
  }): Promise<Inventoried<EcsTask>>;
  /** One task in any state, as long as ECS knows it: about an hour after its end. */
  task(wanted: {
    readonly region?: string | undefined;
    readonly cluster: string;
    readonly arn: string;
  }): Promise<EcsTask | undefined>;
  /** Instances that all filters let through. */
  instances(wanted: {
    readonly region?: string | undefined;
    readonly filters: readonly Filter[];
  }): Promise<Inventoried<Ec2Instance>>;
  /** Instances registered with Cloud Map, of the namespaces and services named, or of all. */
  services(wanted: {
    readonly region?: string | undefined;
    readonly namespaces: readonly string[];
    readonly services: readonly string[];
  }): Promise<Inventoried<CloudMapInstance>>;
};

/** What stands before our functions, and turns requests away that they never see. */
export type Gateway = {
  /**
   * Requests of that time that were answered 4xx, and the pushes that our own function refused. By whole minutes, and without the
   * last one or two, of which nothing is known yet.
   */
  refusals(fromMs: number, toMs: number): Promise<{ readonly all: number; readonly ours: number }>;
};

/** What the collector said of itself. */
export type Vitals = {
  /** Measures from `fromMs` on up to `toMs`, in spans of `everyMs`, oldest first; what was not told is absent. */
  told(fromMs: number, toMs: number, everyMs: number): Promise<ToldOverTime>;
  /** Messages in the buffer, waiting or at work; about. */
  buffered(): Promise<number>;
};

/** What CloudFormation is told about a resource that one of our functions looks after. */
export type DeploymentAnswer = {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
  /** What the resource is called from now on: another name than before makes CloudFormation delete the one before. */
  readonly PhysicalResourceId: string;
  readonly Reason?: string;
};

export type Deployment = { answer(responseUrl: string, answer: DeploymentAnswer): Promise<void> };
