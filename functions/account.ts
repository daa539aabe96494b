import middy from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Ports } from '../io/ports.ts';
import { listCrowds } from './flushes.ts';
import { readGroupPage } from './groups.ts';
import { deadline } from './middleware/deadline.ts';
import { jsonAnswer, textAnswer, unavailableOnThrow } from './middleware/http.ts';
import { ownPage } from './own-metrics.ts';
import { OverLimit, SeriesReader } from './reading.ts';
import { lookUpReceipt, receiptsPath } from './receipts.ts';

type AccountPorts = Pick<
  Ports,
  | 'clock'
  | 'chance'
  | 'log'
  | 'series'
  | 'blocks'
  | 'families'
  | 'retention'
  | 'targets'
  | 'keys'
  | 'quarantine'
  | 'vitals'
>;
type Answer = APIGatewayProxyStructuredResultV2;

/** Series → producers: what became of what they pushed, as receipts, groups and crowds, and how the collector itself does. Apart from queries, which need not know it. */
export const account = (ports: AccountPorts) => {
  const reader = new SeriesReader(ports);
  const own = ownPage(ports);
  return middy<APIGatewayProxyEventV2, Answer>()
    .use(unavailableOnThrow(ports, code => ({ error: `this cannot be looked up at the moment: ${code}` })))
    .handler(deadline(ports, event => answer(ports, reader, own, event)));
};

const answer = async (
  ports: AccountPorts,
  reader: SeriesReader,
  own: () => Promise<string>,
  event: APIGatewayProxyEventV2,
): Promise<Answer> => {
  const { rawPath: path } = event;
  try {
    if (path.startsWith(receiptsPath)) return await lookUpReceipt(ports, reader, event);
    if (path === '/metrics') return pageAnswer((await Promise.all([own(), readGroupPage(ports, reader)])).join(''));
    if (path === '/v1/flushes') return jsonAnswer(200, { status: 'success', data: await listCrowds(ports, reader) });
    return textAnswer(404, `nothing answers at ${path}\n`);
  } catch (error) {
    if (error instanceof OverLimit) return jsonAnswer(422, { error: error.message });
    throw error;
  }
};

const pageAnswer = (page: string): Answer =>
  textAnswer(200, page, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
