import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { labelOf, labelSetOf } from '../core/labels.ts';
import { limits } from '../core/limits.ts';
import { outcomeOf } from '../core/receipt/outcome.ts';
import { type Receipt, readReceipt } from '../core/receipt/receipt.ts';
import { type Fate, fateOf, spanOf, type Witness } from '../core/receipt/witness.ts';
import type { Ports } from '../io/ports.ts';
import { jsonAnswer } from './middleware/http.ts';
import { inParallel } from './parallel.ts';
import type { SeriesReader } from './reading.ts';
import { whoIs } from './who.ts';

type ReceiptPorts = Pick<Ports, 'clock' | 'retention' | 'keys' | 'quarantine'>;

export const receiptsPath = '/v1/receipts/';

/**
 * What became of a push: looked up in what is stored, and in the dead letters where it is not there. Whoever comes with a key is
 * told of the key's own jobs only.
 */
export const lookUpReceipt = async (
  ports: ReceiptPorts,
  reader: SeriesReader,
  event: APIGatewayProxyEventV2,
): Promise<APIGatewayProxyStructuredResultV2> => {
  const who = await whoIs(ports, event, 'push');
  if (!who.isKnown) return jsonAnswer(401, { error: who.reject.reason }, { 'www-authenticate': 'Bearer' });
  const { value: receipt, rejects } = readReceipt(event.rawPath.slice(receiptsPath.length));
  if (receipt === undefined) return jsonAnswer(404, { error: rejects[0]?.reason });
  const { jobs } = who.scope;
  const foreign = receipt.witnesses.some(({ source }) => jobs?.includes(labelOf(labelSetOf(source), 'job')) === false);
  if (foreign) return jsonAnswer(403, { error: 'this key may not ask for what was pushed for other jobs' });
  const fates = new Map<Witness, Fate>();
  await inParallel(receipt.witnesses, limits.queryReadsParallel, async witness => {
    const [fromMs, toMs] = spanOf(witness);
    fates.set(witness, fateOf(witness, await reader.stored(labelSetOf(witness.source), fromMs, toMs)));
  });
  const isMissing = [...fates.values()].includes('missing');
  const found = {
    fates: receipt.witnesses.map(witness => fates.get(witness) ?? 'missing'),
    quarantined: isMissing ? await quarantinedOf(ports, receipt) : new Set<string>(),
    keptFromMs: ports.clock.nowMs() - ports.retention.rawMs,
  };
  return jsonAnswer(200, outcomeOf(receipt, found));
};

/** Those of a push's messages that lie in the dead letters. None is there before it has failed for a while. */
const quarantinedOf = async (
  { clock, quarantine }: ReceiptPorts,
  { acceptedAtMs, messages }: Receipt,
): Promise<Set<string>> => {
  if (clock.nowMs() - acceptedAtMs < limits.quarantinedAfterMs) return new Set();
  const wanted = new Set(messages);
  const lying = await quarantine.look(names => [...wanted].every(name => names.has(name)));
  return new Set(lying.map(({ name }) => name).filter(name => wanted.has(name)));
};
