import type { SourceLine } from '../core/view/sources.ts';
import { DayBar } from './day-bar.tsx';
import { agoText, clockText, intervalText, lengthText } from './format.ts';
import { useLive } from './live.ts';
import { Empty, Problem, Waiting } from './notice.tsx';
import { useNow } from './now.ts';
import { hrefOf } from './route.ts';
import { type RunCount, useRunCounts } from './runs.ts';
import { nextText, sourceName } from './source-row.tsx';
import { sourcesEveryMs } from './sources.tsx';
import { State } from './state.tsx';
import { Wishes } from './wishes.tsx';

/** What a job told of its runs, in words; nothing where it told nothing. */
export const runTexts = ({ runs = {} }: SourceLine, nowMs: number): readonly string[] => {
  const { startedMs, failedMs, failedDetail, snoozedUntilMs, refused } = runs;
  return [
    ...(startedMs === undefined ? [] : [`running for ${lengthText(nowMs - startedMs)}`]),
    ...(failedMs === undefined ? [] : [`failed ${agoText(failedMs, nowMs)}${failedDetail ? `: ${failedDetail}` : ''}`]),
    ...(snoozedUntilMs === undefined || snoozedUntilMs < nowMs
      ? []
      : [`snoozed until ${clockText(snoozedUntilMs, nowMs)}`]),
    ...(refused === undefined ? [] : [`refused ${agoText(refused.atMs, nowMs)}: ${refused.status} ${refused.reason}`]),
  ];
};

const Counted = ({ count }: { readonly count: RunCount | undefined }) => {
  if (count === undefined) return <span class="soft">–</span>;
  const { runs, failed, usualMs, lastMs } = count;
  return (
    <>
      {runs}
      {failed > 0 && <span class="bad">, {failed} failed</span>}
      {lastMs !== undefined && (
        <div class="soft nowrap">
          {lengthText(lastMs)}
          {usualMs !== undefined && `, usually ${lengthText(usualMs)}`}
        </div>
      )}
    </>
  );
};

/** Who is expected to be heard, how often, and whether they keep it. */
export const Heartbeats = () => {
  const live = useLive<{ readonly sources: readonly SourceLine[] }>('/v1/sources', sourcesEveryMs);
  const nowMs = useNow();
  const lines = (live.data?.sources ?? []).filter(({ kind, graceMs }) => kind === 'heartbeat' || graceMs !== undefined);
  const counts = useRunCounts(lines, 30_000);
  return (
    <>
      <div class="head">
        <h1>Heartbeats and jobs</h1>
        <p class="summary">{lines.length > 0 && `${lines.length} expected to be heard`}</p>
      </div>
      <Problem live={live} />
      {live.data === undefined && live.problem === undefined && <Waiting />}
      {live.data !== undefined && lines.length === 0 && (
        <Empty title="Nobody is expected">
          <p>
            A heartbeat is a promise to be heard. Whoever is silent for its interval plus grace rings, once, and again
            on return.
          </p>
          <pre>npx sluice heartbeats add --job nightly-report --interval 24h --grace 30m</pre>
        </Empty>
      )}
      {lines.length > 0 && (
        <div class="scroll-x">
          <table class="cards">
            <thead>
              <tr>
                <th scope="col">State</th>
                <th scope="col">Job</th>
                <th scope="col">Instance</th>
                <th scope="col">Expected</th>
                <th scope="col">Last heard</th>
                <th scope="col">Next</th>
                <th scope="col">Runs today</th>
                <th scope="col">Times down today</th>
                <th scope="col">Last 24 h</th>
                <th scope="col">
                  <span class="hidden">Do</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {lines.map(line => (
                <tr key={`${line.job} ${line.instance}`}>
                  <td>
                    <State state={line.state} />
                  </td>
                  <th scope="row">
                    <a href={hrefOf('source', { job: line.job, instance: line.instance })}>{line.job}</a>
                  </th>
                  <td class="soft">{sourceName(line)}</td>
                  <td>
                    {line.intervalMs === undefined ? (
                      'by its scrapes'
                    ) : (
                      <>
                        every {intervalText(line.intervalMs)}{' '}
                        <span class="soft">+ {intervalText(line.graceMs ?? 0)}</span>
                      </>
                    )}
                  </td>
                  <td data-title="heard" title={line.heardMs === undefined ? '' : clockText(line.heardMs, nowMs)}>
                    {line.heardMs === undefined ? <span class="soft">never</span> : agoText(line.heardMs, nowMs)}
                  </td>
                  <td class="soft">
                    {line.reason !== undefined && line.sinceMs !== undefined ? (
                      <span class="bad">
                        {line.reason} since {clockText(line.sinceMs, nowMs)}
                      </span>
                    ) : (
                      nextText(line, nowMs)
                    )}
                    {runTexts(line, nowMs).map(text => (
                      <div key={text}>{text}</div>
                    ))}
                  </td>
                  <td data-title="runs">
                    <Counted count={line.instance === '*' ? counts.get(line.job) : undefined} />
                  </td>
                  <td class="number" data-title="times down">
                    {line.downs.length === 0 ? <span class="soft">0</span> : line.downs.length}
                  </td>
                  <td class="bar-cell">
                    <DayBar downs={line.downs} nowMs={nowMs} isKnown={line.state !== 'invalid'} />
                  </td>
                  <td>{line.graceMs !== undefined && <Wishes line={line} nowMs={nowMs} onDone={live.refresh} />}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
};
