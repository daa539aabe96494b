import { Fault } from '../../core/fault.ts';
import { limits } from '../../core/limits.ts';
import type { Onward, Secrets } from '../ports.ts';
import { called } from './calls.ts';
import { type Credentials, signerOf } from './sign.ts';

export type OnwardSettings = {
  readonly url: URL;
  /** Signed for Amazon Managed Prometheus of this region. */
  readonly region: string | undefined;
  /** Or with the token that this secret holds. */
  readonly token: string | undefined;
  readonly secrets: () => Secrets;
  readonly credentials: () => Promise<Credentials>;
};

const headers = {
  'content-type': 'application/x-protobuf',
  'content-encoding': 'snappy',
  'x-prometheus-remote-write-version': '0.1.0',
  'user-agent': 'sluice',
};

/**
 * Whose fault a refusal is. What has no right, no address or no room today may have it tomorrow, and the queue has
 * patience; a body that is wrong stays wrong.
 */
const mayHelpToAskAgain = (status: number): boolean => status >= 500 || [401, 403, 404, 408, 429].includes(status);

/** A receiver of remote write, asked over HTTPS. A token is read anew for each request, so that it can be changed. */
export const remoteWrite = ({ url, region, token, secrets, credentials }: OnwardSettings): Onward => {
  const sign = region === undefined ? undefined : signerOf('aps', region, credentials);
  const headersOf = async (body: Uint8Array): Promise<Readonly<Record<string, string>>> => {
    if (sign !== undefined) return sign(url, { method: 'POST', body, headers });
    if (token === undefined) return headers;
    return { ...headers, authorization: `Bearer ${await secrets().read(token)}` };
  };
  return {
    write: async body => {
      const own = await headersOf(body);
      const answer = await called('onward.write', () =>
        fetch(url, {
          method: 'POST',
          headers: own,
          body: new Uint8Array(body),
          redirect: 'manual',
          signal: AbortSignal.timeout(limits.onwardTimeoutMs),
        }),
      );
      const { status } = answer;
      const reason = (await answer.text().catch(() => '')).slice(0, limits.onwardReasonChars);
      if (answer.ok) return undefined;
      if (!mayHelpToAskAgain(status)) return { status, reason };
      throw new Fault('onward', `onward.write: ${url.host} answers ${status}: ${reason}`, { retryable: true });
    },
  };
};
