import type { Family } from '../core/batch.ts';
import { digestOfFamilies } from '../core/families.ts';
import { limits } from '../core/limits.ts';
import { PageReaders } from '../core/scrape/page-readers.ts';
import { pageBytesOf } from '../core/scrape/request.ts';
import { readTarget, type Target } from '../core/scrape/target.ts';
import type { Ports } from '../io/ports.ts';
import { Credentials } from './credentials.ts';
import type { FetchPorts } from './fetching.ts';

/** What a warm worker remembers of targets, bounded; a cold one begins with nothing and is only less precise. */
export class ScrapeMemory {
  readonly pages: PageReaders;
  readonly pageBytes: number;
  readonly credentials: Credentials;
  readonly #targets = new Map<string, { readonly text: string; readonly target: Target | undefined }>();
  readonly #failed = new Set<string>();
  readonly #up = new Map<string, boolean>();
  readonly #told = new Map<string, Told>();

  constructor(ports: FetchPorts & Pick<Ports, 'memoryBytes'>) {
    this.pageBytes = pageBytesOf(ports.memoryBytes);
    const samples = Math.max(limits.pageSamplesLeast, Math.floor(ports.memoryBytes * limits.pageSamplesShare));
    this.pages = new PageReaders(ports.memoryBytes * limits.predictedShare, Math.min(limits.pageSamples, samples));
    this.credentials = new Credentials(ports);
  }

  /** The very same target as long as its row is. */
  targetOf(row: object): Target | undefined {
    const id = String((row as { readonly id?: unknown }).id);
    const text = JSON.stringify(row);
    const known = this.#targets.get(id);
    if (known?.text === text) return known.target;
    const { value: target } = readTarget(row);
    this.#targets.delete(id);
    if (text.length <= limits.rowRememberedChars) this.#targets.set(id, { text, target });
    forgetOldest(this.#targets);
    return target;
  }

  /** The page's families, or none where this worker has told the same that day: they are written once a day. */
  untold(targetId: string, families: readonly Family[], slotMs: number): readonly Family[] {
    const before = this.#told.get(targetId);
    if (before === undefined || before.day !== dayOf(slotMs)) return families;
    return before.families.deref() === families || before.digest === digestOfFamilies(families) ? [] : families;
  }

  told(targetId: string, families: readonly Family[], slotMs: number): void {
    if (families.length === 0) return;
    this.#told.delete(targetId);
    this.#told.set(targetId, {
      families: new WeakRef(families),
      digest: digestOfFamilies(families),
      day: dayOf(slotMs),
    });
    forgetOldest(this.#told);
  }

  /** Whether this scrape is good and follows one that this worker saw fail: then its record waits for it. */
  isAwaited(targetId: string, isGood: boolean): boolean {
    if (isGood) return this.#failed.delete(targetId);
    this.#failed.add(targetId);
    forgetOldest(this.#failed);
    return false;
  }

  /** Whether this worker did not know that the target is up, or that it is down. */
  isNews(targetId: string, isUp: boolean): boolean {
    const known = this.#up.get(targetId);
    this.#up.delete(targetId);
    this.#up.set(targetId, isUp);
    forgetOldest(this.#up);
    return known !== isUp;
  }
}

/** Families that were told: the list itself as long as somebody else keeps it, and what it said. */
type Told = { readonly families: WeakRef<readonly Family[]>; readonly digest: string; readonly day: number };

const dayOf = (slotMs: number): number => Math.floor(slotMs / limits.catalogSpanMs);

const forgetOldest = (kept: Map<string, unknown> | Set<string>): void => {
  const oldest = kept.keys().next();
  if (kept.size > limits.targetsRemembered && !oldest.done) kept.delete(oldest.value);
};
