import { ArnFormat, Duration, Stack, Token, Validations } from 'aws-cdk-lib';
import { type EventPattern, Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { environment } from '../io/aws/contract.ts';
import type { CollectorProps, VpcScraping } from './collector-props.ts';
import { Handler, type Household } from './handler.ts';
import type { Queue } from './queue.ts';
import { shareSecrets } from './scrape-secrets.ts';
import type { Table } from './table.ts';
import { Tick } from './tick.ts';

export type DiscoveryProps = {
  /** Tasks of ECS, for rows of kind `ecs`: of all clusters, or of those of these names in this account and region. @default false */
  readonly ecs?: boolean | { readonly clusters: readonly string[] };
  /** Instances of EC2, for rows of kind `ec2`. @default false */
  readonly ec2?: boolean;
  /** What is registered with Cloud Map, for rows of kind `cloud_map`. @default false */
  readonly cloudMap?: boolean;
  /** Lists of HTTP SD that only the VPC of vpcScraping can reach, for rows that say `network: 'vpc'`. @default false */
  readonly vpcLists?: boolean;
};

/** Throws on a property that cannot be meant, by its name. */
export const checkDiscovery = (discovery: DiscoveryProps | undefined, isInVpc: boolean): void => {
  if (discovery?.vpcLists === true && !isInVpc)
    throw new Error('discovery.vpcLists: there is no scraper in a VPC, set vpcScraping too');
  const clusters = typeof discovery?.ecs === 'object' ? discovery.ecs.clusters : undefined;
  if (clusters?.length === 0)
    throw new Error('discovery.ecs.clusters: none is given, so that nothing could be found; true is all of them');
  for (const name of clusters ?? [])
    if (!Token.isUnresolved(name) && !/^[\w-]{1,255}$/.test(name))
      throw new Error(`discovery.ecs.clusters: ${JSON.stringify(name)} is no name of a cluster`);
};

/** Kinds of lists that a collector of these properties looks at, as rows call them; `http_sd` the planner looks at itself. */
const kindsOf = ({ ecs = false, ec2 = false, cloudMap = false, vpcLists = false }: DiscoveryProps): string[] => [
  'http_sd',
  ...(ecs === false ? [] : ['ecs']),
  ...(ec2 ? ['ec2'] : []),
  ...(cloudMap ? ['cloud_map'] : []),
  ...(vpcLists ? ['vpc_http_sd'] : []),
];

type Surroundings = {
  readonly household: Household;
  readonly props: CollectorProps;
  /** Who looks at public lists of HTTP SD, and says on rows of other kinds whether anybody looks at them. */
  readonly plan: Handler;
  readonly targets: Table;
  readonly scrapes: Queue;
  readonly vpcScrapes: Queue | undefined;
  readonly vpcAllow: string;
};

/** Those who look at lists beside the planner, as far as they are asked for. */
export const discoverers = (scope: Construct, surroundings: Surroundings): Handler[] => {
  const { household, props, plan, targets, scrapes, vpcScrapes, vpcAllow } = surroundings;
  const { discovery = {}, vpcScraping, scrapeAllowCidrs = [], scrapeSecrets = [] } = props;
  const kinds = kindsOf(discovery);
  plan.knows(environment.discoveries, kinds.join(','));
  const asking = [plan];
  const all: Handler[] = [];
  if (kinds.some(kind => ['ecs', 'ec2', 'cloud_map'].includes(kind))) {
    const { handler } = new Discovery(scope, 'Discovery', { household, discovery });
    handler.knows(environment.scrapeAllow, scrapeAllowCidrs.join(','));
    // What starts or stops is scraped beside its slots.
    scrapes.fedBy(handler);
    vpcScrapes?.fedBy(handler);
    all.push(handler);
  }
  if (discovery.vpcLists === true && vpcScraping !== undefined) {
    const { handler } = new VpcLists(scope, 'VpcLists', { household, inside: vpcScraping });
    handler.knows(environment.scrapeAllow, vpcAllow);
    all.push(handler);
    asking.push(handler);
  }
  targets.listedBy(...all);
  targets.lookedUpBy(...all);
  targets.notedBy(...all);
  targets.keptBy(...all);
  if (vpcScraping !== undefined) for (const each of [plan, ...all]) each.knows(environment.vpcScrapeAllow, vpcAllow);
  shareSecrets(
    scrapeSecrets.filter(({ lists }) => lists === true),
    asking,
  );
  return all;
};

/** Who looks at lists of the account, each minute and when a task or an instance starts or stops; may look, and nothing else. */
class Discovery extends Construct {
  readonly handler: Handler;

  constructor(
    scope: Construct,
    id: string,
    { household, discovery }: { readonly household: Household; readonly discovery: DiscoveryProps },
  ) {
    super(scope, id);
    const { ecs = false, ec2 = false, cloudMap = false } = discovery;
    this.handler = new Handler(this, 'Discover', { household, entry: 'discover', memoryMiB: 512, timeoutSeconds: 55 });
    const kinds = kindsOf({ ecs, ec2, cloudMap }).filter(kind => kind !== 'http_sd');
    this.handler.knows(environment.discoveries, kinds.join(','));
    new Tick(this, 'Tick', { wakes: this.handler });
    if (ecs !== false) this.#ecs(ecs === true ? undefined : ecs.clusters);
    if (ec2) {
      this.#toldOf('Instances', {
        source: ['aws.ec2'],
        detailType: ['EC2 Instance State-change Notification'],
        detail: { state: ['running', 'shutting-down', 'stopping', 'stopped', 'terminated'] },
      });
    }
    // What tasks without a network interface of their own run on, and what address the others' interfaces have outside.
    if (ec2 || ecs !== false) this.#may(['ec2:DescribeInstances'], ['*']);
    if (ecs !== false) this.#may(['ec2:DescribeNetworkInterfaces'], ['*']);
    if (cloudMap) {
      const listing = ['ListNamespaces', 'ListServices', 'ListInstances', 'ListTagsForResource'];
      this.#may(
        listing.map(action => `servicediscovery:${action}`),
        ['*'],
      );
    }
    Validations.of(this.handler.role!).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM5[Resource::*]',
      reason:
        'What is to be found has no name yet: EC2, Cloud Map and the listing actions of ECS know no narrower resource.',
    });
  }

  /** All clusters, or those of these names in this account and region. */
  #ecs(clusters: readonly string[] | undefined): void {
    const arnOf = (resource: string, resourceName: string): string =>
      Stack.of(this).formatArn({ service: 'ecs', resource, resourceName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
    const clusterArns = clusters?.map(name => arnOf('cluster', name));
    if (clusters === undefined || clusterArns === undefined) {
      const looking = ['ListClusters', 'ListTasks', 'DescribeClusters', 'DescribeTasks', 'DescribeServices'];
      this.#may(
        [...looking, 'DescribeContainerInstances'].map(action => `ecs:${action}`),
        ['*'],
      );
    } else {
      const inside = (resource: string): string[] => clusters.map(name => arnOf(resource, `${name}/*`));
      this.#may(['ecs:DescribeClusters'], clusterArns);
      this.#may(['ecs:DescribeTasks'], inside('task'));
      this.#may(['ecs:DescribeServices'], inside('service'));
      this.#may(['ecs:DescribeContainerInstances'], inside('container-instance'));
      this.#may(['ecs:ListTasks'], ['*'], { ArnEquals: { 'ecs:cluster': clusterArns } });
      for (const resource of ['task', 'service', 'container-instance'])
        for (const name of clusters)
          Validations.of(this.handler.role!).acknowledge({
            id: `AwsSolutions::AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>:${resource}/${name}/*]`,
            reason: 'What runs in a cluster has no name before it runs.',
          });
    }
    this.#toldOf('Tasks', {
      source: ['aws.ecs'],
      detailType: ['ECS Task State Change'],
      detail: {
        lastStatus: ['RUNNING', 'DEACTIVATING', 'STOPPING', 'STOPPED'],
        ...(clusterArns !== undefined && { clusterArn: clusterArns }),
      },
    });
  }

  #may(actions: readonly string[], resources: readonly string[], conditions?: Record<string, unknown>): void {
    this.handler.addToRolePolicy(
      new PolicyStatement({ actions: [...actions], resources: [...resources], ...(conditions && { conditions }) }),
    );
  }

  /** Events of AWS's own cost nothing. One that comes late is worthless: the tick has seen it. */
  #toldOf(id: string, eventPattern: EventPattern): void {
    new Rule(this, id, {
      eventPattern,
      targets: [new LambdaFunction(this.handler, { retryAttempts: 2, maxEventAge: Duration.minutes(2) })],
    });
  }
}

/** Who asks lists of HTTP SD that only a VPC can reach. */
class VpcLists extends Construct {
  readonly handler: Handler;

  constructor(
    scope: Construct,
    id: string,
    { household, inside }: { readonly household: Household; readonly inside: VpcScraping },
  ) {
    super(scope, id);
    this.handler = new Handler(this, 'AskLists', {
      household,
      entry: 'discover',
      memoryMiB: 512,
      timeoutSeconds: 55,
      inside,
    });
    this.handler.knows(environment.discoveries, 'vpc_http_sd');
    new Tick(this, 'Tick', { wakes: this.handler });
  }
}
