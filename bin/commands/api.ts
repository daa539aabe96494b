import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Sign } from '../../io/aws/sign.ts';
import { Complaint } from './complaint.ts';

const patienceMs = 30_000;

/** A GET of a collector's API, parsed. Complains of what is no JSON: then something else answers there. */
export const getJson = async (url: URL, sign: Sign = async () => ({})): Promise<unknown> => {
  const { status, text } = await get(url, await sign(url));
  if (status === 403)
    throw new Complaint(
      `${url.host} lets nobody in without a right to ask: ${text.slice(0, 200)}; see grantQuery in docs/deploy.md`,
    );
  if (status === 401)
    throw new Complaint(
      `${url.host} asks for a key: \`npx sluice keys create --read\` makes one, SLUICE_KEY=… hands it over`,
    );
  try {
    return JSON.parse(text);
  } catch {
    throw new Complaint(`${url.href} answered ${status}, and no JSON: ${text.slice(0, 200)}`);
  }
};

export type Told = {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
};

/** A POST, signed as it is; whatever comes of it. */
export const post = async (
  url: URL,
  body: Uint8Array,
  headers: Readonly<Record<string, string>>,
  sign: Sign,
): Promise<Told> => ask(url, { ...headers, ...(await sign(url, { method: 'POST', body, headers })) }, body);

/** A GET; whatever comes of it. */
export const get = (url: URL, headers: Readonly<Record<string, string>>): Promise<Told> => ask(url, headers);

const ask = (url: URL, headers: Readonly<Record<string, string>>, body?: Uint8Array): Promise<Told> =>
  new Promise((done, failed) => {
    const isLocalName = url.hostname.endsWith('.localhost');
    const options = {
      method: body === undefined ? 'GET' : 'POST',
      headers: { host: url.host, ...headers },
      timeout: patienceMs,
      // Names below localhost are loopback (RFC 6761); not every system's resolver knows.
      ...(isLocalName && { hostname: '127.0.0.1', port: url.port, path: `${url.pathname}${url.search}` }),
    };
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const asked = isLocalName ? request(options) : request(url, options);
    asked.on('response', response => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () =>
        done({
          status: response.statusCode ?? 0,
          text: Buffer.concat(parts).toString('utf8'),
          headers: response.headers,
        }),
      );
      response.on('error', failed);
    });
    asked.on('timeout', () =>
      asked.destroy(new Complaint(`${url.host} did not answer within ${patienceMs / 1_000} s`)),
    );
    asked.on('error', failed);
    asked.end(body);
  });
