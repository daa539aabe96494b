import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { limits } from '../core/limits.ts';
import { environment } from '../io/aws/contract.ts';
import type { CollectorProps, VpcScraping } from './collector-props.ts';
import { Handler, type Household } from './handler.ts';

type ScraperProps = {
  readonly household: Household;
  readonly props: CollectorProps;
  /** Private networks that it may reach, by commas. */
  readonly allow: string;
  /** Where it stands. @default in no VPC */
  readonly inside?: VpcScraping;
};

/** A function that scrapes: how much it has for that, and what it needs to know to stay within. */
export class Scraper extends Handler {
  constructor(scope: Construct, id: string, { household, props, allow, inside }: ScraperProps) {
    const { scrapeMemoryMiB = limits.scrapeMemoryMiB, freshness = Duration.millis(limits.freshnessDefaultMs) } = props;
    super(scope, id, {
      household,
      entry: 'scrape',
      memoryMiB: scrapeMemoryMiB,
      // Long enough for a loop's span, the slowest target at its end, and handing over.
      timeoutSeconds: 190,
      ...(inside && { inside }),
    });
    this.knows(environment.scrapeAllow, allow);
    this.knows(environment.freshness, String(freshness.toSeconds()));
    // V8 would let garbage grow over what there is: Node and its code take 85 MiB beside the heap.
    const heap = `--max-old-space-size=${Math.max(58, scrapeMemoryMiB - 85)} --max-semi-space-size=4`;
    this.knows(environment.node, heap);
  }
}
