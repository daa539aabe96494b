import { Sha256 } from '@aws-sdk/checksums/sha';
import { SignatureV4 } from '@smithy/signature-v4';

export type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
};

type Signed = {
  readonly method: string;
  readonly body: string | Uint8Array;
  /** Beside the host, which is always signed. */
  readonly headers?: Readonly<Record<string, string>>;
};

/** Headers by which AWS knows who asks, those given among them. Without a method it is a GET. */
export type Sign = (url: URL, request?: Signed) => Promise<Readonly<Record<string, string>>>;

/** Signs requests to a service of the region, `execute-api` or `aps`, by Signature Version 4. */
export const signerOf = (
  service: string,
  region: string,
  credentials: Credentials | (() => Promise<Credentials>),
): Sign => {
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 });
  return async (url, { method, body, headers: own } = { method: 'GET', body: '' }) => {
    const { headers } = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { host: url.host, ...own },
      ...(body.length > 0 && { body }),
    });
    return headers;
  };
};
