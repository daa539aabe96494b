// What other CDK apps may use.
export { Collector } from './collector.ts';
export type {
  CollectorDomain,
  CollectorProps,
  HeartbeatProps,
  KeyProps,
  MirrorProps,
  OnwardProps,
  RetentionProps,
  TargetListProps,
  TargetProps,
  VpcScraping,
} from './collector-props.ts';
export { CollectorStack } from './collector-stack.ts';
