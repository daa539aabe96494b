import { CustomResource, type Duration, Lazy, Validations } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { limits } from '../core/limits.ts';
import { checkHeartbeat, checkKey, checkTarget } from './checks.ts';
import type { HeartbeatProps, KeyProps, TargetListProps, TargetProps } from './collector-props.ts';
import { Handler, type Household } from './handler.ts';
import type { Table } from './table.ts';

export type DeclarationsProps = {
  readonly household: Household;
  readonly targets: Table;
  readonly heartbeats: Table;
  readonly keys: Table;
};

/**
 * Rows that a CDK app puts into the tables of the collector, and takes out again when they leave the app. A row that the
 * collector could not read fails the deployment with the reason, before anything relies on it.
 */
export class Declarations extends Construct {
  readonly handler: Handler;
  readonly #encryptionKey: IKey | undefined;

  constructor(scope: Construct, id: string, { household, targets, heartbeats, keys }: DeclarationsProps) {
    super(scope, id);
    this.handler = new Handler(this, 'Declare', { household, entry: 'declare', memoryMiB: 256, timeoutSeconds: 30 });
    targets.filledBy(this.handler);
    heartbeats.filledBy(this.handler);
    keys.filledBy(this.handler);
    this.#encryptionKey = household.encryptionKey;
  }

  addTarget(scope: Construct, id: string, props: TargetProps): void {
    checkTarget(props);
    const { interval, timeout, honorLabels, sampleLimit, ...rest } = props;
    const named = {
      ...(honorLabels !== undefined && { honor_labels: honorLabels }),
      ...(sampleLimit !== undefined && { sample_limit: sampleLimit }),
    };
    this.#declare(scope, id, 'Target', { ...rest, ...named, ...textsOf({ interval, timeout }) });
  }

  addTargets(scope: Construct, id: string, props: TargetListProps): void {
    const { interval, timeout, refreshInterval, honorLabels, sampleLimit, ...rest } = props;
    checkTarget({ url: 'http://any.example', ...props });
    const { listAuth, portTag, ...row } = rest as typeof rest & { listAuth?: unknown; portTag?: string };
    const renamed = {
      honor_labels: honorLabels,
      sample_limit: sampleLimit,
      list_auth: listAuth,
      port_tag: portTag,
      ...textsOf({ interval, timeout, refresh_interval: refreshInterval }),
    };
    const named = Object.fromEntries(Object.entries(renamed).filter(([, value]) => value !== undefined));
    this.#declare(scope, id, 'Target', { ...row, ...named });
  }

  addHeartbeat(scope: Construct, id: string, props: HeartbeatProps): void {
    checkHeartbeat(props);
    const { interval, grace, ...rest } = props;
    this.#declare(scope, id, 'Heartbeat', { ...rest, ...textsOf({ interval, grace }) });
  }

  addKey(scope: Construct, id: string, props: KeyProps): Secret {
    checkKey(props);
    const { keyChars } = limits;
    const secret = new Secret(scope, `${id}Secret`, {
      description: 'A key to push to Sluice with',
      generateSecretString: { passwordLength: keyChars, excludePunctuation: true, requireEachIncludedType: false },
      ...(this.#encryptionKey && { encryptionKey: this.#encryptionKey }),
    });
    Grant.addToPrincipal({
      grantee: this.handler,
      actions: ['secretsmanager:GetSecretValue'],
      resourceArns: [secret.secretArn],
    }).assertSuccess();
    this.#encryptionKey?.grant(this.handler, 'kms:Decrypt');
    Validations.of(secret).acknowledge({
      id: 'AwsSolutions::AwsSolutions-SMG4',
      reason: 'Producers keep the key until somebody gives them another: rotating it unasked would shut them out.',
    });
    this.#declare(scope, id, 'Key', { ...props, secret: secret.secretArn });
    return secret;
  }

  #declare(scope: Construct, id: string, kind: 'Target' | 'Heartbeat' | 'Key', row: object): void {
    const declared: CustomResource = new CustomResource(scope, id, {
      serviceToken: this.handler.functionArn,
      resourceType: `Custom::Sluice${kind}`,
      properties: {
        // A target's name in the table; stable as long as the construct keeps its place in the app.
        Row: kind === 'Target' ? { id: Lazy.string({ produce: () => declared.node.path }), ...row } : row,
      },
    });
  }
}

/** Durations as rows write them: `90s`. */
const textsOf = (durations: Readonly<Record<string, Duration | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(durations).flatMap(([name, duration]) =>
      duration === undefined ? [] : [[name, `${duration.toMilliseconds()}ms`]],
    ),
  );
