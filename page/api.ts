import { keyNow, keyRefused } from './key.ts';

/** The collector said no, and why. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, reason: string) {
    super(reason);
    this.status = status;
  }
}

type Request = { readonly body?: unknown; readonly form?: URLSearchParams; readonly signal?: AbortSignal };

/** By how much the collector's clock is ahead of this machine's: all times on the page are the collector's. */
let aheadMs = 0;

export const collectorNowMs = (): number => Date.now() + aheadMs;

/** Asks the collector. What it answers unchanged the browser knows by its tag and does not load again. */
export const ask = async <T>(path: string, { body, form, signal }: Request = {}): Promise<T> => {
  const key = keyNow();
  const response = await fetch(path, {
    headers: {
      ...(key !== '' && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...((body ?? form) !== undefined && { method: 'POST', body: form ?? JSON.stringify(body) }),
    ...(signal && { signal }),
  });
  const date = Date.parse(response.headers.get('date') ?? '');
  // The header has whole seconds: small differences are nobody's fault.
  if (!Number.isNaN(date)) aheadMs = Math.abs(date - Date.now()) > 2_000 ? date - Date.now() : 0;
  const text = await response.text();
  let answer: { readonly error?: string; readonly message?: string };
  try {
    answer = JSON.parse(text) as typeof answer;
  } catch {
    throw new Refused(response.status, `something else than a collector answers here (${response.status})`);
  }
  if (response.ok) return answer as T;
  const reason = answer.error ?? answer.message ?? `the collector answered ${response.status}`;
  if (response.status === 401 || response.status === 403) keyRefused(reason);
  throw new Refused(response.status, reason);
};
