import { Sha256 } from '@aws-sdk/checksums/sha';
import { SignatureV4 } from '@smithy/signature-v4';

type Credentials = { readonly accessKeyId: string; readonly secretAccessKey: string; readonly sessionToken?: string };

/** Headers by which API Gateway knows who asks. Without a method it is a GET. */
export type Sign = (
  url: URL,
  request?: { readonly method: string; readonly body: string },
) => Promise<Readonly<Record<string, string>>>;

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
