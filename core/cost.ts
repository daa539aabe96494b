import type { Told } from './measures.ts';

// List prices of us-east-1 in US dollars, from aws.amazon.com's pricing pages, read in November 2026.

/** DynamoDB on demand, per million write units. */
const perWriteUnit = 0.625e-6;
/** One push: HTTP API $1.00, Lambda's request $0.20, SQS sent, received and deleted in batches about $0.50 per million. */
const perPush = 1.7e-6;

/**
 * What was spent on what was counted, at list price: writes and pushes, which grow with use. Lambda's time, reads and what
 * an idle collector costs are not in it; docs/cost.md has the whole.
 */
export const costOf = (counted: Told): { readonly usd: number; readonly parts: string } => {
  const { WriteUnits = 0, Pushes = 0, Refused = 0 } = counted;
  const writes = WriteUnits * perWriteUnit;
  const pushes = (Pushes + Refused) * perPush;
  const text = (usd: number): string => `$${usd.toFixed(4)}`;
  return { usd: writes + pushes, parts: `writes ${text(writes)}, pushes ${text(pushes)}, without Lambda's time` };
};
