import { rmSync } from 'node:fs';
import { App, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import flags from 'aws-cdk-lib/recommended-feature-flags.json' with { type: 'json' };
import type { CollectorProps } from '../../lib/collector-props.ts';
import { CollectorStack } from '../../lib/collector-stack.ts';

/** A template's values, which no type describes. */
// biome-ignore lint/suspicious/noExplicitAny: templates are JSON of many shapes, and tests say what they expect.
type Json = any;

export type Resource = { readonly id: string; readonly name: string; readonly properties: Json; readonly whole: Json };

/** What a resource is called here: its path in the collector without CDK's hash, `BufferQueue` for the buffer's queue. */
const nameOf = (logicalId: string): string => logicalId.replace(/^Collector/, '').replace(/[0-9A-F]{8}$/, '');

/** The stack that `cdk deploy` would deploy, without bundling its functions. */
export const synthesized = (props: CollectorProps = {}) => {
  const app = new App({ context: { ...flags, 'aws:cdk:bundling-stacks': [] } });
  const read = templateOf(new CollectorStack(app, 'Sluice', props));
  rmSync(app.outdir, { recursive: true });
  return read;
};

/** What a stack synthesizes to, to be asked about. */
export const templateOf = (stack: Stack) => {
  const template: Json = Template.fromStack(stack).toJSON();
  const resources: readonly Resource[] = Object.entries<Json>(template.Resources).map(([id, whole]) => ({
    id,
    name: nameOf(id),
    properties: whole.Properties ?? {},
    whole,
  }));
  return {
    template,
    /** All resources of a type, in the template's order. */
    all: (type: string): readonly Resource[] => resources.filter(({ whole }) => whole.Type === type),
    /** The resource that a Ref or Fn::GetAtt points to, or the name of a bucket's objects. */
    at: (reference: Json): Resource => {
      const target = reference['Fn::Join']?.[1]?.[1] === '/*' ? reference['Fn::Join'][1][0] : reference;
      const id = target.Ref ?? target['Fn::GetAtt']?.[0];
      const found = resources.find(resource => resource.id === id);
      if (found === undefined) throw new Error(`${JSON.stringify(reference)} points to no resource`);
      return found;
    },
  };
};
