import type { DownSpan } from '../core/view/down-spans.ts';
import { clockText, lengthText } from './format.ts';

const day = 86_400_000;

/** The last 24 hours, now at the right: where it was down. */
export const DayBar = ({ downs, nowMs, isKnown }: { downs: readonly DownSpan[]; nowMs: number; isKnown: boolean }) => {
  const fromMs = nowMs - day;
  const spans = downs.map(
    ({ fromMs: start, toMs = nowMs }) => [Math.max(start, fromMs), Math.min(toMs, nowMs)] as const,
  );
  const downMs = spans.reduce((sum, [start, end]) => sum + Math.max(0, end - start), 0);
  const said = downs.map(({ fromMs: start, toMs }) =>
    toMs === undefined
      ? `down since ${clockText(start, nowMs)}`
      : `down ${clockText(start, nowMs)} for ${lengthText(toMs - start)}`,
  );
  const label = !isKnown
    ? 'nobody waits for it'
    : downs.length === 0
      ? 'not down in the last 24 hours'
      : `${downs.length} times down in the last 24 hours, ${lengthText(downMs)} in all: ${said.slice(-4).join('; ')}`;
  return (
    <svg
      class={isKnown ? 'day' : 'day day-unknown'}
      viewBox="0 0 1440 20"
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <title>{label}</title>
      <rect class="day-up" x="0" y="0" width="1440" height="20" />
      {spans.map(([start, end]) => {
        // A short one must be seen.
        const width = Math.max(12, ((end - start) / day) * 1_440);
        const x = Math.min(((start - fromMs) / day) * 1_440, 1_440 - width);
        return <rect key={start} class="day-down" x={x} y="0" width={width} height="20" />;
      })}
    </svg>
  );
};
