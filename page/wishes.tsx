import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { SourceLine } from '../core/view/sources.ts';
import { ask } from './api.ts';

type WishProps = { readonly line: SourceLine; readonly nowMs: number; readonly onDone: () => void };

/** Tells the collector what somebody wishes of a heartbeat, and what became of it. */
const useWish = ({ job, instance }: SourceLine, onDone: () => void) => {
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const wish = async (verb: 'pause' | 'resume' | 'snooze', more: { readonly for?: string } = {}): Promise<void> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await ask(`/v1/heartbeats/${verb}`, { body: { job, instance, ...more } });
      // The checker is woken by it: a moment later it has looked.
      setTimeout(onDone, 400);
      setTimeout(onDone, 1_500);
    } catch (error) {
      setProblem((error as Error).message);
    }
    setBusy(false);
  };
  return { wish, isBusy, problem };
};

const lengths = [
  ['1h', '1 hour'],
  ['8h', '8 hours'],
  ['1d', '1 day'],
  ['7d', '1 week'],
] as const;

export const isSnoozed = ({ runs }: SourceLine, nowMs: number): boolean => (runs?.snoozedUntilMs ?? 0) > nowMs;

/** Pauses somebody or waits for them again; or has them quiet for a while. */
export const Wishes = ({ line, nowMs, onDone }: WishProps) => {
  const { wish, isBusy, problem } = useWish(line, onDone);
  const [isChoosing, setChoosing] = useState(false);
  const choices = useRef<HTMLSpanElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    if (isChoosing) choices.current?.querySelector('button')?.focus();
  }, [isChoosing]);
  const close = (): void => {
    setChoosing(false);
    opener.current?.focus();
  };
  const { job, state } = line;
  const verb = state === 'paused' ? 'resume' : 'pause';
  const snoozed = isSnoozed(line, nowMs);
  return (
    <span
      class="wishes"
      role="group"
      aria-label={`what to do with ${job}`}
      onKeyDown={event => {
        if (isChoosing && event.key === 'Escape') close();
      }}
    >
      <button type="button" disabled={isBusy} onClick={() => wish(verb)} aria-label={`${verb} ${job}`}>
        {verb === 'pause' ? 'Pause' : 'Resume'}
      </button>
      {state !== 'paused' && (
        <button
          ref={opener}
          type="button"
          disabled={isBusy}
          aria-label={snoozed ? `wake ${job}` : `snooze ${job}`}
          {...(!snoozed && { 'aria-expanded': isChoosing })}
          onClick={() => (snoozed ? wish('snooze', { for: '0s' }) : setChoosing(!isChoosing))}
        >
          {snoozed ? 'Wake' : 'Snooze'}
        </button>
      )}
      {isChoosing && !snoozed && (
        <span ref={choices} class="choices" role="group" aria-label={`snooze ${job} for`}>
          {lengths.map(([length, text]) => (
            <button
              key={length}
              type="button"
              onClick={() => {
                close();
                void wish('snooze', { for: length });
              }}
            >
              {text}
            </button>
          ))}
        </span>
      )}
      {problem !== undefined && (
        <span class="bad" role="alert">
          {' '}
          {problem}
        </span>
      )}
    </span>
  );
};
