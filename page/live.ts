import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ask, Refused } from './api.ts';
import { useKey } from './key.ts';

export type Live<T> = {
  readonly data: T | undefined;
  /** Why there is nothing new; what was known before stays. */
  readonly problem: string | undefined;
  readonly refresh: () => void;
};

const longestWaitMs = 60_000;

/**
 * What the collector answers at a path, asked again and again while somebody looks: each `everyMs`, less often while it does
 * not answer, not at all while the tab is hidden, and at once when it is shown again.
 */
export const useLive = <T>(path: string | undefined, everyMs: number): Live<T> => {
  const { key } = useKey();
  const [state, setState] = useState<{ path: string | undefined; data?: T; problem?: string }>({ path });
  const again = useRef<() => void>(() => {});
  useEffect(() => {
    if (path === undefined) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    const abort = new AbortController();
    const look = async (): Promise<void> => {
      clearTimeout(timer);
      if (document.hidden) return;
      try {
        const data = await ask<T>(path, { signal: abort.signal });
        failures = 0;
        setState({ path, data });
      } catch (error) {
        if (abort.signal.aborted) return;
        failures += 1;
        const problem = error instanceof Refused ? error.message : 'the collector does not answer';
        setState(before => ({ ...(before.path === path ? before : { path }), problem }));
        // Without a key it will say the same again.
        if (error instanceof Refused && (error.status === 401 || error.status === 403)) return;
      }
      timer = setTimeout(look, Math.min(everyMs * 2 ** failures, Math.max(longestWaitMs, everyMs)));
    };
    const shown = (): void => {
      if (!document.hidden) void look();
    };
    again.current = () => void look();
    document.addEventListener('visibilitychange', shown);
    void look();
    return () => {
      clearTimeout(timer);
      abort.abort();
      document.removeEventListener('visibilitychange', shown);
    };
  }, [path, everyMs, key]);
  const refresh = useCallback(() => again.current(), []);
  const known = state.path === path ? state : undefined;
  return { data: known?.data, problem: known?.problem, refresh };
};
