import type { SourceLine } from '../core/view/sources.ts';
import { DayBar } from './day-bar.tsx';
import { agoText, clockText, intervalText, lengthText } from './format.ts';
import { hrefOf } from './route.ts';
import { State } from './state.tsx';

/** What is due next, in words: a target's slot, or the moment at which silence rings. */
export const nextText = ({ state, offsetMs, intervalMs, deadlineMs }: SourceLine, nowMs: number): string => {
  if (state === 'paused') return 'paused';
  if (offsetMs !== undefined && intervalMs !== undefined) {
    const nextMs = Math.ceil((nowMs - offsetMs) / intervalMs) * intervalMs + offsetMs;
    return `in ${lengthText(nextMs - nowMs)}`;
  }
  if (deadlineMs === undefined) return '';
  return deadlineMs > nowMs ? `rings in ${lengthText(deadlineMs - nowMs)}` : 'due';
};

export const sourceName = ({ instance }: SourceLine): string =>
  instance === '' ? '–' : instance === '*' ? 'any instance' : instance;

export const kindText = { target: 'scraped', heartbeat: 'expected', pusher: 'pushes' } as const;

type RowProps = {
  readonly line: SourceLine;
  readonly index: number;
  readonly nowMs: number;
  readonly heardMs: number | undefined;
  readonly isNarrow: boolean;
};

/** One source in the list; on a narrow screen a card of two lines. */
export const SourceRow = ({ line, index, nowMs, heardMs, isNarrow }: RowProps) => {
  const { job, instance, state, reason, detail, sinceMs, intervalMs, graceMs, downs, kind } = line;
  const heard = heardMs === undefined ? '' : agoText(heardMs, nowMs);
  const link = <a href={hrefOf('source', { job, instance })}>{job === '' ? 'no job' : job}</a>;
  const since = sinceMs === undefined ? '' : agoText(sinceMs, nowMs);
  const bar = <DayBar downs={downs} nowMs={nowMs} isKnown={kind !== 'pusher' && state !== 'invalid'} />;
  if (isNarrow)
    return (
      <div class="row card" role="row" aria-rowindex={index + 2}>
        <span role="cell" class="card-state">
          <State state={state} />
        </span>
        <span role="cell" class="card-name">
          {link} <span class="soft">{sourceName(line)}</span>
        </span>
        <span role="cell" class="card-facts soft">
          {[
            reason,
            since && `since ${since}`,
            heard && `heard ${heard}`,
            intervalMs && `every ${intervalText(intervalMs)}`,
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
        <span role="cell" class="card-day">
          {bar}
        </span>
      </div>
    );
  return (
    <div class="row" role="row" aria-rowindex={index + 2}>
      <span role="cell">
        <State state={state} />
      </span>
      <span role="cell" class="cut" title={job}>
        {link}
      </span>
      <span role="cell" class="cut soft" title={sourceName(line)}>
        {sourceName(line)}
      </span>
      <span role="cell" class={reason === undefined ? 'cut soft' : 'cut'} title={detail ?? line.url ?? ''}>
        {reason === undefined ? kindText[kind] : <code>{reason}</code>}
      </span>
      <span role="cell" class="number" title={sinceMs === undefined ? '' : clockText(sinceMs, nowMs)}>
        {since}
      </span>
      <span role="cell" class="number" title={heardMs === undefined ? '' : clockText(heardMs, nowMs)}>
        {heard}
      </span>
      <span role="cell" class="number">
        {intervalMs === undefined ? '' : intervalText(intervalMs)}
        {graceMs === undefined ? '' : <span class="soft"> + {intervalText(graceMs)}</span>}
      </span>
      <span role="cell" class="number soft">
        {nextText(line, nowMs)}
      </span>
      <span role="cell">{bar}</span>
    </div>
  );
};
