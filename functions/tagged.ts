import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { tagOf } from '../core/view/tag.ts';
import { headerOf } from './middleware/http.ts';

/** JSON by its entity tag: who has it already hears 304. */
export const tagged = (event: APIGatewayProxyEventV2, answer: unknown): APIGatewayProxyStructuredResultV2 => {
  const body = JSON.stringify(answer);
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-cache', etag: tagOf(body) };
  return headerOf(event, 'if-none-match') === headers.etag
    ? { statusCode: 304, headers }
    : { statusCode: 200, headers, body };
};
