import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export type Request = {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly timeoutMs: number;
};

export type Answer = { readonly status: number; readonly text: string };

/** Sends one request; throws where nobody answers in time. */
export type Sender = (request: Request) => Promise<Answer>;

// One connection from invocation to invocation: a new one costs more than everything else here.
const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) };

export const keyHeaders = (key: string): Record<string, string> => ({ authorization: `Bearer ${key}` });

export const post: Sender = ({ url, headers, body, timeoutMs }) =>
  new Promise((done, failed) => {
    const isSecure = url.protocol === 'https:';
    const asked = (isSecure ? httpsRequest : httpRequest)(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      agent: isSecure ? agents['https:'] : agents['http:'],
    });
    const late = setTimeout(() => asked.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    asked.on('response', response => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        if (text.length < 1_000) text += part;
      });
      response.on('end', () => {
        clearTimeout(late);
        done({ status: response.statusCode ?? 0, text });
      });
      response.on('error', failed);
    });
    asked.on('error', error => {
      clearTimeout(late);
      failed(error);
    });
    asked.end(body);
  });
