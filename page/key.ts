import { useEffect, useState } from 'preact/hooks';

// The key that somebody entered, for this tab alone: it goes with the tab, and no other site can read it.

const kept = 'sluice-key';
const changed = new EventTarget();

let refusal: string | undefined;

export const keyNow = (): string => sessionStorage.getItem(kept) ?? '';

export const enterKey = (key: string): void => {
  if (key === '') sessionStorage.removeItem(kept);
  else sessionStorage.setItem(kept, key);
  refusal = undefined;
  changed.dispatchEvent(new Event('change'));
};

/** Says why the collector let nobody in: the page then asks for a key. */
export const keyRefused = (reason: string): void => {
  refusal = reason;
  changed.dispatchEvent(new Event('change'));
};

export type KeyState = { readonly key: string; readonly refusal: string | undefined };

export const useKey = (): KeyState => {
  const [state, setState] = useState<KeyState>({ key: keyNow(), refusal });
  useEffect(() => {
    const follow = (): void => setState({ key: keyNow(), refusal });
    changed.addEventListener('change', follow);
    follow();
    return () => changed.removeEventListener('change', follow);
  }, []);
  return state;
};
