import { Fault } from '../../core/fault.ts';
import { canaryJob } from '../../core/heartbeat/watermark.ts';
import { limits } from '../../core/limits.ts';
import type { Canary, Watchdog } from '../ports.ts';
import { type Credentials, signerOf } from './sign.ts';

/** Pushes by the API's public address, signed, as any producer does: what fails for one of them fails here. */
export const apiCanary = (api: URL, region: string, credentials: () => Promise<Credentials>): Canary => {
  const sign = signerOf('execute-api', region, credentials);
  return {
    send: async (slot, proof) => {
      const url = new URL(`/v1/push?job=${canaryJob}&instance=${slot}&proof=${proof}`, api);
      const body = '\n';
      const headers = await sign(url, { method: 'POST', body, headers: { 'content-type': 'text/plain' } });
      const answer = await fetch(url, {
        method: 'POST',
        headers,
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(limits.canaryTimeoutMs),
      });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Fault('canary', `canary.send: answered ${answer.status}`, { retryable: true });
    },
  };
};

/** Asks for an address that the owner of the collector chose; what it answers is of no interest. */
export const httpWatchdog = (url: string): Watchdog => ({
  tell: async () => {
    const answer = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(limits.canaryTimeoutMs) });
    await answer.arrayBuffer();
  },
});
