import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { ICertificate } from 'aws-cdk-lib/aws-certificatemanager';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { IEventBus } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IHostedZone } from 'aws-cdk-lib/aws-route53';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { DiscoveryProps } from './discovery.ts';
import type { ScrapeSecretProps } from './scrape-secrets.ts';

export type CollectorProps = {
  /**
   * CIDR blocks that scrapes may reach although they are not public addresses, such as `10.0.0.0/8`.
   * @default none: only public addresses are scraped
   */
  readonly scrapeAllowCidrs?: readonly string[];
  /**
   * A second scraper that stands inside a VPC, for targets that say `network: 'vpc'`.
   * @default none: such a target says on its row that nobody can reach it
   */
  readonly vpcScraping?: VpcScraping;
  /**
   * Who may look at what runs in the account, so that rows of these kinds become targets. Each costs about five cents a month for being
   * looked at each minute.
   * @default none: such a row says on itself what to set
   */
  readonly discovery?: DiscoveryProps;
  /**
   * Secrets that targets may name in `auth`, and the hosts each is for: to any other host it is never shown.
   * @default none: a target that names one is down with the reason
   */
  readonly scrapeSecrets?: readonly ScrapeSecretProps[];
  /**
   * How old samples of scraped targets may be before they are stored, in whole seconds up to two minutes. A fleet of more than one
   * scrape in two seconds is scraped by workers that loop, and those gather a target's scrapes for so long: stored together they cost
   * half as much. Failures, recoveries and new targets are always told at once. Smaller fleets are stored scrape by scrape anyway.
   * @default two minutes: with nothing gathered (0) a fleet of 200 targets costs half as much again
   */
  readonly freshness?: Duration;
  /**
   * Memory of a scrape worker, and its share of a core. One that loops is awake all month: $4.32 for each 128 MiB. What a worker has is
   * enough for some 250 targets of 500 series, and for pages of a 32nd of it: 5 MiB unpacked. 512 and more take any page of 16 MiB.
   * @default 160
   */
  readonly scrapeMemoryMiB?: number;
  /**
   * A key of your own for tables, queues, topic and logs. Costs $1 a month, and $0.03 per 10,000 of its uses.
   * @default keys that AWS owns, at no charge
   */
  readonly encryptionKey?: IKey;
  /**
   * How long what was collected is kept, in whole days from one on: samples, and what they become, buckets of five minutes and of
   * an hour with count, sum, minimum, maximum and increase. A longer one takes effect on what is still there.
   * @default 15 days of samples, 90 days of five minutes, 730 days of hours
   */
  readonly retention?: RetentionProps;
  /**
   * How old samples may be that are pushed with a time of their own, by remote write, OTLP, InfluxDB, Graphite or Firehose: for
   * producers that could not send, and for what is brought from elsewhere. At most as long as samples are kept.
   * @default as long as samples are kept
   */
  readonly backfill?: Duration;
  /**
   * Files of recording and alerting rules, in Prometheus's own YAML. They are evaluated each minute, from once all that was pushed
   * before is stored; alerts ring the alarm topic. Costs one run of a function a minute and what its queries read.
   * @default none, and no function
   */
  readonly rules?: readonly string[];
  /**
   * Which Prometheus's ranges queries have: since 3.0 a range does not include its older end, so that `x[1m]` over samples each
   * 15 s has four of them and not five.
   * @default 'prometheus-3'
   */
  readonly ranges?: 'prometheus-3' | 'prometheus-2';
  /**
   * How long the functions' logs are kept.
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
  /**
   * Requests a second over the whole API, on average and at once, above which the gateway answers 429. A fuse against
   * runaway cost, not a limit to run into: Prometheus drops what is answered 429.
   * @default 2,000 a second, 5,000 at once
   */
  readonly throttle?: { readonly requestsPerSecond: number; readonly atOnce: number };
  /**
   * Another collector that gets all samples too, by remote write 1.0: a workspace of Amazon Managed Prometheus, or any
   * receiver. It gets them at least once and nearly in order. Costs one SQS message and half a millisecond of Lambda a
   * batch, and what the receiver charges: $0.90 per 10 million samples at Amazon's.
   * @default none
   */
  readonly onward?: OnwardProps;
  /**
   * Series that CloudWatch shows too, as metrics of the namespace `Sluice/Series` with their labels as dimensions, for its
   * dashboards and alarms. Each series is a custom metric: $0.30 a month, and about $0.02 for its log lines at 15 s.
   * @default none
   */
  readonly mirror?: readonly MirrorProps[];
  /**
   * A name of your own for the API.
   * @default the name that API Gateway gives
   */
  readonly domain?: CollectorDomain;
  /**
   * What becomes of the tables when the stack goes. DESTROY also takes away their deletion protection.
   * @default RemovalPolicy.RETAIN, with deletion protection
   */
  readonly removalPolicy?: RemovalPolicy;
  /**
   * CloudWatch alarms over the collector itself, rung on the same topic. They cost $0.10 a month for each metric they
   * look at, twelve in all; the first ten of an account are free.
   * @default true
   */
  readonly selfAlarms?: boolean;
  /**
   * A CloudWatch dashboard of the collector. Costs $3 a month; the first three of an account are free.
   * @default false
   */
  readonly dashboard?: boolean;
  /**
   * An address outside the account that is asked for after each complete sweep, once a minute: a dead man's switch such as
   * healthchecks.io's, for the day on which the whole account is silent.
   * @default none
   */
  readonly watchdogUrl?: string;
  /**
   * An Alertmanager, or whatever takes its API v2, that is told of alarms beside the topic: `/api/v2/alerts` is added. Each is sent once;
   * the topic alone never loses one.
   * @default none
   */
  readonly alertmanagerUrl?: string;
  /**
   * A bus of EventBridge that gets each alarm as an event, source `sluice`, its kind as detail type. Each is sent once.
   * @default none
   */
  readonly eventBus?: IEventBus;
};

export type VpcScraping = {
  readonly vpc: IVpc;
  /**
   * Where the scraper stands. It needs a way to SQS and DynamoDB: a NAT gateway, or endpoints of the VPC for both.
   * @default the VPC's private subnets
   */
  readonly subnets?: SubnetSelection;
  /** @default a new group that lets everything out and nothing in */
  readonly securityGroups?: readonly ISecurityGroup[];
  /**
   * CIDR blocks it may reach beside public addresses: those of your services, such as `10.0.0.0/16`, never all private ones.
   * @default the VPC's own first block
   */
  readonly allowCidrs?: readonly string[];
};

export type OnwardProps =
  | {
      /** `arn:aws:aps:…:workspace/ws-…`. Requests are signed, and the function may write to this workspace alone. */
      readonly workspaceArn: string;
    }
  | {
      /** Where it takes remote write, such as `https://mimir.example.com/api/v1/push`. */
      readonly url: string;
      /** Holds the token that is sent as `Authorization: Bearer …`. @default none is sent */
      readonly token?: Pick<ISecret, 'secretArn' | 'grantRead'>;
    };

export type RetentionProps = {
  /** @default Duration.days(15) */
  readonly samples?: Duration;
  /** At least as long as samples. @default Duration.days(90), or as long as samples */
  readonly fiveMinutes?: Duration;
  /** At least as long as fiveMinutes. @default Duration.days(730), or as long as fiveMinutes */
  readonly hours?: Duration;
};

export type MirrorProps = {
  /** The name of a metric, such as `up`. */
  readonly metric: string;
  /** Labels that its series must have. @default any */
  readonly labels?: Readonly<Record<string, string>>;
};

export type CollectorDomain = {
  /** For example `metrics.example.com`. */
  readonly name: string;
  /** Of that name, in the region of the collector. */
  readonly certificate: ICertificate;
  /**
   * Where the name is to be written.
   * @default nowhere: point the name at the API yourself
   */
  readonly zone?: IHostedZone;
};

export type TargetProps = {
  /** Where the exposition is, such as `http://10.0.1.7:9100/metrics`. A bare host means its `/metrics`. */
  readonly url: string;
  /** @default 'default' */
  readonly job?: string;
  /** @default host and port of the URL */
  readonly instance?: string;
  /**
   * How often it is scraped, from 5 seconds to a day.
   * @default Duration.minutes(1)
   */
  readonly interval?: Duration;
  /**
   * How long one scrape may take, at most the interval and 50 seconds.
   * @default 10 seconds, or the interval if that is less
   */
  readonly timeout?: Duration;
  /** Labels put on every series of the target. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * From where it is scraped; `vpc` needs CollectorProps.vpcScraping.
   * @default 'public'
   */
  readonly network?: 'public' | 'vpc';
  /** Query parameters, laid over those of the URL. @default none */
  readonly params?: Readonly<Record<string, string | readonly string[]>>;
  /** Headers sent with each scrape; one that carries a secret is a matter of `auth`. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether labels on the page win over the target's own. @default false: they become `exported_…` */
  readonly honorLabels?: boolean;
  /** Samples a page may have. @default no limit but the collector's own, 200,000 */
  readonly sampleLimit?: number;
  /** Further tries of a scrape that failed, inside its timeout. @default 0 */
  readonly retries?: number;
  /** How the target is told who asks. The secret must be one of CollectorProps.scrapeSecrets. @default it is not */
  readonly auth?: TargetAuth;
};

/** What the targets of a list have in common, and where they are listed; see docs/scraping.md, Discovery. */
export type TargetListProps = Omit<TargetProps, 'url' | 'instance'> & {
  /** How often it is looked at. @default Duration.minutes(1) */
  readonly refreshInterval?: Duration;
} & (
    | { readonly kind: 'http_sd'; readonly url: string; readonly listAuth?: TargetAuth }
    | ({ readonly kind: 'ecs'; readonly clusters?: readonly string[]; readonly services?: readonly string[] } & Tagged)
    | ({ readonly kind: 'ec2'; readonly filters?: readonly { name: string; values: readonly string[] }[] } & Tagged)
    | ({
        readonly kind: 'cloud_map';
        readonly namespaces?: readonly string[];
        readonly services?: readonly string[];
      } & Tagged)
  );

type Tagged = {
  /** Tags that they have, `*` for any value. @default all are taken */
  readonly tags?: Readonly<Record<string, string>>;
  /** The port they listen on, and the tag that says another. One of both must be given, but for cloud_map. */
  readonly port?: number;
  readonly portTag?: string;
  /** @default the collector's own */
  readonly region?: string;
};

/** The name or ARN of a secret in Secrets Manager, or the name of a parameter of Systems Manager, and a field of the JSON in it. */
type SecretName = ({ readonly secret: string } | { readonly parameter: string }) & { readonly field?: string };

type TargetAuth =
  | ({ readonly type: 'basic'; readonly username?: string } & SecretName)
  | ({ readonly type: 'bearer' } & SecretName)
  | ({ readonly type: 'header'; readonly name: string } & SecretName)
  | ({ readonly type: 'mtls' } & SecretName)
  | { readonly type: 'sigv4'; readonly region: string; readonly service: string };

export type HeartbeatProps = {
  readonly job: string;
  /** @default any instance of the job */
  readonly instance?: string;
  /**
   * How often it is heard, from a second to a year.
   * @default Duration.minutes(1)
   */
  readonly interval?: Duration;
  /**
   * How long to wait beyond that before it counts as silent.
   * @default Duration.seconds(35)
   */
  readonly grace?: Duration;
  /** When it runs, as crontab has it, in the place of an interval: `0 2 * * *`. */
  readonly cron?: string;
  /** When it runs, as systemd.time has it, in the place of an interval: `Mon..Fri 09:00`. */
  readonly onCalendar?: string;
  /**
   * Time zone of the schedule.
   * @default 'UTC'
   */
  readonly tz?: string;
  /**
   * How long to wait for the first sign of life: a duration such as `2h`, or `never`.
   * @default interval and grace
   */
  readonly firstSeen?: string;
  /**
   * How many of how many beats must be missed for it to be down: `3/5`.
   * @default one
   */
  readonly failures?: string;
  /**
   * From how many falls within how long on it is told once as FLAPPING: `4/1h`, or `off`.
   * @default '4/1h', of falls of who was back for one interval at most
   */
  readonly flapping?: string;
};

export type KeyProps = {
  /**
   * Jobs that may be pushed with it.
   * @default any
   */
  readonly jobs?: readonly string[];
  /**
   * Protocols that it may be used with: push, pushgateway, remote-write, otlp, statsd, influx, graphite, datadog, firehose.
   * @default all
   */
  readonly protocols?: readonly string[];
  /**
   * What becomes of pushes for other jobs: they are refused, or taken as the first job's with the claim in exported_job.
   * @default 'refuse'
   */
  readonly forgedJobs?: 'refuse' | 'rename';
};
