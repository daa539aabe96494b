import { useEffect, useMemo, useState } from 'preact/hooks';
import { collectorNowMs } from './api.ts';
import { Panel, type Span } from './panel.tsx';
import { refine } from './route.ts';

const ranges: readonly (readonly [seconds: number, title: string])[] = [
  [300, '5 min'],
  [900, '15 min'],
  [3_600, '1 h'],
  [10_800, '3 h'],
  [21_600, '6 h'],
  [43_200, '12 h'],
  [86_400, '1 d'],
  [172_800, '2 d'],
  [604_800, '7 d'],
  [1_209_600, '14 d'],
];

const steps: readonly (readonly [seconds: number, title: string])[] = [
  [5, '5 s'],
  [15, '15 s'],
  [30, '30 s'],
  [60, '1 min'],
  [300, '5 min'],
  [900, '15 min'],
  [3_600, '1 h'],
];

const everySeconds = 5;

/** A chart has some 250 instants, and none between two scrapes. */
export const autoStep = (rangeSeconds: number): number => {
  const least = rangeSeconds / 250;
  return [1, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200].find(step => step >= least) ?? 14_400;
};

/** The `datetime-local` text of an instant, and back. */
const localText = (seconds: number): string => {
  const at = new Date(seconds * 1_000);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

/** Questions, as many as one likes, over one span. All of it is in the address. */
export const Explore = ({ parameters }: { readonly parameters: URLSearchParams }) => {
  const queries = parameters.getAll('q');
  const panels = queries.length === 0 ? [''] : queries;
  const modes = parameters.getAll('as');
  const rangeSeconds = Number(parameters.get('range')) || 3_600;
  const wantedStep = Number(parameters.get('step')) || 0;
  const endSeconds = Number(parameters.get('end')) || 0;
  const isLive = parameters.has('live');
  const stepSeconds = wantedStep || autoStep(rangeSeconds);
  const [nowSeconds, setNow] = useState(() => Math.floor(collectorNowMs() / 1_000));
  useEffect(() => {
    if (!isLive || endSeconds !== 0) return;
    const timer = setInterval(() => {
      if (!document.hidden) setNow(Math.floor(collectorNowMs() / 1_000));
    }, everySeconds * 1_000);
    return () => clearInterval(timer);
  }, [isLive, endSeconds]);
  const span = useMemo((): Span => {
    // Until now itself: what came a second ago is on the chart.
    const toSeconds = endSeconds || nowSeconds;
    return { fromSeconds: toSeconds - Math.floor(rangeSeconds / stepSeconds) * stepSeconds, toSeconds, stepSeconds };
  }, [endSeconds, nowSeconds, rangeSeconds, stepSeconds]);

  const change = (set: (next: URLSearchParams) => void): void => {
    const next = new URLSearchParams(parameters);
    set(next);
    refine('explore', next);
  };
  const put = (name: string, value: string): void =>
    change(next => (value === '' || value === '0' ? next.delete(name) : next.set(name, value)));
  const putAll = (nextQueries: readonly string[], nextModes: readonly string[]): void =>
    change(next => {
      next.delete('q');
      next.delete('as');
      for (const [at, query] of nextQueries.entries()) {
        next.append('q', query);
        next.append('as', nextModes[at] ?? 'chart');
      }
    });
  const run = (at: number, query: string): void => {
    setNow(Math.floor(collectorNowMs() / 1_000));
    putAll(
      panels.map((each, index) => (index === at ? query : each)),
      modes,
    );
  };
  return (
    <>
      <div class="head">
        <h1>Explore</h1>
        <div class="controls">
          <label>
            Range{' '}
            <select value={rangeSeconds} onChange={event => put('range', event.currentTarget.value)}>
              {ranges.map(([seconds, title]) => (
                <option key={seconds} value={seconds}>
                  {title}
                </option>
              ))}
            </select>
          </label>
          <label>
            Until{' '}
            <input
              type="datetime-local"
              value={endSeconds === 0 ? '' : localText(endSeconds)}
              onChange={event =>
                put(
                  'end',
                  event.currentTarget.value === '' ? '' : String(new Date(event.currentTarget.value).getTime() / 1_000),
                )
              }
            />
          </label>
          <label>
            Step{' '}
            <select value={wantedStep} onChange={event => put('step', event.currentTarget.value)}>
              <option value={0}>auto ({autoStep(rangeSeconds)} s)</option>
              {steps.map(([seconds, title]) => (
                <option key={seconds} value={seconds}>
                  {title}
                </option>
              ))}
            </select>
          </label>
          <label class="check">
            <input
              type="checkbox"
              checked={isLive}
              onChange={event => put('live', event.currentTarget.checked ? 'yes' : '')}
            />{' '}
            live
          </label>
        </div>
      </div>
      {panels.map((query, at) => (
        <Panel
          // A panel keeps its editor as long as it keeps its place.
          key={`${at} of ${panels.length}`}
          query={query}
          mode={modes[at] === 'table' ? 'table' : 'chart'}
          span={span}
          onQuery={next => run(at, next)}
          onMode={mode =>
            putAll(
              panels,
              panels.map((_, index) => (index === at ? mode : (modes[index] ?? 'chart'))),
            )
          }
          onRemove={
            panels.length === 1
              ? undefined
              : () =>
                  putAll(
                    panels.filter((_, index) => index !== at),
                    modes.filter((_, index) => index !== at),
                  )
          }
        />
      ))}
      <p>
        <button
          type="button"
          onClick={() => putAll([...panels, ''], [...panels.map((_, index) => modes[index] ?? 'chart'), 'chart'])}
        >
          Add a query
        </button>
      </p>
    </>
  );
};
