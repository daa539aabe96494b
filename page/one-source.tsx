import { useEffect, useState } from 'preact/hooks';
import type { Alarm } from '../core/heartbeat/alarm.ts';
import type { SourceLine } from '../core/view/sources.ts';
import { ask } from './api.ts';
import { DayBar } from './day-bar.tsx';
import { agoText, clockText, countText, intervalText } from './format.ts';
import { keyOfSource, useHeard } from './heard.ts';
import { runTexts } from './heartbeats.tsx';
import { useLive } from './live.ts';
import { Empty, Problem, Waiting } from './notice.tsx';
import { useNow } from './now.ts';
import { hrefOf } from './route.ts';
import { RunHistory } from './run-history.tsx';
import { kindText, nextText, sourceName } from './source-row.tsx';
import { sourcesEveryMs } from './sources.tsx';
import { State } from './state.tsx';
import { Suspense } from './suspense.tsx';
import { Wishes } from './wishes.tsx';

type Named = { readonly job: string; readonly instance: string };

export const selectorOf = ({ job, instance }: Named): string =>
  `{job=${JSON.stringify(job)}${instance === '*' ? '' : `,instance=${JSON.stringify(instance)}`}}`;

/** The metrics of a source, each with how many series it has. */
const useMetrics = (source: Named): ReadonlyMap<string, number> | undefined => {
  const [metrics, setMetrics] = useState<ReadonlyMap<string, number>>();
  const selector = selectorOf(source);
  useEffect(() => {
    const abort = new AbortController();
    const form = new URLSearchParams({
      query: `sort_desc(count by (__name__) (${selector.replace('}', ',__name__=~".+"}')}))`,
    });
    ask<{ data: { result: { metric: Record<string, string>; value: [number, string] }[] } }>('/api/v1/query', {
      form,
      signal: abort.signal,
    })
      .then(({ data }) =>
        setMetrics(new Map(data.result.map(({ metric, value }) => [metric['__name__'] ?? '', Number(value[1])]))),
      )
      .catch(() => {});
    return () => abort.abort();
  }, [selector]);
  return metrics;
};

const Facts = ({
  line,
  nowMs,
  heardMs,
}: {
  readonly line: SourceLine;
  readonly nowMs: number;
  readonly heardMs: number | undefined;
}) => (
  <dl class="source-facts">
    <dt>How</dt>
    <dd>
      {kindText[line.kind]}
      {line.url !== undefined && (
        <>
          {' '}
          at <code>{line.url}</code>
        </>
      )}
    </dd>
    {line.reason !== undefined && (
      <>
        <dt>Why</dt>
        <dd>
          <code>{line.reason}</code> {line.detail}
        </dd>
      </>
    )}
    {line.sinceMs !== undefined && (
      <>
        <dt>Since</dt>
        <dd>
          {clockText(line.sinceMs, nowMs)}, {agoText(line.sinceMs, nowMs)}
        </dd>
      </>
    )}
    <dt>Last heard</dt>
    <dd>
      {heardMs === undefined
        ? 'not in the last five minutes'
        : `${clockText(heardMs, nowMs)}, ${agoText(heardMs, nowMs)}`}
    </dd>
    {line.intervalMs !== undefined && (
      <>
        <dt>Every</dt>
        <dd>
          {intervalText(line.intervalMs)}
          {line.graceMs !== undefined && `, grace ${intervalText(line.graceMs)}`}
        </dd>
      </>
    )}
    {nextText(line, nowMs) !== '' && (
      <>
        <dt>Next</dt>
        <dd>{nextText(line, nowMs)}</dd>
      </>
    )}
    {runTexts(line, nowMs).length > 0 && (
      <>
        <dt>Told</dt>
        <dd>{runTexts(line, nowMs).join('; ')}</dd>
      </>
    )}
    <dt>Last 24 h</dt>
    <dd class="wide-day">
      <DayBar downs={line.downs} nowMs={nowMs} isKnown={line.kind !== 'pusher'} />
    </dd>
  </dl>
);

/** Everything about one source. */
export const OneSource = (source: Named) => {
  const live = useLive<{ readonly sources: readonly SourceLine[] }>('/v1/sources', sourcesEveryMs);
  const alarms = useLive<{ readonly past: readonly Alarm[] }>('/v1/alarms', 10_000);
  const nowMs = useNow();
  const lines = (live.data?.sources ?? []).filter(line => keyOfSource(line) === keyOfSource(source));
  const heard = useHeard(lines, 5_000);
  const metrics = useMetrics(source);
  const past = (alarms.data?.past ?? []).filter(alarm => keyOfSource(alarm) === keyOfSource(source));
  return (
    <>
      <p class="crumbs">
        <a href={hrefOf('sources')}>Sources</a> ›
      </p>
      <div class="head">
        <h1>
          {source.job === '' ? 'no job' : source.job}{' '}
          <span class="soft">{lines[0] === undefined ? source.instance : sourceName(lines[0])}</span>
        </h1>
        {lines[0] !== undefined && <State state={lines[0].state} />}
        {lines.some(({ graceMs }) => graceMs !== undefined) && (
          <Wishes line={lines.find(({ graceMs }) => graceMs !== undefined)!} nowMs={nowMs} onDone={live.refresh} />
        )}
      </div>
      <Problem live={live} />
      {live.data === undefined && live.problem === undefined && <Waiting />}
      {live.data !== undefined && lines.length === 0 && (
        <Empty title="Nobody of this name">
          <p>
            It is neither registered nor has it pushed today. <a href={hrefOf('sources')}>All sources</a>
          </p>
        </Empty>
      )}
      {lines.map(line => (
        <Facts
          key={line.id ?? line.kind}
          line={line}
          nowMs={nowMs}
          heardMs={line.heardMs ?? heard.get(keyOfSource(line))}
        />
      ))}
      {lines.some(({ state }) => state === 'unwatched') && (
        <p class="notice">
          Nobody would notice if it stopped.{' '}
          <code>{`npx sluice heartbeats add --job ${source.job} --interval 60s`}</code> waits for it.
        </p>
      )}
      {lines.some(({ kind }) => kind === 'target') && (
        <Suspense
          load={async () => (await import('./source-charts.tsx')).SourceCharts}
          give={{ selector: selectorOf(source) }}
        />
      )}
      {lines.some(({ kind }) => kind === 'heartbeat') && <RunHistory job={source.job} alarms={past} nowMs={nowMs} />}
      {past.length > 0 && (
        <>
          <h2>What was rung</h2>
          <ul class="rung">
            {past.slice(0, 20).map(alarm => (
              <li key={alarm.id}>
                <span class="soft nowrap">{clockText(alarm.atMs, nowMs)}</span> {alarm.text}
              </li>
            ))}
          </ul>
        </>
      )}
      {metrics !== undefined && metrics.size > 0 && (
        <>
          <h2>{metrics.size} metrics</h2>
          <ul class="metrics">
            {[...metrics].slice(0, 300).map(([name, count]) => (
              <li key={name}>
                <a href={hrefOf('explore', { q: `${name}${selectorOf(source)}` })}>{name}</a>{' '}
                <span class="soft">{countText(count)}</span>
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  );
};
