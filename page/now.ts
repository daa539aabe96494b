import { useEffect, useState } from 'preact/hooks';
import { collectorNowMs } from './api.ts';

/** The collector's time, anew each second. */
export const useNow = (): number => {
  const [nowMs, setNowMs] = useState(collectorNowMs);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) setNowMs(collectorNowMs());
    }, 1_000);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
};
