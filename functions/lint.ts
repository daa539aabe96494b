import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { lint } from '../core/exposition/lint.ts';
import { headerOf, jsonAnswer } from './middleware/http.ts';

export const lintPath = '/v1/lint';

/** What a body, unpacked, would be told: 200 whatever is wrong with it. `?mode=strict|lenient`, lenient by default. */
export const lintAnswer = (event: APIGatewayProxyEventV2, body: Uint8Array): APIGatewayProxyStructuredResultV2 => {
  const mode = event.queryStringParameters?.['mode'] ?? 'lenient';
  if (mode !== 'strict' && mode !== 'lenient')
    return jsonAnswer(400, { error: `mode: expected strict or lenient, found ${JSON.stringify(mode)}` });
  const { valid, samples, findings } = lint(body, mode, headerOf(event, 'content-type'));
  return jsonAnswer(200, { valid, samples, findings });
};
