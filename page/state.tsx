import type { SourceState } from '../core/view/sources.ts';

/** What each state is called, and what it means to whoever hovers. */
export const stateTexts: Readonly<Record<SourceState, readonly [name: string, meaning: string]>> = {
  down: ['down', 'silent beyond its grace, or two scrapes in a row failed'],
  recovering: ['recovering', 'heard again, not yet for a whole interval'],
  invalid: ['invalid', 'its row cannot be read'],
  expected: ['expected', 'registered, and not heard yet'],
  learning: ['learning', 'its rhythm is being learned'],
  new: ['new', 'registered, and nothing is stored yet'],
  up: ['up', 'as expected'],
  paused: ['paused', 'nobody waits for it'],
  unwatched: ['unwatched', 'it pushes, and nobody would notice if it stopped'],
};

/** Trouble first. */
export const stateOrder = Object.keys(stateTexts) as SourceState[];

export const State = ({ state }: { readonly state: SourceState }) => (
  <span class={`state state-${state}`} title={stateTexts[state][1]}>
    {stateTexts[state][0]}
  </span>
);
