import { ArnFormat, Duration, Stack } from 'aws-cdk-lib';
import { Grant } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { environment } from '../io/aws/contract.ts';
import type { OnwardProps } from './collector-props.ts';
import { Handler, type Household } from './handler.ts';
import { Queue } from './queue.ts';

/** The road to another collector: a queue of what was stored, and one function that empties it there. */
export class Onward extends Construct {
  readonly queue: Queue;
  readonly handler: Handler;

  constructor(scope: Construct, id: string, { household, to }: { household: Household; to: OnwardProps }) {
    super(scope, id);
    const { encryptionKey } = household;
    this.queue = new Queue(this, 'PassedOn', {
      named: environment.passedOn,
      keptFor: Duration.days(14),
      encryptionKey,
    });
    this.handler = new Handler(this, 'Forward', { household, entry: 'forward', memoryMiB: 512, timeoutSeconds: 60 });
    // Few at once: receivers like samples in order, and two is the least that SQS offers.
    this.queue.drainedBy(this.handler, { messages: 100, gatheredForSeconds: 10, atOnce: 2 });
    if ('workspaceArn' in to) this.#toWorkspace(to.workspaceArn);
    else {
      this.handler.knows(environment.onwardUrl, to.url);
      if (to.token !== undefined) {
        to.token.grantRead(this.handler);
        this.handler.knows(environment.onwardToken, to.token.secretArn);
      }
    }
  }

  #toWorkspace(arn: string): void {
    const { region = '', resourceName: workspace } = Stack.of(this).splitArn(arn, ArnFormat.SLASH_RESOURCE_NAME);
    const host = `aps-workspaces.${region}.${Stack.of(this).urlSuffix}`;
    Grant.addToPrincipal({ grantee: this.handler, actions: ['aps:RemoteWrite'], resourceArns: [arn] }).assertSuccess();
    this.handler.knows(environment.onwardUrl, `https://${host}/workspaces/${workspace}/api/v1/remote_write`);
    this.handler.knows(environment.onwardRegion, region);
  }
}
