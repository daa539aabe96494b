import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';

type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };

/** Headers by which API Gateway knows who asks. Without a method it is a GET. */
export type Sign = (
  url: URL,
  request?: { readonly method: string; readonly body: string },
) => Promise<Readonly<Record<string, string>>>;

/** SHA-256 as the signer wants it: keyed or not, given bit by bit. */
class Sha256 {
  readonly #hash;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', Buffer.from(secret as string));
  }

  update(data: string | Uint8Array): void {
    this.#hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}

/** Signs requests to an HTTP API of the region. */
export const signerOf = (region: string, credentials: Credentials | (() => Promise<Credentials>)): Sign => {
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 });
  return async (url, { method, body } = { method: 'GET', body: '' }) => {
    const { headers } = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host: url.host },
      ...(body !== '' && { body }),
    });
    return headers;
  };
};
