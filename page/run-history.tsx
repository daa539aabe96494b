import type { Alarm } from '../core/heartbeat/alarm.ts';
import { clockText, lengthText } from './format.ts';
import { hrefOf } from './route.ts';
import { type Run, runsOf, useRuns } from './runs.ts';

const mostBars = 100;
const mostRows = 25;
const words = { good: ['ok', 'up'], failed: ['failed', 'down'], missed: ['missed', 'recovering'] } as const;

/** What silence is called when it rings; a run that failed told so itself. */
const missing = ['NOT_HEARD', 'NEVER_SEEN', 'STUCK_RUN'];

/** Runs as bars, the newest at the right: as high as they took long. */
const RunBars = ({ runs, nowMs }: { readonly runs: readonly Run[]; readonly nowMs: number }) => {
  const shown = runs.slice(0, mostBars).toReversed();
  const most = Math.max(1, ...shown.map(({ tookMs = 0 }) => tookMs));
  const bad = shown.filter(({ outcome }) => outcome !== 'good').length;
  return (
    <svg
      class="run-bars"
      viewBox={`0 0 ${Math.max(40, shown.length) * 8} 60`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`the last ${shown.length} runs, ${bad} of them failed or missed; the longest took ${lengthText(most)}`}
    >
      {shown.map(({ atMs, outcome, tookMs = 0 }, at) => {
        const height = outcome === 'missed' ? 60 : Math.max(4, (tookMs / most) * 58);
        const x = (Math.max(40, shown.length) - shown.length + at) * 8;
        return (
          <rect key={`${atMs} ${outcome}`} class={`run-${outcome}`} x={x} y={60 - height} width="6" height={height}>
            <title>{`${clockText(atMs, nowMs)}: ${words[outcome][0]}${tookMs > 0 ? `, took ${lengthText(tookMs)}` : ''}`}</title>
          </rect>
        );
      })}
    </svg>
  );
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

const summaryOf = (runs: readonly Run[]): string => {
  const count = (outcome: Run['outcome']): number => runs.filter(each => each.outcome === outcome).length;
  const took = runs.flatMap(({ tookMs }) => tookMs ?? []);
  return [
    `${count('good')} ok`,
    `${count('failed')} failed`,
    `${count('missed')} missed`,
    ...(took.length === 0 ? [] : [`usually ${lengthText(median(took))}`, `at most ${lengthText(Math.max(...took))}`]),
  ].join(', ');
};

type HistoryProps = { readonly job: string; readonly alarms: readonly Alarm[]; readonly nowMs: number };

/** The runs of a job that tells of them by pings, and those that did not come; nothing where it tells nothing. */
export const RunHistory = ({ job, alarms, nowMs }: HistoryProps) => {
  const series = useRuns(job, 15_000);
  const told = runsOf(series ?? [], []);
  if (told.length === 0) return null;
  const oldestMs = told.at(-1)!.atMs;
  const missedMs = alarms
    .filter(({ kind, reason, atMs }) => kind === 'DOWN' && missing.includes(reason) && atMs >= oldestMs)
    .map(({ atMs }) => atMs);
  const runs = runsOf(series ?? [], missedMs);
  return (
    <section aria-label="Runs" class="runs">
      <h2>
        Runs <span class="soft">{summaryOf(runs)}</span>
      </h2>
      <RunBars runs={runs} nowMs={nowMs} />
      <div class="scroll-x">
        <table class="cards runs-table">
          <thead>
            <tr>
              <th scope="col">Ended</th>
              <th scope="col">How</th>
              <th scope="col" class="number">
                Took
              </th>
              <th scope="col" class="number">
                Exit code
              </th>
              <th scope="col" class="number">
                After the one before
              </th>
            </tr>
          </thead>
          <tbody>
            {runs.slice(0, mostRows).map(({ atMs, outcome, tookMs, exitCode }, at) => {
              const before = runs[at + 1];
              return (
                <tr key={`${atMs} ${outcome}`}>
                  <th scope="row" class="nowrap">
                    {clockText(atMs, nowMs)}
                  </th>
                  <td>
                    <span class={`state state-${words[outcome][1]}`}>{words[outcome][0]}</span>
                  </td>
                  <td class="number" data-title="took">
                    {tookMs === undefined ? <span class="soft">–</span> : lengthText(tookMs)}
                  </td>
                  <td class="number" data-title="exit code">
                    {exitCode ?? <span class="soft">–</span>}
                  </td>
                  <td class="number soft" data-title="after">
                    {before === undefined ? '–' : lengthText(atMs - before.atMs)}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {runs.length > mostRows && (
        <p class="soft">
          and {runs.length - mostRows} more:{' '}
          <a href={hrefOf('explore', { q: `sluice_job_duration_seconds{job=${JSON.stringify(job)}}` })}>
            how long they took
          </a>
        </p>
      )}
    </section>
  );
};
