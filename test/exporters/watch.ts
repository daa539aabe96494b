import { setTimeout as wait } from 'node:timers/promises';

/** What the watcher asks for itself, beside the collector. */
export type Watched = {
  readonly name: string;
  readonly url: string;
  /** Instants at which the exporter did not answer the watcher either. */
  readonly silentMs: number[];
};

export type Verdict = {
  readonly exporter: string;
  readonly scrapes: number;
  readonly ups: number;
  readonly 'up 0': number;
  readonly false: number;
  readonly gaps: number;
  readonly samples: number;
  readonly page: number;
};

type Series = { readonly metric: Readonly<Record<string, string>>; readonly values: readonly [number, string][] };

/** Raw samples of a selector over the last while. A machine that is busy may answer late: it is asked again, for minutes. */
export const rawOf = async (collector: string, selector: string): Promise<readonly Series[]> => {
  let said = '';
  for (let tries = 0; tries < 20; tries += 1) {
    const answer = await fetch(`${collector}/api/v1/query?${new URLSearchParams({ query: selector })}`, {
      signal: AbortSignal.timeout(60_000),
    })
      .then(response => response.text())
      .catch((error: Error) => error.message);
    if (answer.startsWith('{"status":"success"'))
      return (JSON.parse(answer) as { readonly data: { readonly result: readonly Series[] } }).data.result;
    said = answer.slice(0, 300);
    await wait(5_000);
  }
  throw new Error(`${selector} is not answered: ${said}`);
};

/** Asks an exporter once, as a scraper would; notes where it does not answer. */
export const probe = async ({ url, silentMs }: Watched): Promise<void> => {
  const isGood = await fetch(url, { signal: AbortSignal.timeout(10_000) }).then(
    async answer => answer.status === 200 && (await answer.text()).length > 0,
    () => false,
  );
  if (!isGood) silentMs.push(Date.now());
};

/**
 * What came of one exporter. An `up 0` is false where the exporter answered the watcher throughout an interval around it; a gap is
 * a slot without any `up`, which is the collector's.
 */
export const verdictOf = (
  { name, silentMs }: Watched,
  intervalMs: number,
  up: Series | undefined,
  scraped: Series | undefined,
): Verdict => {
  const told = (up?.values ?? []).map(([seconds, value]) => ({ atMs: seconds * 1_000, isUp: value === '1' }));
  const zeros = told.filter(({ isUp }) => !isUp);
  const isTrue = ({ atMs }: { readonly atMs: number }): boolean =>
    silentMs.some(silent => Math.abs(silent - atMs) < 2 * intervalMs);
  let gaps = 0;
  for (const [index, { atMs }] of told.slice(1).entries())
    gaps += Math.max(0, Math.round((atMs - told[index]!.atMs) / intervalMs) - 1);
  const counts = (scraped?.values ?? []).map(([, value]) => Number(value));
  return {
    exporter: name,
    scrapes: told.length,
    ups: told.length - zeros.length,
    'up 0': zeros.length,
    false: zeros.filter(zero => !isTrue(zero)).length,
    gaps,
    samples: counts.reduce((sum, count) => sum + count, 0),
    page: counts.at(-1) ?? 0,
  };
};
