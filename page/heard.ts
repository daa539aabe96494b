import { useEffect, useState } from 'preact/hooks';
import type { SourceLine } from '../core/view/sources.ts';
import { ask } from './api.ts';

type Vector = {
  readonly data: { readonly result: readonly { metric: Record<string, string>; value: [number, string] }[] };
};

export const keyOfSource = ({ job, instance }: { readonly job: string; readonly instance: string }): string =>
  JSON.stringify([job, instance]);

const anyOf = (texts: Iterable<string>): string =>
  JSON.stringify([...new Set(texts)].map(text => text.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&')).join('|'));

const askedAtOnce = 60;

/**
 * When sources were last heard that have it written down nowhere but in their samples: those on the screen are asked for, by their own
 * newest sample. Answers instants by source.
 */
export const useHeard = (shown: readonly SourceLine[], everyMs: number): ReadonlyMap<string, number> => {
  const [heard, setHeard] = useState<ReadonlyMap<string, number>>(new Map());
  const wanted = shown.filter(
    ({ heardMs, state, kind }) => heardMs === undefined && kind !== 'heartbeat' && state !== 'invalid',
  );
  const key = wanted.map(keyOfSource).slice(0, askedAtOnce).join();
  useEffect(() => {
    if (key === '') return;
    let timer: ReturnType<typeof setTimeout>;
    const abort = new AbortController();
    const look = async (): Promise<void> => {
      const queries = [
        ['up', wanted.filter(({ kind }) => kind === 'target')],
        ['', wanted.filter(({ kind }) => kind === 'pusher')],
      ] as const;
      for (const [name, lines] of queries) {
        if (lines.length === 0 || document.hidden) continue;
        const some = lines.slice(0, askedAtOnce);
        const selector = `${name}{job=~${anyOf(some.map(({ job }) => job))},instance=~${anyOf(some.map(({ instance }) => instance))}${name === '' ? ',__name__=~".+"' : ''}}`;
        // Of a target only a good scrape says that it was heard.
        const good = name === 'up' ? `${selector}) and (${selector} == 1` : selector;
        const form = new URLSearchParams({ query: `max by (job, instance) (timestamp(${good}))` });
        // Without it the list is poorer, and no less true.
        const answer = await ask<Vector>('/api/v1/query', { form, signal: abort.signal }).catch(() => undefined);
        if (answer === undefined || abort.signal.aborted) continue;
        setHeard(before => {
          const next = new Map(before);
          for (const { metric, value } of answer.data.result)
            next.set(
              keyOfSource({ job: metric['job'] ?? '', instance: metric['instance'] ?? '' }),
              Number(value[1]) * 1_000,
            );
          return next;
        });
      }
      timer = setTimeout(look, everyMs);
    };
    timer = setTimeout(look, 250);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key, everyMs]);
  return heard;
};
