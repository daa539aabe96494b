import type { Receipt } from './receipt.ts';
import type { Fate } from './witness.ts';

/** What became of a push, in one word. */
type State = 'refused' | 'queued' | 'stored' | 'merged' | 'quarantined' | 'expired';

type Found = {
  /** Of each witness. */
  readonly fates: readonly Fate[];
  /** Names of quarantined messages. */
  readonly quarantined: ReadonlySet<string>;
  /** Samples older than this are not kept. */
  readonly keptFromMs: number;
};

/** Of each witness; one of the past is gone with its retention. */
const stateOf = (fate: Fate, atMs: number, { keptFromMs }: Found): 'stored' | 'merged' | 'queued' | 'expired' =>
  fate !== 'missing' ? fate : atMs < keptFromMs ? 'expired' : 'queued';

/**
 * The answer to a receipt. Of a push in several parts the state is that of the part that is worst off: quarantined before
 * queued before expired before stored; it is merged where all of it is.
 */
export const outcomeOf = (receipt: Receipt, found: Found): Record<string, unknown> => {
  const { requestId, protocol, acceptedAtMs, status, accepted, refused, problems, witnesses, unwitnessed } = receipt;
  const states = witnesses.map(({ atMs }, at) => stateOf(found.fates[at] ?? 'missing', atMs, found));
  const isTaken = status < 300 || accepted > 0;
  const quarantined = receipt.messages.filter(name => found.quarantined.has(name));
  const has = (state: State): boolean => (states as State[]).includes(state);
  const state: State = !isTaken
    ? 'refused'
    : quarantined.length > 0
      ? 'quarantined'
      : has('queued')
        ? 'queued'
        : has('expired')
          ? 'expired'
          : has('merged') && !has('stored')
            ? 'merged'
            : 'stored';
  return {
    state,
    request: requestId,
    protocol,
    acceptedAt: new Date(acceptedAtMs).toISOString(),
    status,
    accepted,
    refused,
    ...(problems.length > 0 && { problems }),
    ...(status === 503 && { hint: 'it was not acknowledged: some of it may be stored, send it again' }),
    parts: witnesses.map(({ source, atMs }, at) => ({
      ...Object.fromEntries(source),
      at: new Date(atMs).toISOString(),
      state: states[at],
    })),
    ...(quarantined.length > 0 && { quarantined }),
    ...(unwitnessed > 0 && { partsNotLookedAt: unwitnessed }),
  };
};
