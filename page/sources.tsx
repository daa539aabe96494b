import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { SourceLine, SourceState } from '../core/view/sources.ts';
import { keyOfSource, useHeard } from './heard.ts';
import { useLive } from './live.ts';
import { useNarrow } from './narrow.ts';
import { Empty, Problem, Waiting } from './notice.tsx';
import { useNow } from './now.ts';
import { refine } from './route.ts';
import { chosen, countsOf, ordered, type SortBy } from './source-list.ts';
import { SourceRow } from './source-row.tsx';
import { stateOrder, stateTexts } from './state.tsx';
import { VirtualList } from './virtual-list.tsx';

/** Often enough that an alarm and its source are on the page within five seconds. */
export const sourcesEveryMs = 3_000;

const columns: readonly (readonly [title: string, sortBy?: SortBy])[] = [
  ['State', 'state'],
  ['Job', 'job'],
  ['Instance'],
  ['How, or why not'],
  ['Since', 'since'],
  ['Last heard', 'heard'],
  ['Every', 'every'],
  ['Next'],
  ['Last 24 h'],
];

/** Everybody that is scraped or pushes, in one list. */
export const Sources = ({ parameters }: { readonly parameters: URLSearchParams }) => {
  const live = useLive<{ readonly sources: readonly SourceLine[] }>('/v1/sources', sourcesEveryMs);
  const nowMs = useNow();
  const isNarrow = useNarrow();
  const filter = useRef<HTMLInputElement>(null);
  const [words, setWords] = useState(parameters.get('filter') ?? '');
  const state = (parameters.get('state') ?? undefined) as SourceState | undefined;
  const sortBy = (parameters.get('sort') ?? 'state') as SortBy;
  const isReversed = parameters.has('reversed');
  const [shown, setShown] = useState<readonly [number, number]>([0, 40]);
  const lines = live.data?.sources ?? [];
  const inOrder = useMemo(() => ordered(lines, sortBy, isReversed), [lines, sortBy, isReversed]);
  const rows = useMemo(() => chosen(inOrder, words, state), [inOrder, words, state]);
  const counts = useMemo(() => countsOf(lines), [lines]);
  const visible = useMemo(() => rows.slice(...shown), [rows, shown]);
  const heard = useHeard(visible, 5_000);
  const onShown = useCallback((from: number, to: number) => setShown([from, to]), []);

  useEffect(() => {
    const jump = (event: KeyboardEvent): void => {
      if (
        event.key !== '/' ||
        event.ctrlKey ||
        event.metaKey ||
        /INPUT|TEXTAREA/.test((event.target as Element).tagName)
      )
        return;
      event.preventDefault();
      filter.current?.focus();
    };
    addEventListener('keydown', jump);
    return () => removeEventListener('keydown', jump);
  }, []);

  const change = (name: string, value: string | undefined): void => {
    const next = new URLSearchParams(parameters);
    if (value === undefined) next.delete(name);
    else next.set(name, value);
    refine('sources', next);
  };
  const sort = (by: SortBy): void => {
    const next = new URLSearchParams(parameters);
    next.set('sort', by);
    if (by === sortBy && !isReversed) next.set('reversed', '');
    else next.delete('reversed');
    refine('sources', next);
  };
  const head = columns.map(([title, by]) => (
    <span
      key={title}
      role="columnheader"
      aria-sort={by !== undefined && by === sortBy ? (isReversed ? 'descending' : 'ascending') : undefined}
    >
      {by === undefined ? (
        title
      ) : (
        <button type="button" class="sorting" onClick={() => sort(by)}>
          {title}
          {by === sortBy && <span aria-hidden="true">{isReversed ? ' ↑' : ' ↓'}</span>}
        </button>
      )}
    </span>
  ));
  const down = counts.get('down') ?? 0;
  return (
    <>
      <div class="head">
        <h1>Sources</h1>
        <p class="summary" role="status">
          {live.data === undefined ? (
            ''
          ) : lines.length === 0 ? (
            ''
          ) : down === 0 ? (
            `${lines.length} sources, nobody is down`
          ) : (
            <>
              <strong class="bad">{down} down</strong> of {lines.length}
            </>
          )}
        </p>
        <input
          ref={filter}
          type="search"
          class="filter"
          placeholder="Filter: job, instance, reason …   ( / )"
          aria-label="Filter sources"
          value={words}
          onInput={event => {
            setWords(event.currentTarget.value);
            change('filter', event.currentTarget.value || undefined);
          }}
        />
      </div>
      <Problem live={live} />
      {live.data === undefined && live.problem === undefined && <Waiting />}
      {live.data !== undefined && lines.length === 0 && (
        <Empty title="Nobody is here yet">
          <p>Push something, or have something scraped; it appears here by itself.</p>
          <pre>{`echo 'demo_orders_total 1' | curl --data-binary @- '${location.origin}/v1/push?job=demo'\nnpx sluice targets add http://127.0.0.1:9100/metrics --interval 15s`}</pre>
        </Empty>
      )}
      {lines.length > 0 && (
        <>
          <div class="chips" role="group" aria-label="Only in state">
            <button type="button" aria-pressed={state === undefined} onClick={() => change('state', undefined)}>
              all <b>{lines.length}</b>
            </button>
            {stateOrder
              .filter(each => counts.has(each) || each === state)
              .map(each => (
                <button
                  key={each}
                  type="button"
                  class={`chip-${each}`}
                  aria-pressed={state === each}
                  title={stateTexts[each][1]}
                  onClick={() => change('state', state === each ? undefined : each)}
                >
                  {stateTexts[each][0]} <b>{counts.get(each) ?? 0}</b>
                </button>
              ))}
          </div>
          {rows.length === 0 ? (
            <Empty title="Nobody like that">
              <p>
                <button
                  type="button"
                  onClick={() => {
                    setWords('');
                    refine('sources', new URLSearchParams());
                  }}
                >
                  Show all {lines.length}
                </button>
              </p>
            </Empty>
          ) : (
            <VirtualList
              label="Sources"
              rows={rows}
              rowHeight={isNarrow ? 76 : 36}
              columns={isNarrow ? 4 : columns.length}
              head={
                isNarrow ? (
                  <span role="columnheader" class="hidden">
                    Source
                  </span>
                ) : (
                  head
                )
              }
              onShown={onShown}
              row={(line, index) => (
                <SourceRow
                  key={`${line.kind} ${line.id ?? ''} ${keyOfSource(line)}`}
                  line={line}
                  index={index}
                  nowMs={nowMs}
                  heardMs={line.heardMs ?? heard.get(keyOfSource(line))}
                  isNarrow={isNarrow}
                />
              )}
            />
          )}
        </>
      )}
    </>
  );
};
