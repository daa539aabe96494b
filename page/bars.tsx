import { clockText, countText } from './format.ts';

type BarsProps = {
  readonly values: readonly (readonly [seconds: number, value: number])[];
  readonly everyMs: number;
  readonly nowMs: number;
  readonly label: string;
  readonly isBad?: boolean;
};

/** A day of one measure, in as many bars as it was told in. */
export const Bars = ({ values, everyMs, nowMs, label, isBad = false }: BarsProps) => {
  const count = Math.round(86_400_000 / everyMs);
  const firstMs = (Math.floor(nowMs / everyMs) - count + 1) * everyMs;
  const most = Math.max(0, ...values.map(([, value]) => value));
  return (
    <svg
      class={isBad ? 'bars bars-bad' : 'bars'}
      viewBox={`0 0 ${count * 4} 40`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label} in the last 24 hours, at most ${countText(most)} in ${everyMs / 60_000} minutes`}
    >
      <line x1="0" x2={count * 4} y1="39.5" y2="39.5" />
      {most > 0 &&
        values.map(([seconds, value]) => {
          const at = Math.round((seconds * 1_000 - firstMs) / everyMs);
          if (at < 0 || value === 0) return null;
          const height = Math.max(1.5, (value / most) * 38);
          return (
            <rect key={at} x={at * 4} y={40 - height} width="3" height={height}>
              <title>{`${clockText(seconds * 1_000, nowMs)}: ${countText(value)}`}</title>
            </rect>
          );
        })}
    </svg>
  );
};
