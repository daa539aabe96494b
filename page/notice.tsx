import type { ComponentChildren } from 'preact';
import type { Live } from './live.ts';

/** Says where something stands that is not there (yet), and what to do. */
export const Empty = ({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) => (
  <div class="empty">
    <h2>{title}</h2>
    {children}
  </div>
);

/** That what is shown is old, because the collector does not answer. */
export const Problem = ({ live }: { readonly live: Pick<Live<unknown>, 'problem' | 'data' | 'refresh'> }) => (
  <div role="status" aria-live="polite">
    {live.problem !== undefined && (
      <p class="notice notice-bad">
        {live.problem}. {live.data !== undefined && 'What you see is what was known before. '}
        <button type="button" onClick={live.refresh}>
          Try again
        </button>
      </p>
    )}
  </div>
);

export const Waiting = () => <p class="waiting">Asking the collector …</p>;
