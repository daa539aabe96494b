import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import { Fault } from '../../core/fault.ts';
import { limits } from '../../core/limits.ts';
import type { Ports } from '../../io/ports.ts';

type Door = (event: APIGatewayProxyEventV2) => Promise<APIGatewayProxyStructuredResultV2>;

/**
 * Gives up before Lambda does: a function that times out is answered by the gateway with a code that some senders drop
 * data on, so the door answers by itself while it still can.
 */
export const deadline =
  ({ clock }: Pick<Ports, 'clock'>, door: Door) =>
  (
    event: APIGatewayProxyEventV2,
    context: Pick<Context, 'getRemainingTimeInMillis'>,
  ): Promise<APIGatewayProxyStructuredResultV2> =>
    Promise.race([
      door(event),
      clock.wait(context.getRemainingTimeInMillis() - limits.answerReserveMs).then(() => {
        throw new Fault('deadline', 'not done within the function’s time', { retryable: true });
      }),
    ]);
